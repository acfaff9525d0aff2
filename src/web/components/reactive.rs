//! Memos, conditions and lists that are compiled once instead of once per closure. The copies were a third of the code that browsers load.

use std::sync::Arc;

use leptos::prelude::*;

pub use crate::live::hooks::memo;

/// Makes an [`AnyView`] of the result of `view!`. That is a [`View`] around the root element; with [`IntoAny`] the wrapper would be compiled
/// for each type of element.
pub trait Erased {
    fn erased(self) -> AnyView;
}

impl<T: RenderHtml + Send + 'static> Erased for View<T> {
    fn erased(self) -> AnyView {
        self.into_inner().into_any()
    }
}

/// [`Show`], compiled once.
#[component]
pub fn When(
    /// Shows the children while this holds,
    #[prop(into)]
    holds: Signal<bool>,
    /// and this otherwise.
    #[prop(optional, into)]
    fallback: ViewFn,
    children: ChildrenFn,
) -> impl IntoView {
    let holds = memo(move || holds.get());
    part(move || if holds.get() { children() } else { fallback.run() })
}

/// A closure in a view, compiled once: a part of the page that is rendered again when a signal that it reads changes.
pub fn part(make: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    boxed_part(Box::new(make))
}

fn boxed_part(make: Box<dyn Fn() -> AnyView + Send>) -> AnyView {
    (move || make()).into_any()
}

/// "true" or "false", for ARIA.
pub fn truth(holds: impl Fn() -> bool + Send + Sync + 'static) -> Memo<&'static str> {
    memo(move || if holds() { "true" } else { "false" })
}

/// A listener, compiled once for each kind of event.
pub fn listener<E: 'static>(handle: impl FnMut(E) + 'static) -> Box<dyn FnMut(E)> {
    Box::new(handle)
}

/// A keyed list ([`For`]), compiled once: a row is made when its key appears, and stays as it is until the key goes.
pub fn rows(keys: impl Into<Signal<Vec<u128>>>, row: impl Fn(u128) -> AnyView + Send + Sync + 'static) -> AnyView {
    boxed_rows(keys.into(), Arc::new(row))
}

fn boxed_rows(keys: Signal<Vec<u128>>, row: Arc<dyn Fn(u128) -> AnyView + Send + Sync>) -> AnyView {
    view! { <For each=move || keys.get() key=|key| *key children=move |key| row(key) /> }.erased()
}
