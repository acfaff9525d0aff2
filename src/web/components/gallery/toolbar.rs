//! What can be done with what is selected, and how many results there are.

use leptos::{ev, prelude::*};

use super::{
    comfyui_import::ComfyuiImports,
    compare::CompareButton,
    confirm::ConfirmButton,
    download::DownloadForm,
    glyphs::{ALBUM, HASH, RATING, STAR, TRASH},
    import::ImportButton,
    labeling::{LabelForm, LabelKind},
    model::{Found, GalleryModel},
    saved_searches::RemovedSearch,
    selection::Selected,
    words::{number, outputs},
};
use crate::components::{
    icon::{Glyph, Icon},
    reactive::{Erased, When, listener, memo, part, truth},
};
use proto::gallery::GalleryChange;

/// What is open below the toolbar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OpenedTool {
    Label(LabelKind),
    Rating,
    Download,
    Again,
    /// While nothing is selected.
    Comfyui,
}

/// One line that says how many there are, or how many are selected.
#[component]
pub(super) fn Toolbar(model: GalleryModel) -> impl IntoView {
    let total = memo(move || model.results().1);
    let selected = memo(move || model.selected.with(|selected| selected.count(total.get())));
    let some = memo(move || selected.get() > 0);
    let in_trash = memo(move || model.in_trash());
    let can_select_all = memo(move || total.get() > 0 && selected.get() < total.get());
    let words = memo(move || match model.found.get() {
        Found::Searching => "Searching…".to_owned(),
        Found::Failed(_) => String::new(),
        Found::Results { total, .. } => outputs(total),
    });
    let all_starred = memo(move || some.get() && model.all_starred());
    let newer = memo(move || model.newer.get());
    let opened = RwSignal::new(None::<OpenedTool>);
    let close = Callback::new(move |()| opened.set(None));
    let opener = move |glyph: Glyph, word: &'static str, what: OpenedTool| {
        view! {
            <button
                type="button"
                class="button"
                aria-expanded=truth(move || opened.get() == Some(what))
                on:click=listener(move |_: ev::MouseEvent| opened.update(|opened| *opened = if *opened == Some(what) { None } else { Some(what) }))
            >
                <Icon glyph /><span>{word}</span>
            </button>
        }
        .erased()
    };
    let act = move |change: GalleryChange| model.change_selected(change);
    let button = move |glyph: Glyph, word: &'static str, change: GalleryChange| {
        let change = StoredValue::new(change);
        view! {
            <button type="button" class="button" disabled=model.busy on:click=listener(move |_| act(change.get_value()))>
                <Icon glyph /><span>{word}</span>
            </button>
        }
        .erased()
    };
    view! {
        <div class="gallery-toolbar" class:has-selection=some>
            <p class="gallery-count" role="status">
                {memo(move || if some.get() { format!("{} selected", number(selected.get())) } else { words.get() })}
            </p>
            <When holds=some>
                <button
                    type="button"
                    class="icon-button with-script"
                    aria-label="Select nothing"
                    on:click=listener(move |_| model.selected.set(Selected::default()))
                >
                    <Icon glyph=Glyph::Cross />
                </button>
            </When>
            // Far from where the button for the trash comes.
            <When holds=can_select_all>
                <button type="button" class="button with-script" on:click=listener(move |_| model.selected.set(Selected::all()))>
                    {memo(move || format!("Select all {}", number(total.get())))}
                </button>
            </When>
            <When holds=memo(move || newer.get() > 0)>
                <button type="button" class="button accent" on:click=listener(move |_| model.find(model.query.get_untracked()))>
                    <Icon glyph=Glyph::Top />
                    {memo(move || format!("{} new", number(newer.get())))}
                </button>
            </When>
            <div class="gallery-actions with-script">
                <When holds=memo(move || !some.get() && in_trash.get() && total.get() > 0)>
                    <ConfirmButton
                        word="Empty the trash"
                        sure="Delete all for good"
                        glyph=TRASH
                        busy=model.busy
                        on_sure=Callback::new(move |()| model.empty_trash())
                    />
                </When>
                <When holds=memo(move || !some.get() && !in_trash.get())>
                    <ImportButton model />
                    {opener(Glyph::Down, "From ComfyUI", OpenedTool::Comfyui)}
                </When>
                <When holds=some>
                    <CompareButton model />
                    {part(move || if all_starred.get() {
                        button(STAR, "Remove star", GalleryChange::Star(false))
                    } else {
                        button(STAR, "Star", GalleryChange::Star(true))
                    })}
                    {opener(HASH, "Tag", OpenedTool::Label(LabelKind::Tag))}
                    {opener(ALBUM, "Album", OpenedTool::Label(LabelKind::Album))}
                    {opener(RATING, "Rate", OpenedTool::Rating)}
                    {opener(Glyph::Download, "Download", OpenedTool::Download)}
                    {opener(Glyph::Again, "Again", OpenedTool::Again)}
                    {part(move || if in_trash.get() {
                        button(Glyph::Again, "Restore", GalleryChange::Restore)
                    } else {
                        button(TRASH, "Trash", GalleryChange::Trash)
                    })}
                </When>
            </div>
            <div class="gallery-opened">
                {part(move || match opened.get().filter(|opened| some.get() != (*opened == OpenedTool::Comfyui)) {
                    None => ().into_any(),
                    Some(OpenedTool::Label(kind)) => view! { <LabelForm model kind done=close /> }.into_any(),
                    Some(OpenedTool::Rating) => rating(model, close),
                    Some(OpenedTool::Download) => view! { <DownloadForm model done=close /> }.into_any(),
                    Some(OpenedTool::Again) => again(model, close),
                    Some(OpenedTool::Comfyui) => view! { <ComfyuiImports model /> }.into_any(),
                })}
            </div>
        </div>
        <LastChangeLine model />
        <RemovedSearch model />
    }
    .into_any()
}

