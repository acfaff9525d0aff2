//! Error boundaries: a part of the page that fails says so, and the rest lives.
//!
//! A view fails by being an `Err` ([`fallible`], [`Failure`]). A panic cannot be caught in WASM; `browser::stopped` tells of one.

use std::{error::Error, fmt};

use leptos::prelude::*;

use super::{
    icon::{Glyph, Icon},
    reactive::{listener, part},
};

/// Why a part of the page cannot be shown, in words that follow a colon: "Darkroom did not answer".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure(pub &'static str);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Failure {}

/// A part of the page that may fail, made anew whenever what it reads changes. What it fails with is told by the [`Boundary`] around it.
pub fn fallible(make: impl Fn() -> Result<AnyView, Failure> + Send + 'static) -> AnyView {
    let make: Box<dyn Fn() -> Result<AnyView, Failure> + Send> = Box::new(make);
    (move || make()).into_any()
}

/// Around a large part of the page: in place of a part that fails it says what cannot be shown and why, and offers to try again, which
/// makes the part anew.
#[component]
pub fn Boundary(
    /// What is inside, as the beginning of a sentence: "The list of nodes".
    name: &'static str,
    /// Done before the part is made anew.
    #[prop(optional, into)]
    again: Option<Callback<()>>,
    children: ChildrenFn,
) -> impl IntoView {
    let tries = RwSignal::new(0_u32);
    part(move || {
        tries.track();
        let fallback = move |errors: ArcRwSignal<Errors>| {
            let why = errors.with_untracked(|errors| errors.iter().next().map(|(_, error)| error.to_string()).unwrap_or_default());
            let press = move |_| {
                if let Some(again) = again {
                    again.run(());
                }
                tries.update(|tries| *tries += 1);
            };
            view! {
                <div class="failed-part card" role="alert">
                    <span class="badge" data-tone="bad"><Icon glyph=Glyph::Bang /></span>
                    <p>{name}" cannot be shown: "{why}". Your tasks go on."</p>
                    <button type="button" class="button" on:click=listener(press)>"Try again"</button>
                </div>
            }
            .into_any()
        };
        let children = children.clone();
        view! { <ErrorBoundary fallback>{children()}</ErrorBoundary> }.into_any()
    })
}
