//! What is drawn over picture and mask, in lines that stay thin at every zoom: the brush, the crosshair, the lasso.

use leptos::prelude::*;

use super::model::MaskEditorModel;
use crate::components::reactive::{Erased, memo, part};

/// `children` are drawn below the brush, in pixels of the picture.
#[component]
pub(super) fn Marks(model: MaskEditorModel, children: ViewFn) -> impl IntoView {
    let view_box = memo(move || {
        let size = model.picture.with(|picture| picture.as_ref().map(|picture| picture.size)).unwrap_or_default();
        format!("0 0 {} {}", size.width.max(1), size.height.max(1))
    });
    let brush = memo(move || {
        let place = model.crosshair.get().or_else(|| model.pointer.get())?;
        model.settings.get().tool.draws().then(|| (place, f64::from(model.diameter()) / 2.0))
    });
    let lasso = memo(move || model.lasso.with(|points| points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect::<Vec<_>>().join(" ")));
    let cross = memo(move || {
        let (x, y) = model.crosshair.get()?;
        let arm = 14.0 / model.viewport.get().scale;
        Some(format!("M{} {y}H{}M{x} {}V{}", x - arm, x + arm, y - arm, y + arm))
    });
    let ring = move |class: &'static str| {
        view! {
            <circle
                class=class
                cx=memo(move || brush.get().map(|((x, _), _)| format!("{x:.2}")))
                cy=memo(move || brush.get().map(|((_, y), _)| format!("{y:.2}")))
                r=memo(move || brush.get().map(|(_, radius)| format!("{radius:.2}")))
            />
        }
        .erased()
    };
    view! {
        <svg class="mask-marks" viewBox=view_box preserveAspectRatio="none" aria-hidden="true">
            {part(move || children.run())}
            {part(move || (!lasso.with(String::is_empty)).then(|| view! {
                <polygon class="mask-line-below" points=lasso />
                <polygon class="mask-line" points=lasso />
            }.erased()).into_any())}
            {part(move || brush.with(Option::is_some).then(|| view! {
                {ring("mask-line-below")}
                {ring("mask-line")}
            }.into_any()).into_any())}
            {part(move || cross.with(Option::is_some).then(|| view! {
                <path class="mask-line-below" d=cross />
                <path class="mask-line" d=cross />
            }.into_any()).into_any())}
        </svg>
    }
    .erased()
}
