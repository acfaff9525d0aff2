//! What all of these pages have around them.

use leptos::prelude::*;

use super::data::PageStage;
use crate::{
    components::{
        boundary::Boundary,
        later_styles::LaterStyles,
        reactive::{Erased, part},
    },
    first_paint::FirstPaint,
};

/// The page: its title, its links (`nav`), and what is known. `body` is made once there is something to show.
pub(crate) fn frame(
    title: &'static str,
    about: impl Fn() -> String + Send + Sync + 'static,
    nav: AnyView,
    stage: RwSignal<PageStage>,
    body: impl Fn() -> AnyView + Send + Sync + 'static,
) -> AnyView {
    let build = with_context::<FirstPaint, _>(|first| first.build.clone()).unwrap_or_default();
    let was_read = Memo::new(move |before: Option<&bool>| before.copied().unwrap_or_default() || stage.get() == PageStage::Ready);
    let trouble = move || match stage.get() {
        PageStage::Loading => view! { <p class="note" role="status">"Loading…"</p> }.erased(),
        PageStage::Ready => ().into_any(),
        PageStage::Missing => view! {
            <div class="card view-trouble" role="alert">
                <h2>"There is no such project"</h2>
                <p class="note">"It was removed, or the address is mistyped."</p>
                <a class="button" href="/projects">"All projects"</a>
            </div>
        }
        .erased(),
        PageStage::Failed(why) => view! { <p class="problem" role="alert">"This cannot be read now: "{why}</p> }.erased(),
    };
    let body = StoredValue::new(body);
    view! {
        <LaterStyles />
        <link rel="stylesheet" href=format!("/assets/{build}/production-views.css") />
        <div class="production-view">
            {nav}
            <header class="view-head">
                <h1>{title}</h1>
                <p class="note">{about}</p>
            </header>
            {part(trouble)}
            <Boundary name="This page">
                {part(move || if was_read.get() { body.with_value(|body| body()) } else { ().into_any() })}
            </Boundary>
        </div>
    }
    .erased()
}
