//! All that is known of an output, and what can be done with it.

use leptos::{ev, prelude::*};

use super::{
    confirm::ConfirmButton,
    copied::copy,
    glyphs::{ALBUM, STAR, TRASH},
    lineage::LineageView,
    model::GalleryModel,
    source::{MoreWork, WorkOn},
    url::file_url,
    url::gallery_url,
    use_again::UseAgain,
    words::size,
};
use crate::{
    base_path::with_base,
    components::{
        dom,
        icon::{Glyph, Icon},
        reactive::{Erased, listener, memo},
        words::{ago, count},
    },
    live::use_live,
};
use proto::{
    gallery::{Facet, GalleryChange, GalleryDetail, GalleryId, GalleryQuery, GalleryTile, OutputFacts, toggle_facet},
    limits,
    task::OutputKind,
    time::Timestamp,
};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// The id of the field for a tag.
pub(super) const TAG: &str = "lightbox-tag";

/// Beside the picture.
#[component]
pub(super) fn Parameters(model: GalleryModel, detail: GalleryDetail) -> impl IntoView {
    let live = use_live();
    let GalleryDetail { tile, facts, bytes, created_at, deleted_at, tags, albums, task, lineage, missing, .. } = detail;
    let id = tile.id;
    let when = memo(move || ago(live.now().since(created_at)));
    let title = if facts.name.is_empty() { facts.filename.clone() } else { facts.name.clone() };
    let file = file_url(id, None);
    let download = format!("{file}?download=1");
    let has_metadata = matches!(tile.kind, Some(OutputKind::Image | OutputKind::Video | OutputKind::Audio));
    view! {
        <h1 class="lightbox-title">{title}</h1>
        {deleted_at.map(|deleted_at| view! { <InTrash model id deleted_at backend=facts.backend.clone() /> }.erased())}
        <Buttons model tile=tile.clone() in_trash=deleted_at.is_some() />
        <WorkOn id facts=facts.clone() task>
            <a class="button" href=download><Icon glyph=Glyph::Download /><span>"Download"</span></a>
        </WorkOn>
        <details class="lightbox-more">
            <summary>"More"</summary>
            <div class="actions">
                {has_metadata.then(|| view! {
                    <a class="button" href=format!("{file}?download=1&metadata=strip") title="Without the prompt and the workflow that are written in the file">
                        <Icon glyph=Glyph::Download /><span>"Without metadata"</span>
                    </a>
                }.erased())}
                <a class="button" href=file target="_blank"><Icon glyph=Glyph::Expand /><span>"Full size"</span></a>
                {task.map(|(task, _)| view! {
                    <a class="button" href=with_base(&format!("/tasks/{task}"))><Icon glyph=Glyph::Page /><span>"Task"</span></a>
                }.erased())}
                <MoreWork id facts=facts.clone() has_task=task.is_some() />
            </div>
        </details>
        <UseAgain id facts=facts.clone() missing />
        <Texts facts=facts.clone() />
        <dl class="facts">
            {rows_of(&facts, &tile).into_iter().map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> }.erased()).collect_view()}
            <div><dt>"File"</dt><dd>{facts.filename.clone()}" · "{size(bytes)}</dd></div>
            <div><dt>"Made"</dt><dd>{when}</dd></div>
        </dl>
        <Labels model id tags albums />
        <LineageView lineage model />
    }
    .into_any()
}

/// Until when it can be restored, and the way to be rid of it now.
#[component]
fn InTrash(model: GalleryModel, id: GalleryId, deleted_at: Timestamp, backend: String) -> impl IntoView {
    let also = if backend.is_empty() {
        String::new()
    } else {
        format!(" {backend} may still have the file in its output folder: Darkroom deletes nothing there.")
    };
    let left = memo(move || {
        let life = u64::try_from(limits::GALLERY_TRASH.as_millis()).unwrap_or(u64::MAX);
        let left = Timestamp(deleted_at.0.saturating_add(life)).since(model.live.now());
        count(usize::try_from(left.div_ceil(DAY_MS)).unwrap_or(usize::MAX), "day", "days")
    });
    let remove = Callback::new(move |()| model.remove_for_good(id));
    view! {
        <div class="notice trash-notice" role="status">
            <p>"In the trash. It is removed for good in "{left}"."{also}</p>
            <ConfirmButton word="Delete now" sure="Delete for good" glyph=TRASH busy=model.busy on_sure=remove />
        </div>
    }
    .into_any()
}

