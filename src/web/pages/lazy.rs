//! Pages, and parts of pages, whose code the browser loads on demand.

use std::future::Future;

use futures::FutureExt;
use leptos::{prelude::*, task::spawn_local, wasm_split::SplitLoaderError};
use leptos_router::ChooseView;

use crate::components::{LaterStyles, reactive::Erased};

/// The view of a route whose code is loaded first. Not Leptos' own `Lazy`, which panics when code cannot be loaded.
#[derive(Clone, Copy)]
pub(super) struct LazyPage<Load, Draw> {
    name: &'static str,
    load: Load,
    draw: Draw,
}

impl<Load, Draw> LazyPage<Load, Draw> {
    /// `name` is that of the split; `load` and `draw` are the functions that `wasm_split` generates.
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
    /// The router shows the previous page until this is done.
    async fn preload(&self) {
        let (loaded, ()) = futures::join!((self.load)(), styles());
        if loaded.is_err() {
            reload_from_server().await;
        }
    }

    async fn choose(self) -> AnyView {
        // The document preloads the code, so that the browser fetches it before the app has started.
        leptos::prefetch_lazy_fn_on_server(self.name);
        let Ok(view) = (self.draw)().await else { reload_from_server().await };
        view! {
            <LaterStyles />
            {view}
        }
        .into_any()
    }
}

/// The styles of these parts, in the browser's cache. A document that came with one of them has them, so that this is done at once: hydration
/// does not wait.
async fn styles() {
    #[cfg(feature = "hydrate")]
    crate::components::load_later_styles().await;
}

/// Between two looks whether the server can be reached.
#[cfg(feature = "hydrate")]
const LOOK_EVERY: std::time::Duration = std::time::Duration::from_secs(1);

/// Waits until the server answers.
#[cfg(feature = "hydrate")]
async fn until_reachable() {
    while gloo_net::http::Request::get(&crate::base_path::with_base("/healthz")).send().await.is_err() {
        let (done, waited) = futures::channel::oneshot::channel();
        let wake = move || _ = done.send(());
        set_timeout(wake, LOOK_EVERY);
        let _ = waited.await;
    }
}

/// Loads the document of the present URL. For code that cannot be loaded, usually because the server runs a newer build, which no longer has
/// it: the document of that build refers to the right one. While the server is away, the page that is open stays: the browser's own page about that
/// could not show when it is back.
async fn reload_from_server() -> ! {
    #[cfg(feature = "hydrate")]
    until_reachable().await;
    #[cfg(feature = "hydrate")]
    if let Some(window) = web_sys::window() {
        let url = leptos_router::hooks::use_url().get_untracked();
        let query = if url.search().is_empty() { String::new() } else { format!("?{}", url.search()) };
        let _ = window.location().set_href(&format!("{}{query}", url.path()));
    }
    std::future::pending().await
}

/// The result of a lazy function of the split `name`, if its code is loaded. On the server it always is.
pub(super) fn if_loaded<T>(name: &'static str, drawing: impl Future<Output = Result<T, SplitLoaderError>>) -> Option<T> {
    leptos::prefetch_lazy_fn_on_server(name);
    drawing.now_or_never()?.ok()
}

/// The code of parts of a page, while it is being loaded. Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct LazyCode {
    loaded: RwSignal<bool>,
    failed: RwSignal<bool>,
}

impl LazyCode {
    pub fn new() -> Self {
        Self { loaded: RwSignal::new(false), failed: RwSignal::new(false) }
    }

    /// Does nothing if it is loaded already.
    pub fn load(self, loading: impl Future<Output = Result<(), SplitLoaderError>> + 'static) {
        spawn_local(async move {
            let loaded = loading.await.is_ok();
            styles().await;
            // The page may have been left meanwhile.
            let _ = self.failed.try_set(!loaded);
            let _ = self.loaded.try_set(loaded);
        });
    }

    /// Shown in place of a part until its code is loaded. Subscribes the caller to that.
    pub fn placeholder(self) -> AnyView {
        self.loaded.track();
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
