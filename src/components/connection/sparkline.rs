//! A small line of the newest values, to see at a glance whether they are even.

use std::fmt::Write;

use leptos::prelude::*;

const WIDTH: f64 = 80.0;
const HEIGHT: f64 = 20.0;

/// Draws `values` oldest first, from zero to the largest.
#[component]
pub(crate) fn Sparkline(values: Signal<Vec<f64>>) -> impl IntoView {
    let points = move || values.with(|values| points(values));
    view! {
        <Show when=move || values.with(|values| values.len() > 1)>
            <svg class="sparkline" viewBox="0 0 80 20" aria-hidden="true">
                <polyline points=points />
            </svg>
        </Show>
    }
}

fn points(values: &[f64]) -> String {
    let most = values.iter().copied().fold(1.0, f64::max);
    let step = WIDTH / values.len().saturating_sub(1).max(1) as f64;
    let mut points = String::new();
    for (at, value) in values.iter().enumerate() {
        let (x, y) = (step * at as f64, HEIGHT - 2.0 - value / most * (HEIGHT - 4.0));
        let _ = write!(points, "{x:.1},{y:.1} ");
    }
    points
}