/// Star, rating and trash. Forms, so that they work without JavaScript.
#[component]
fn Buttons(model: GalleryModel, tile: GalleryTile, in_trash: bool) -> impl IntoView {
    let id = tile.id;
    let query = model.query.get_untracked();
    let (text, order) = (query.text.clone(), if query.order == Default::default() { "newest" } else { "oldest" });
    let button = move |value: &'static str, word: &'static str, glyph: Glyph, change: GalleryChange, pressed: Option<bool>| {
        let change = StoredValue::new(change);
        view! {
            <button
                class="button"
                name="change"
                value=value
                aria-pressed=pressed.map(|pressed| pressed.to_string())
                disabled=model.busy
                on:click=listener(move |event: ev::MouseEvent| {
                    event.prevent_default();
                    model.change_one(id, change.get_value());
                })
            >
                <Icon glyph /><span>{word}</span>
            </button>
        }
        .erased()
    };
    let rate = move |rating: u8| {
        let is_on = tile.rating >= rating;
        view! {
            <button
                type="button"
                class="rate"
                class:on=is_on
                aria-pressed=(tile.rating == rating).to_string()
                aria-label=format!("{rating} of 5")
                disabled=model.busy
                // The same again takes it back.
                on:click=listener(move |_| model.change_one(id, GalleryChange::Rating(if tile.rating == rating { 0 } else { rating })))
            >
                {rating}
            </button>
        }
        .erased()
    };
    view! {
        <form class="actions" method="post" action=with_base(&format!("/gallery/{id}"))>
            <input type="hidden" name="q" value=text />
            <input type="hidden" name="order" value=order />
            {if tile.star {
                button("unstar", "Starred", STAR, GalleryChange::Star(false), Some(true))
            } else {
                button("star", "Star", STAR, GalleryChange::Star(true), Some(false))
            }}
            {if in_trash {
                button("restore", "Restore", Glyph::Again, GalleryChange::Restore, None)
            } else {
                button("trash", "Move to the trash", TRASH, GalleryChange::Trash, None)
            }}
            <span class="rating with-script" role="group" aria-label="Rating">{(1..=5).map(rate).collect_view()}</span>
        </form>
    }
    .into_any()
}

/// The prompts, and a button to copy each.
#[component]
fn Texts(facts: OutputFacts) -> impl IntoView {
    let live = use_live();
    let text = move |title: &'static str, text: String| {
        if text.is_empty() {
            return ().into_any();
        }
        let copied = text.clone();
        let copy = move |_: ev::MouseEvent| copy(live, copied.clone());
        view! {
            <div class="lightbox-text">
                <h2>{title}</h2>
                <button type="button" class="icon-button with-script" aria-label=format!("Copy: {title}") on:click=listener(copy)>
                    <Icon glyph=Glyph::Copy />
                </button>
                <p>{text}</p>
            </div>
        }
        .erased()
    };
    view! {
        {text("Prompt", facts.prompt)}
        {text("Negative prompt", facts.negative)}
    }
    .into_any()
}

fn rows_of(facts: &OutputFacts, tile: &GalleryTile) -> Vec<(&'static str, String)> {
    let loras: Vec<String> = facts.loras.iter().map(|lora| format!("{} · {}", lora.name, lora.weight)).collect();
    let sampler = [facts.sampler.as_str(), facts.scheduler.as_str()].into_iter().filter(|name| !name.is_empty()).collect::<Vec<_>>();
    let rows = [
        ("Size", if tile.width > 0 { format!("{} × {}", tile.width, tile.height) } else { String::new() }),
        ("Model", facts.models.join(", ")),
        ("LoRA", loras.join(", ")),
        ("Seed", facts.seed.map(|seed| seed.to_string()).unwrap_or_default()),
        ("Steps", facts.steps.map(|steps| steps.to_string()).unwrap_or_default()),
        ("Guidance", facts.cfg.clone()),
        ("Sampler", sampler.join(" · ")),
        ("Workflow", facts.workflow.clone()),
        ("ComfyUI", facts.backend.clone()),
        ("Program", facts.program.clone()),
    ];
    rows.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

/// Tags and albums: each links to its search.
#[component]
fn Labels(model: GalleryModel, id: GalleryId, tags: Vec<String>, albums: Vec<String>) -> impl IntoView {
    let link = |facet: Facet, value: &str| {
        let text = toggle_facet("", facet, value);
        gallery_url(None, &GalleryQuery { text, ..GalleryQuery::default() })
    };
    let label = move |facet: Facet, name: String, remove: String, removal: GalleryChange| {
        let removal = StoredValue::new(removal);
        let icon = (facet == Facet::Album).then(|| view! { <Icon glyph=ALBUM /> });
        view! {
            <li class="label">
                <a href=link(facet, &name)>{icon}{name.clone()}</a>
                <button
                    type="button"
                    class="label-remove with-script"
                    aria-label=remove
                    disabled=model.busy
                    on:click=listener(move |_| model.change_one(id, removal.get_value()))
                >
                    <Icon glyph=Glyph::Cross />
                </button>
            </li>
        }
        .erased()
    };
    let tag = |tag: String| label(Facet::Tag, tag.clone(), format!("Remove the tag {tag}"), GalleryChange::RemoveTag(tag));
    let album =
        |album: String| label(Facet::Album, album.clone(), format!("Take out of the album {album}"), GalleryChange::RemoveFromAlbum(album));
    let typed = RwSignal::new(String::new());
    view! {
        <section class="lightbox-labels" aria-label="Tags and albums">
            <h2>"Tags and albums"</h2>
            <ul>{tags.into_iter().map(tag).collect_view()}{albums.into_iter().map(album).collect_view()}</ul>
            <form
                class="field"
                method="post"
                action=with_base(&format!("/gallery/{id}"))
                on:submit=listener(move |event: ev::SubmitEvent| {
                    event.prevent_default();
                    let tag = dom::typed(TAG).unwrap_or_default().trim().to_owned();
                    if !tag.is_empty() {
                        model.change_one(id, GalleryChange::AddTag(tag));
                        typed.set(String::new());
                    }
                })
            >
                <label class="visually-hidden" for=TAG>"New tag"</label>
                <input
                    id=TAG
                    name="tag"
                    maxlength="60"
                    placeholder="Add a tag"
                    autocomplete="off"
                    required
                    prop:value=typed
                    on:input=listener(move |event: ev::Event| typed.set(event_target_value(&event)))
                />
                <button class="button" name="change" value="tag">"Add"</button>
            </form>
        </section>
    }
    .into_any()
}
