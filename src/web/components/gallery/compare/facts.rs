//! In what the outputs differ, as a table; and what is the same.

use leptos::prelude::*;

use super::{
    heading::OutputHeading,
    model::{CompareModel, Compared},
};
use crate::components::reactive::{Erased, memo, part};
use proto::gallery::{ComparedFacts, ComparedRow, TextPiece, compare_facts};

#[component]
pub(super) fn DifferingFacts(model: CompareModel) -> impl IntoView {
    let facts = memo(move || {
        model.compared.with(|compared| match compared {
            Compared::Outputs(outputs) => compare_facts(outputs),
            Compared::Loading | Compared::Failed(_) => ComparedFacts::default(),
        })
    });
    let headings = part(move || {
        let count = model.shown.with(Vec::len);
        (0..count).map(|at| view! { <th scope="col"><OutputHeading model at /></th> }.into_any()).collect_view().into_any()
    });
    view! {
        <section class="compare-facts" aria-label="What differs">
            // It scrolls by itself where it is wider than the screen, also by keys.
            <div class="compare-table" tabindex="0" role="group" aria-label="Table of what differs">
                <table>
                    <thead>
                        <tr>
                            <td>"Differs"</td>
                            {headings}
                        </tr>
                    </thead>
                    <tbody>{part(move || facts.with(|facts| facts.differing.iter().map(row).collect_view().into_any()))}</tbody>
                </table>
            </div>
            {part(move || facts.with(same))}
        </section>
    }
    .into_any()
}

fn row(row: &ComparedRow) -> AnyView {
    let piece = |piece: &TextPiece| {
        let text = piece.text.clone();
        if piece.changed { view! { <mark>{text}</mark> }.erased() } else { text.into_any() }
    };
    let cell = |pieces: &Vec<TextPiece>| {
        if pieces.is_empty() {
            return view! { <td class="none">"none"</td> }.erased();
        }
        view! { <td>{pieces.iter().map(piece).collect_view()}</td> }.erased()
    };
    view! {
        <tr>
            <th scope="row">{row.name}</th>
            {row.values.iter().map(cell).collect_view()}
        </tr>
    }
    .into_any()
}

/// Folded: it is what is not asked for.
fn same(facts: &ComparedFacts) -> AnyView {
    if facts.same.is_empty() {
        return ().into_any();
    }
    let names = facts.same.iter().map(|(name, _)| name.to_lowercase().replace("lora", "LoRA").replace("comfyui", "ComfyUI"));
    let names = names.collect::<Vec<_>>().join(", ");
    let facts = facts.same.iter().map(|(name, value)| view! { <div><dt>{*name}</dt><dd>{value.clone()}</dd></div> }.erased());
    view! {
        <details class="compare-same">
            <summary>{format!("The same: {names}")}</summary>
            <dl class="facts">{facts.collect_view()}</dl>
        </details>
    }
    .erased()
}
