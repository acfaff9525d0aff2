//! How many results have which model, tag, …: each is a link to the search with it, or without it.

use leptos::{ev, prelude::*};

use super::{
    glyphs::{STAR, TRASH},
    model::GalleryModel,
    saved_searches::SavedSearches,
    url::gallery_url,
    words::number,
};
use crate::components::{
    icon::{Glyph, Icon},
    reactive::{Erased, listener, memo, part, truth},
};
use proto::gallery::{Facet, FacetCounts, GalleryQuery, has_facet, toggle_facet};

/// Values of a facet that are shown before "more".
const SHOWN: usize = 8;

#[component]
pub(super) fn FacetPanel(model: GalleryModel) -> impl IntoView {
    let facets = memo(move || model.facets.get());
    let open = RwSignal::new(false);
    // What was chosen is seen in the results.
    Effect::new(move |_| {
        model.query.track();
        open.set(false);
    });
    let note = memo(move || {
        facets.with(|facets| facets.of_newest).map(|of| format!("Counted among the newest {} results.", number(of))).unwrap_or_default()
    });
    view! {
        <nav class="gallery-facets" class:open=open aria-label="Narrow the search">
            // Where there is no room beside the results.
            <button
                type="button"
                class="button facets-opener with-script"
                aria-expanded=truth(move || open.get())
                on:click=listener(move |_: ev::MouseEvent| open.update(|open| *open = !*open))
            >
                <Icon glyph=Glyph::Sliders /><span>{memo(move || if open.get() { "Close filters" } else { "Filters, albums and trash" })}</span>
            </button>
            <ul class="gallery-places">{places(model)}</ul>
            <SavedSearches model />
            {part(move || {
                let query = model.query.get();
                // One type of all says nothing.
                let is_told = |facet: &FacetCounts| facet.values.len() > usize::from(facet.facet == Facet::Type);
                let some = facets.get().facets.into_iter().filter(is_told);
                some.map(|counts| facet(counts, &query)).collect_view().into_any()
            })}
            <p class="note">{note}</p>
        </nav>
    }
    .erased()
}

/// Searches that everybody needs.
fn places(model: GalleryModel) -> AnyView {
    let place = move |name: &'static str, glyph: Glyph, text: &'static str| {
        let url = gallery_url(None, &GalleryQuery { text: text.to_owned(), ..GalleryQuery::default() });
        let is_here = memo(move || model.query.with(|query| query.text.trim() == text).then_some("true"));
        view! { <li><a href=url aria-current=is_here><Icon glyph /><span class="facet-value">{name}</span></a></li> }.into_any()
    };
    view! {
        {place("Everything", Glyph::Picture, "")}
        {place("Starred", STAR, "star:yes")}
        {place("Trash", TRASH, "in:trash")}
    }
    .into_any()
}

fn facet(counts: FacetCounts, query: &GalleryQuery) -> AnyView {
    let facet = counts.facet;
    let row = |(value, count): (String, u64)| {
        let chosen = has_facet(&query.text, facet, &value);
        let with = GalleryQuery { text: toggle_facet(&query.text, facet, &value), ..query.clone() };
        view! {
            <li>
                <a href=gallery_url(None, &with) aria-current=chosen.then_some("true") title=value.clone()>
                    <span class="facet-value">{shown(facet, &value)}</span>
                    <span class="facet-count">{number(count)}</span>
                </a>
            </li>
        }
        .erased()
    };
    let mut values = counts.values;
    let more = values.split_off(SHOWN.min(values.len()));
    let is_narrowed = values.iter().any(|(value, _)| has_facet(&query.text, facet, value));
    view! {
        <details open=is_narrowed || matches!(facet, Facet::Model | Facet::Tag | Facet::Album | Facet::Type)>
            <summary>{title(facet)}</summary>
            <ul>{values.into_iter().map(row).collect_view()}</ul>
            {(!more.is_empty()).then(|| view! {
                <details class="facet-more">
                    <summary>{format!("{} more", more.len())}</summary>
                    <ul>{more.into_iter().map(row).collect_view()}</ul>
                </details>
            }.erased())}
        </details>
    }
    .erased()
}

fn title(facet: Facet) -> &'static str {
    match facet {
        Facet::Model => "Model",
        Facet::Lora => "LoRA",
        Facet::Tag => "Tag",
        Facet::Album => "Album",
        Facet::Workflow => "Workflow",
        Facet::Backend => "ComfyUI",
        Facet::Sampler => "Sampler",
        Facet::Scheduler => "Scheduler",
        Facet::Type => "Type",
        Facet::Program => "Program",
    }
}

/// Of a file of a model its name alone.
fn shown(facet: Facet, value: &str) -> String {
    if matches!(facet, Facet::Model | Facet::Lora) {
        let name = value.rsplit(['/', '\\']).next().unwrap_or(value);
        return name.strip_suffix(".safetensors").unwrap_or(name).to_owned();
    }
    value.to_owned()
}
