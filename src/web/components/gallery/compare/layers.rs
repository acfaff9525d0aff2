//! One picture over another, both enlarged and moved together.

use leptos::{html, prelude::*};

use super::{model::CompareModel, picture::ComparedPicture, picture::tag};
use crate::components::{reactive::memo, stage::ZoomWindow};

/// The first of the pair, and over it the second. How much of that is seen is up to the stylesheet. `class`: of the mode. `children`: what lies over both.
#[component]
pub(super) fn Layers(
    model: CompareModel,
    class: &'static str,
    stage: NodeRef<html::Div>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let (under, over) = model.pair.get_untracked();
    let holds = memo(|| true);
    view! {
        <div class=format!("compare-stage {class}") node_ref=stage>
            <ZoomWindow holds shared=model.zoom always_wheel=true><ComparedPicture model at=under /></ZoomWindow>
            <div class="compare-over">
                <div class="zoom-plane" style:transform=move || model.zoom.get().transform()><ComparedPicture model at=over /></div>
            </div>
            {tag("first", "A", under)}
            {tag("second", "B", over)}
            {children.map(|children| children())}
        </div>
    }
    .into_any()
}
