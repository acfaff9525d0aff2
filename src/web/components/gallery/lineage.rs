//! What an output was made from on the left, what was made from it on the right: a small graph of links.

use leptos::prelude::*;

use super::{model::GalleryModel, tile::label, url::file_url, url::gallery_url};
use crate::{
    base_path::with_base,
    components::{
        icon::{Glyph, Icon},
        reactive::Erased,
    },
};
use proto::{
    gallery::{
        CompareAddress, CompareMode, GalleryId, GalleryTile, LineageColumn, LineageGraph, LineageLeftOut, LineageNode, LineageSource,
    },
    task::OutputKind,
};

/// Nothing for an output that was made from nothing and led to nothing.
#[component]
pub(super) fn LineageView(lineage: LineageGraph, model: GalleryModel) -> impl IntoView {
    if lineage.nodes.len() < 2 && lineage.left_out.is_empty() {
        return ().into_any();
    }
    let drawing = lineage.drawing();
    let (width, height) = (drawing.width.to_string(), drawing.height.to_string());
    let lines = drawing.lines.into_iter().map(|line| view! { <path d=line /> }.erased()).collect_view();
    let column = |column: LineageColumn| generation(&lineage, &column, model);
    let columns = drawing.columns.into_iter().map(column).collect_view();
    let compare = source_of(&lineage).map(|(source, output)| {
        let address = CompareAddress { ids: vec![source, output], mode: CompareMode::default(), pair: (0, 1) };
        let url = model.query.with_untracked(|query| with_base(&address.url(query)));
        view! { <a class="button" href=url>"Compare with its source"</a> }.erased()
    });
    view! {
        <section class="lineage" aria-label="Lineage">
            <h2>"Lineage"</h2>
            <div class="lineage-scroller">
                <div class="lineage-graph">
                    <svg width=width.clone() height=height.clone() viewBox=format!("0 0 {width} {height}") aria-hidden="true">{lines}</svg>
                    {columns}
                </div>
            </div>
            {lineage.left_out.iter().map(|rest| more(rest, model)).collect_view()}
            {compare}
        </section>
    }
    .into_any()
}

/// The only output that it was made from, and itself.
fn source_of(lineage: &LineageGraph) -> Option<(GalleryId, GalleryId)> {
    let tile = |node: &LineageNode| match &node.source {
        LineageSource::Output(tile) => Some(tile.id),
        LineageSource::Picture(_) | LineageSource::Gone => None,
    };
    let mut sources = lineage.nodes.iter().filter(|node| node.generation == -1).filter_map(tile);
    let source = sources.next()?;
    Some((source, tile(lineage.nodes.first()?)?)).filter(|_| sources.next().is_none())
}

fn generation(lineage: &LineageGraph, column: &LineageColumn, model: GalleryModel) -> AnyView {
    let relation = relation(column.generation);
    let nodes = column.nodes.iter().filter_map(|at| lineage.nodes.get(*at)).map(|node| cell(&node.source, column.generation, model));
    let nodes = nodes.collect_view();
    let left_out = (column.left_out > 0).then(|| {
        let words = format!("{} more, in the list below", column.left_out);
        view! { <li class="lineage-rest" aria-label=words>{format!("+{}", column.left_out)}</li> }.erased()
    });
    view! { <ul aria-label=relation>{nodes}{left_out}</ul> }.erased()
}

/// How a generation is related to the output.
fn relation(generation: i8) -> String {
    match generation {
        0 => "This output".to_owned(),
        -1 => "Made from".to_owned(),
        1 => "Led to".to_owned(),
        generation if generation < 0 => format!("Made from, {} steps back", generation.unsigned_abs()),
        generation => format!("Led to, {generation} steps on"),
    }
}

fn cell(source: &LineageSource, generation: i8, model: GalleryModel) -> AnyView {
    let relation = relation(generation);
    match source {
        LineageSource::Output(tile) if generation == 0 => {
            view! { <li class="this" aria-current="true" aria-label=relation>{thumbnail(tile)}</li> }.erased()
        }
        LineageSource::Output(tile) => view! { <li>{link(tile, &relation, model)}</li> }.erased(),
        LineageSource::Picture(id) => {
            let url = with_base(&format!("/api/pictures/{id}"));
            let picture = url.clone();
            let name = format!("{relation}: a picture that was given");
            view! { <li><a href=url target="_blank" aria-label=name><img src=picture alt="" loading="lazy" /></a></li> }.erased()
        }
        LineageSource::Gone => {
            let name = format!("{relation}: a picture that is not there any more");
            let title = name.clone();
            view! { <li class="lineage-gone" title=title><Icon glyph=Glyph::Cross /><span class="visually-hidden">{name}</span></li> }
                .erased()
        }
    }
}

fn link(tile: &GalleryTile, relation: &str, model: GalleryModel) -> AnyView {
    let url = model.query.with_untracked(|query| gallery_url(Some(tile.id), query));
    let name = format!("{relation}: {}", label(tile));
    view! { <a href=url aria-label=name.clone() title=name>{thumbnail(tile)}</a> }.erased()
}

fn thumbnail(tile: &GalleryTile) -> AnyView {
    match tile.kind {
        Some(OutputKind::Image) => view! { <img src=file_url(tile.id, Some(320)) alt="" loading="lazy" width="56" height="56" /> }.erased(),
        Some(OutputKind::Video | OutputKind::Audio) => view! { <Icon glyph=Glyph::Play /> }.into_any(),
        Some(OutputKind::Text | OutputKind::File) | None => view! { <Icon glyph=Glyph::File /> }.into_any(),
    }
}

/// Those that the graph has no room for.
fn more(rest: &LineageLeftOut, model: GalleryModel) -> AnyView {
    let relation = relation(rest.generation);
    let listed = rest.outputs.iter().map(|tile| view! { <li>{link(tile, &relation, model)}</li> }.erased()).collect_view();
    let words = if rest.generation < 0 { "more that it was made from" } else { "more that were made from it" };
    let newest = (rest.count > rest.outputs.len() as u64).then(|| format!(" The newest {} are shown.", rest.outputs.len()));
    view! {
        <details class="lineage-more">
            <summary>{format!("{} {words}.", rest.count)}{newest}</summary>
            <ul>{listed}</ul>
        </details>
    }
    .into_any()
}
