//! What is drawn over the picture: the part that the model sees, and what the picture is extended by.

use leptos::prelude::*;

use super::{handles::EdgeHandles, model::InpaintModel};
use crate::components::reactive::{Erased, memo, part};
use proto::edit::Edit;

/// In pixels of the source.
pub(super) fn marks(model: InpaintModel) -> AnyView {
    // Where the source lies in the canvas.
    let source = memo(move || {
        model.planned.with(|planned| match &planned.edit {
            Some(Edit::Outpaint(outpaint)) => (f64::from(outpaint.left), f64::from(outpaint.top)),
            _ => (0.0, 0.0),
        })
    });
    let canvas = memo(move || {
        let frame = model.planned.with(|planned| planned.extended())?;
        Some((frame.left, frame.top, frame.right - frame.left, frame.bottom - frame.top))
    });
    let crop = memo(move || {
        let (left, top) = source.get();
        let plan = model.planned.with(|planned| planned.plan)?;
        let crop = plan.crop;
        let part = crop != plan.canvas.whole();
        part.then(|| (f64::from(crop.x) - left, f64::from(crop.y) - top, f64::from(crop.width), f64::from(crop.height)))
    });
    view! {
        {part(move || canvas.get().map(|area| rectangle("mask-canvas", area)).into_any())}
        {part(move || crop.get().map(|area| view! {
            {rectangle("mask-line-below", area)}
            {rectangle("mask-crop", area)}
        }.into_any()).into_any())}
        <EdgeHandles model />
    }
    .into_any()
}

fn rectangle(class: &'static str, (x, y, width, height): (f64, f64, f64, f64)) -> AnyView {
    view! { <rect class=class x=x.to_string() y=y.to_string() width=width.to_string() height=height.to_string() /> }.erased()
}

/// What will happen, in words.
pub(super) fn words(model: InpaintModel) -> Memo<String> {
    memo(move || {
        let Some(plan) = model.planned.with(|planned| planned.plan) else { return String::new() };
        let Some(working) = plan.working else { return String::new() };
        let megapixels = plan.centi_megapixels();
        let (crop, canvas) = (plan.crop, plan.canvas);
        let seen = if crop == canvas.whole() {
            format!("The model sees all of the {} × {} px", canvas.width, canvas.height)
        } else {
            format!("The model sees {} × {} of {} × {} px", crop.width, crop.height, canvas.width, canvas.height)
        };
        let work =
            if working == crop.size() { "at this size".to_owned() } else { format!("at {} × {} px", working.width, working.height) };
        format!("{seen} and works {work}, {}.{:02} megapixels.", megapixels / 100, megapixels % 100)
    })
}