fn rating(model: GalleryModel, done: Callback<()>) -> AnyView {
    let button = move |rating: u8| {
        let word = if rating == 0 { "None".to_owned() } else { format!("{rating} of 5") };
        view! {
            <button
                type="button"
                class="button"
                disabled=model.busy
                on:click=listener(move |_: ev::MouseEvent| {
                    model.change_selected(GalleryChange::Rating(rating));
                    done.run(());
                })
            >
                {word}
            </button>
        }
        .erased()
    };
    view! { <div class="gallery-actions" role="group" aria-label="Rating">{(0..=5).map(button).collect_view()}</div> }.erased()
}

fn again(model: GalleryModel, done: Callback<()>) -> AnyView {
    let button = move |new_seed: bool, glyph: Glyph, word: &'static str| {
        view! {
            <button
                type="button"
                class="button"
                disabled=model.busy
                on:click=listener(move |_: ev::MouseEvent| {
                    model.run_again(new_seed);
                    done.run(());
                })
            >
                <Icon glyph /><span>{word}</span>
            </button>
        }
        .erased()
    };
    view! {
        <div class="gallery-actions" role="group" aria-label="Run the tasks of these again">
            {button(true, Glyph::Dice, "With new seeds")}
            {button(false, Glyph::Again, "As they were")}
        </div>
    }
    .erased()
}

/// What was done last, and the way back.
#[component]
fn LastChangeLine(model: GalleryModel) -> impl IntoView {
    part(move || {
        let Some(last) = model.last_changes.with(|changes| changes.last().cloned()) else { return ().into_any() };
        view! {
            <div class="gallery-undo card" role="status">
                <p>{last.words}</p>
                <button type="button" class="button" disabled=model.busy on:click=listener(move |_| model.undo())>"Undo"</button>
                <button type="button" class="icon-button" aria-label="Dismiss" on:click=listener(move |_| model.last_changes.set(Vec::new()))>
                    <Icon glyph=Glyph::Cross />
                </button>
            </div>
        }
        .erased()
    })
}
