//! A small chart of the newest values.

use std::fmt::Write;

use leptos::prelude::*;

use crate::components::reactive::{Erased, When, memo};

const WIDTH: u32 = 80;
const HEIGHT: u32 = 20;

/// Draws `values` oldest first, from zero to the largest.
#[component]
pub(crate) fn Sparkline(values: Signal<Vec<u32>>) -> impl IntoView {
    let points = memo(move || values.with(|values| points(values)));
    view! {
        <When holds=memo(move || values.with(|values| values.len() > 1))>
            <svg class="sparkline" viewBox="0 0 80 20" aria-hidden="true">
                <polyline points=points />
            </svg>
        </When>
    }
    .erased()
}

fn points(values: &[u32]) -> String {
    let most = u64::from(values.iter().copied().max().unwrap_or_default().max(1));
    let last = values.len().saturating_sub(1).max(1);
    let mut points = String::new();
    for (at, value) in values.iter().enumerate() {
        let x = at * WIDTH as usize / last;
        let y = u64::from(HEIGHT - 2) - u64::from(*value) * u64::from(HEIGHT - 4) / most;
        let _ = write!(points, "{x},{y} ");
    }
    points
}
