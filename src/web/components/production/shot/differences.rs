//! What differs between the take that is looked at and the current one: only the parameters that are not the same.

use leptos::prelude::*;
use proto::production::take_differences;

use super::model::ShotModel;
use crate::components::reactive::{Erased, memo, part};

#[component]
pub(super) fn Differences(model: ShotModel) -> impl IntoView {
    let pair = memo(move || {
        let shown = model.shown()?;
        let current = model.node().and_then(|node| model.with(|view| view.current(&node).cloned()))?;
        (shown.id != current.id).then_some((current, shown))
    });
    part(move || {
        let Some((current, shown)) = pair.get() else { return ().into_any() };
        let (one, other) = (format!("T{:03} (current)", current.take_number), format!("T{:03}", shown.take_number));
        let rows: Vec<_> = take_differences(&current, &shown)
            .into_iter()
            .map(|(name, one, other)| view! { <tr><th scope="row">{name}</th><td>{one}</td><td>{other}</td></tr> }.erased())
            .collect();
        if rows.is_empty() {
            return view! { <p class="note">"Both takes were asked for in the same way."</p> }.erased();
        }
        view! {
            <section class="card production-differences" aria-labelledby="differences-title">
                <h2 id="differences-title">"What differs"</h2>
                <div class="production-scroll" tabindex="0" role="group" aria-label="Differences">
                    <table>
                        <thead><tr><th scope="col">"What"</th><th scope="col">{one}</th><th scope="col">{other}</th></tr></thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            </section>
        }
        .into_any()
    })
}
