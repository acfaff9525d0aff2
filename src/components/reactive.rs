//! Memos and conditions whose code exists once, not once for every closure: a third of what the browser had to load was copies of these.

use std::sync::Arc;

use leptos::prelude::*;

/// [`Memo::new`], compiled once for each type of value.
pub fn memo<T: PartialEq + Send + Sync + 'static>(compute: impl Fn() -> T + Send + Sync + 'static) -> Memo<T> {
    boxed(Box::new(compute))
}

fn boxed<T: PartialEq + Send + Sync + 'static>(compute: Box<dyn Fn() -> T + Send + Sync>) -> Memo<T> {
    Memo::new(move |_| compute())
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
    move || if holds.get() { children() } else { fallback.run() }
}

/// A keyed list ([`For`]), compiled once: a row is made when its key appears, and stays as it is until the key goes.
pub fn rows(keys: impl Into<Signal<Vec<u128>>>, row: impl Fn(u128) -> AnyView + Send + Sync + 'static) -> AnyView {
    boxed_rows(keys.into(), Arc::new(row))
}

fn boxed_rows(keys: Signal<Vec<u128>>, row: Arc<dyn Fn(u128) -> AnyView + Send + Sync>) -> AnyView {
    view! { <For each=move || keys.get() key=|key| *key children=move |key| row(key) /> }.into_any()
}
