//! Error boundaries: a part of the page that fails is replaced by a message, and the rest keeps working.
//!
//! Not Leptos' own `ErrorBoundary`: it is code that every browser would load, and it catches only errors of rendering. What fails here are
//! later requests (a picture, an answer), whose components report to the boundary around them. Panics cannot be caught in WASM;
//! `browser::stopped` shows them.

use leptos::prelude::*;

use super::{
    icon::{Glyph, Icon},
    reactive::{Erased, listener, part},
};

/// The boundary around a component; get it with [`use_boundary`].
#[derive(Clone, Copy)]
pub struct BoundaryHandle(RwSignal<String>);

impl BoundaryHandle {
    /// This part of the page cannot be shown. `why` follows a colon: "Darkroom did not answer".
    pub fn fail(&self, why: &str) {
        // The boundary may be unmounted by then.
        let _ = self.0.try_set(why.to_owned());
    }
}

/// The boundary around the caller.
///
/// # Panics
/// Without a [`Boundary`] around the caller: a programming error.
#[must_use]
pub fn use_boundary() -> BoundaryHandle {
    expect_context()
}

/// Goes around a large part of the page. When the part fails, shows instead what cannot be shown and why, and a button that renders the part
/// again.
#[component]
pub fn Boundary(
    /// What is inside, as the subject of a sentence: "The list of nodes".
    name: &'static str,
    children: ChildrenFn,
) -> impl IntoView {
    // Empty: no error.
    let why = RwSignal::new(String::new());
    part(move || {
        // Inside this closure, which has its own owner, so that siblings of the boundary do not see the context.
        provide_context(BoundaryHandle(why));
        match why.get() {
            none if none.is_empty() => children(),
            why_not => failed(name, why_not, why),
        }
    })
}

fn failed(name: &'static str, why_not: String, why: RwSignal<String>) -> AnyView {
    view! {
        <div class="failed-part card" role="alert">
            <span class="badge" data-tone="bad"><Icon glyph=Glyph::Bang /></span>
            <p>{name}" cannot be shown: "{why_not}". Your tasks go on."</p>
            <button type="button" class="button" on:click=listener(move |_| why.set(String::new()))>"Try again"</button>
        </div>
    }
    .erased()
}
