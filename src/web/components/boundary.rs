//! Error boundaries: a part of the page that fails says so, and the rest lives.
//!
//! Not Leptos' own `ErrorBoundary`, which every browser would have to load: what can fail here are things that come later (a picture, an
//! answer), and they tell the boundary around them. A panic cannot be caught in WASM; `browser::stopped` tells of one.

use leptos::prelude::*;

use super::{
    icon::{Glyph, Icon},
    reactive::{Erased, listener, part},
};

/// The boundary around a component; get it with [`use_boundary`].
#[derive(Clone, Copy)]
pub struct Fails(RwSignal<String>);

impl Fails {
    /// This part of the page cannot be shown. `why` follows a colon: "Darkroom did not answer".
    pub fn because(&self, why: &str) {
        // Its boundary may be gone by the time that it fails.
        let _ = self.0.try_set(why.to_owned());
    }
}

/// The boundary around the caller.
///
/// # Panics
/// Where there is no [`Boundary`] around it: a mistake in the program.
#[must_use]
pub fn use_boundary() -> Fails {
    expect_context()
}

/// Around a large part of the page: when that fails, says in its place what cannot be shown and why, and offers to try again, which
/// makes the part anew.
#[component]
pub fn Boundary(
    /// What is inside, as the beginning of a sentence: "The list of nodes".
    name: &'static str,
    children: ChildrenFn,
) -> impl IntoView {
    // Empty while all is well.
    let why = RwSignal::new(String::new());
    part(move || {
        // Inside of this closure, which has an owner of its own: what is beside the boundary does not see it.
        provide_context(Fails(why));
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
