//! The result over the source, with an edge between them that can be moved.

use leptos::{ev, prelude::*};

use super::model::InpaintModel;
use crate::{
    base_path::with_base,
    components::reactive::{Erased, listener, memo, part},
};
use proto::edit::{Edit, PictureId, PixelRect, PixelSize};

/// What lies over the source.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Over {
    /// A picture of the size of the canvas.
    Result(String),
    /// A preview of the part that the model sees.
    Preview(String),
    Nothing,
}

/// What a result is compared on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ResultCanvas {
    picture: PictureId,
    /// Where the picture is on it.
    area: PixelRect,
    width: u32,
    height: u32,
}

impl ResultCanvas {
    /// `edit`: an outpaint makes it larger than the picture.
    pub fn of(picture: PictureId, size: PixelSize, edit: Option<&Edit>) -> Self {
        let (left, top, width, height) = match edit {
            Some(Edit::Outpaint(outpaint)) => (
                outpaint.left,
                outpaint.top,
                size.width.saturating_add(outpaint.left).saturating_add(outpaint.right),
                size.height.saturating_add(outpaint.top).saturating_add(outpaint.bottom),
            ),
            _ => (0, 0, size.width, size.height),
        };
        let area = PixelRect { x: left, y: top, width: size.width, height: size.height };
        Self { picture, area, width: width.max(1), height: height.max(1) }
    }
}

/// `over` fills the canvas, or the part that the model sees. `made`: the canvas that the task was made with; the form may be about another by now.
#[component]
pub(super) fn Compare(model: InpaintModel, made: Memo<Option<ResultCanvas>>, over: Memo<Over>) -> impl IntoView {
    // In percent from the left: there the result begins.
    let edge = RwSignal::new(0.0_f64);
    let canvas = memo(move || {
        made.get().or_else(|| {
            let (picture, size) = model.choices.with(|choices| choices.picture.clone())?;
            Some(model.planned.with(|planned| ResultCanvas::of(picture, size, planned.edit.as_ref())))
        })
    });
    let part_of = memo(move || model.planned.with(|planned| planned.plan.map(|plan| plan.crop)));
    let picture = move |href: String, area: PixelRect, class: &'static str| {
        view! {
            <image
                class=class
                href=href
                x=area.x.to_string()
                y=area.y.to_string()
                width=area.width.to_string()
                height=area.height.to_string()
                preserveAspectRatio="none"
                clip-path="url(#edit-wipe)"
            />
        }
        .erased()
    };
    view! {
        {part(move || canvas.get().map(|ResultCanvas { picture: source, area: source_area, width, height }| {
            let url = with_base(&format!("/api/pictures/{source}"));
            let whole = PixelRect { x: 0, y: 0, width, height };
            let at = memo(move || edge.get() / 100.0 * f64::from(width));
            view! {
                <svg class="compare" id="stage" viewBox=format!("0 0 {width} {height}") role="img" aria-label="The result over the picture">
                    <clipPath id="edit-wipe">
                        <rect x=memo(move || at.get().to_string()) y="0" width=width.to_string() height=height.to_string() />
                    </clipPath>
                    <image
                        href=url
                        x=source_area.x.to_string()
                        y=source_area.y.to_string()
                        width=source_area.width.to_string()
                        height=source_area.height.to_string()
                    />
                    {part(move || match over.get() {
                        Over::Result(href) => picture(href, whole, "compare-result"),
                        Over::Preview(href) => picture(href, part_of.get().unwrap_or(whole), "compare-preview"),
                        Over::Nothing => ().into_any(),
                    })}
                    <path class="compare-edge" d=memo(move || format!("M{} 0V{height}", at.get())) />
                </svg>
            }.erased()
        }).into_any())}
        <div class="compare-slider">
            <label for="compare-edge">"Before"</label>
            <input
                type="range"
                id="compare-edge"
                min="0"
                max="100"
                step="0.5"
                prop:value=memo(move || edge.get().to_string())
                aria-valuetext=memo(move || format!("{:.0} % before", edge.get()))
                on:input=listener(move |event: ev::Event| {
                    if let Ok(value) = event_target_value(&event).parse() {
                        edge.set(value);
                    }
                })
            />
            <button
                type="button"
                class="button"
                on:pointerdown=listener(move |_: ev::PointerEvent| edge.set(100.0))
                on:pointerup=listener(move |_: ev::PointerEvent| edge.set(0.0))
                on:pointercancel=listener(move |_: ev::PointerEvent| edge.set(0.0))
                on:pointerleave=listener(move |_: ev::PointerEvent| edge.set(0.0))
                on:keydown=listener(move |event: ev::KeyboardEvent| if matches!(event.key().as_str(), " " | "Enter") { edge.set(100.0) })
                on:keyup=listener(move |_: ev::KeyboardEvent| edge.set(0.0))
                on:blur=listener(move |_: ev::FocusEvent| edge.set(0.0))
            >
                "Hold to see before"
            </button>
        </div>
    }
    .into_any()
}
