//! How much each pixel of two pictures differs.

use leptos::{ev, html, prelude::*, task::spawn_local};

use super::{
    super::url::file_url,
    model::CompareModel,
    picture::tag,
    pixels::{DrawnDifference, draw_difference},
};
use crate::components::{
    reactive::{listener, memo},
    stage::ZoomWindow,
};

/// By how much differences are made brighter.
const GAINS: [u8; 3] = [1, 4, 16];

#[derive(Clone, Copy, Debug, PartialEq)]
enum DifferenceState {
    Working,
    Unreadable,
    Done(DrawnDifference),
}

#[component]
pub(super) fn Difference(model: CompareModel) -> impl IntoView {
    let canvas = NodeRef::<html::Canvas>::new();
    let (first, second) = model.pair.get_untracked();
    let url = move |at: usize| model.shown.with_untracked(|shown| shown.get(at).map(|(id, _)| file_url(*id, None))).unwrap_or_default();
    let state = RwSignal::new(DifferenceState::Working);
    Effect::new(move |_| {
        if let Some(canvas) = canvas.get() {
            spawn_local(async move {
                let drawn = draw_difference(canvas, &url(first), &url(second)).await;
                let _ = state.try_set(drawn.map_or(DifferenceState::Unreadable, DifferenceState::Done));
            });
        }
    });
    let gain = RwSignal::new(GAINS[0]);
    let words = memo(move || match state.get() {
        DifferenceState::Working => "Comparing…".to_owned(),
        DifferenceState::Unreadable => "This browser cannot read one of the pictures.".to_owned(),
        DifferenceState::Done(drawn) => words(&drawn),
    });
    let holds = memo(|| true);
    view! {
        <div class="compare-stage compare-difference">
            <ZoomWindow holds shared=model.zoom always_wheel=true>
                <canvas
                    class="stage-picture"
                    role="img"
                    aria-label="The difference: black where both are the same"
                    data-gain=memo(move || gain.get().to_string())
                    node_ref=canvas
                ></canvas>
            </ZoomWindow>
            {tag("first", "A", first)}
            {tag("second", "B", second)}
        </div>
        <div class="compare-tools">
            <p class="compare-words" role="status">{words}</p>
            <fieldset class="tabs compare-gain with-script">
                <legend class="visually-hidden">"Make differences brighter"</legend>
                {GAINS.into_iter().map(|factor| one(gain, factor)).collect_view()}
            </fieldset>
            <p class="note without-script">"The difference is drawn by JavaScript."</p>
        </div>
    }
    .into_any()
}

fn one(gain: RwSignal<u8>, factor: u8) -> AnyView {
    let id = format!("compare-gain-{factor}");
    view! {
        <input
            type="radio"
            class="visually-hidden"
            name="compare-gain"
            id=id.clone()
            prop:checked=memo(move || gain.get() == factor)
            on:change=listener(move |_: ev::Event| gain.set(factor))
        />
        <label for=id>{format!("×{factor}")}</label>
    }
    .into_any()
}

fn words(drawn: &DrawnDifference) -> String {
    let size = |(width, height): (u32, u32)| format!("{width} × {height}");
    let mut words = drawn.difference.words();
    if drawn.size != drawn.first {
        words = format!("{words} A is {}: both are compared at {}.", size(drawn.first), size(drawn.size));
    } else if drawn.second != drawn.first {
        words = format!("{words} B is {}: it is compared at the size of A, {}.", size(drawn.second), size(drawn.first));
    }
    let shape =
        |(width, height): (u32, u32), other: (u32, u32)| u64::from(width) * u64::from(other.1) != u64::from(height) * u64::from(other.0);
    if shape(drawn.second, drawn.first) {
        words.push_str(" Its proportions are others: where it has nothing, it differs.");
    }
    words
}

#[cfg(test)]
mod tests {
    use proto::gallery::PixelDifference;

    use super::*;

    #[test]
    fn other_sizes_are_said() {
        let drawn = |size, first, second| {
            words(&DrawnDifference { difference: PixelDifference { pixels: 4, differing: 0, greatest: 0 }, size, first, second })
        };
        assert_eq!(drawn((2, 2), (2, 2), (2, 2)), "No pixel differs.");
        assert_eq!(drawn((2, 2), (2, 2), (4, 4)), "No pixel differs. B is 4 × 4: it is compared at the size of A, 2 × 2.");
        assert_eq!(
            drawn((2, 2), (2, 2), (4, 2)),
            "No pixel differs. B is 4 × 2: it is compared at the size of A, 2 × 2. Its proportions are others: where it has nothing, it differs."
        );
        assert_eq!(drawn((2, 2), (8, 8), (8, 8)), "No pixel differs. A is 8 × 8: both are compared at 2 × 2.");
    }
}
