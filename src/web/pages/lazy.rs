//! Pages, and parts of pages, whose code the browser loads when they are wanted.

use std::future::Future;

use futures::FutureExt;
use leptos::{prelude::*, task::spawn_local, wasm_split::SplitLoaderError};
use leptos_router::ChooseView;

use crate::components::reactive::Erased;

/// A route's view that is loaded first. Not Leptos' own `Lazy`: there, code that cannot be loaded is a panic, and the end of the page.
#[derive(Clone, Copy)]
pub(super) struct LazyPage<Load, Draw> {
    name: &'static str,
    load: Load,
    draw: Draw,
}

impl<Load, Draw> LazyPage<Load, Draw> {
    /// `name` is that of the split; `load` and `draw` are what `wasm_split` makes of a function.
    pub fn new(name: &'static str, load: Load, draw: Draw) -> Self {
        Self { name, load, draw }
    }
}

impl<Load, Loading, Draw, Drawing> ChooseView for LazyPage<Load, Draw>
where
    Load: Fn() -> Loading + Send + Sync + Clone + 'static,
    Loading: Future<Output = Result<(), SplitLoaderError>>,
    Draw: Fn() -> Drawing + Send + Sync + Clone + 'static,
    Drawing: Future<Output = Result<AnyView, SplitLoaderError>>,
{
    /// The page that is left stays until this is done.
    async fn preload(&self) {
        if (self.load)().await.is_err() {
            leave().await;
        }
    }

    async fn choose(self) -> AnyView {
        // The document tells the browser to fetch the code at once, not when the app has started and asks for it.
        leptos::prefetch_lazy_fn_on_server(self.name);
        match (self.draw)().await {
            Ok(view) => view,
            Err(_) => leave().await,
        }
    }
}

/// The code cannot be had: mostly because the server is a newer one, which does not have it any more. Its own document does: goes there.
async fn leave() -> ! {
    #[cfg(feature = "hydrate")]
    if let Some(window) = web_sys::window() {
        let url = leptos_router::hooks::use_url().get_untracked();
        let query = if url.search().is_empty() { String::new() } else { format!("?{}", url.search()) };
        let _ = window.location().set_href(&format!("{}{query}", url.path()));
    }
    std::future::pending().await
}

/// What the lazy function of the split `name` gives, if its code is here. On the server it always is.
pub(super) fn now<T>(name: &'static str, drawing: impl Future<Output = Result<T, SplitLoaderError>>) -> Option<T> {
    leptos::prefetch_lazy_fn_on_server(name);
    drawing.now_or_never()?.ok()
}

/// The code that parts of a page need, on its way. Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct Code {
    came: RwSignal<bool>,
    failed: RwSignal<bool>,
}

impl Code {
    pub fn new() -> Self {
        Self { came: RwSignal::new(false), failed: RwSignal::new(false) }
    }

    /// Loads it, if it is not here yet.
    pub fn load(self, loading: impl Future<Output = Result<(), SplitLoaderError>> + 'static) {
        spawn_local(async move {
            let came = loading.await.is_ok();
            // The page may have been left meanwhile.
            let _ = self.failed.try_set(!came);
            let _ = self.came.try_set(came);
        });
    }

    /// In place of a part that needs it. Wakes the caller when it is here.
    pub fn awaited(self) -> AnyView {
        self.came.track();
        if !self.failed.get() {
            return view! { <p class="note" role="status">"Loading…"</p> }.erased();
        }
        view! {
            <div role="alert">
                <p>"This part of the page could not be loaded."</p>
                <a class="button" href="" rel="external">"Reload"</a>
            </div>
        }
        .erased()
    }
}
