//! The document, the routes, and what all pages have in common.

use crate::{
    base_path::base_path,
    components::reactive::Erased,
    components::{Announcer, Header, PageTitle, StatusBar, Toasts, provide_form, provide_page_state},
    first_paint,
    live::{PREFERENCES_KEY, provide_live},
    pages::{Keys, StudioPage, inpaint_page, other_page, provide_notices, queue_page, settings_page, task_page},
};
use leptos::{
    nonce::{Nonce, use_nonce},
    prelude::*,
};
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::{
    components::{Route, Router, Routes},
    path,
};

/// How long after hydration the code of the other pages is loaded.
#[cfg(feature = "hydrate")]
const LOAD_ALL_AFTER: std::time::Duration = std::time::Duration::from_secs(10);

/// Urls of the built files, with hashes in their names.
#[derive(Clone, Debug, Default)]
pub struct AssetUrls {
    pub css: String,
    pub js: String,
    /// The loader of the code of lazy pages, imported by the main JS.
    pub split: String,
    pub wasm: String,
    pub favicon: String,
    pub manifest: String,
    /// For the home screen of iOS, which takes no icon from the manifest.
    pub icon: String,
}

/// Sets the theme before the first paint, so that the colours do not change after it. Without stored preferences the system's theme applies.
fn theme_script() -> String {
    format!("try{{document.documentElement.dataset.theme=JSON.parse(localStorage.getItem('{PREFERENCES_KEY}')).theme}}catch{{}}")
}

/// How the head of every document begins: character set, size, colours, and the theme.
#[must_use]
pub fn head_start(nonce: Option<Nonce>) -> impl IntoView {
    view! {
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="dark light" />
        <script nonce=nonce inner_html=theme_script()></script>
    }
}

/// The HTML document around the app. Used on the server only: the browser hydrates the body.
#[must_use]
pub fn shell(assets: AssetUrls) -> impl IntoView {
    let start = format!(
        "import start, {{ hydrate }} from '{}'; await start({{ module_or_path: '{}' }}); hydrate('{}');",
        assets.js,
        assets.wasm,
        base_path()
    );
    let nonce = use_nonce();
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                {head_start(nonce.clone())}
                <meta name="description" content="A web studio in front of ComfyUI that never loses a generation." />
                <link rel="stylesheet" href=assets.css />
                <link rel="icon" href=assets.favicon type="image/svg+xml" />
                <link rel="apple-touch-icon" href=assets.icon />
                <link rel="manifest" href=assets.manifest />
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#0e0c0b" />
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#f6f2ee" />
                <link rel="modulepreload" href=assets.js />
                <link rel="modulepreload" href=assets.split />
                <link rel="preload" href=assets.wasm r#as="fetch" type="application/wasm" crossorigin="anonymous" />
                <script type="module" nonce=nonce inner_html=start></script>
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
    .erased()
}

/// Loads the code of all pages after a while. Postponed while the server cannot be reached.
#[cfg(feature = "hydrate")]
fn load_all_later(live: crate::live::Live) {
    let load = move || {
        if untrack(|| live.connection().state == proto::link::LinkState::Connected) {
            leptos::task::spawn_local(crate::pages::load_all());
        } else {
            load_all_later(live);
        }
    };
    set_timeout(load, LOAD_ALL_AFTER);
}

#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let first = first_paint::read();
    let live = provide_live(first.snapshot.clone());
    provide_page_state();
    provide_form(&first);
    provide_notices();
    #[cfg(feature = "hydrate")]
    let (build, live_address) = (first.build.clone(), first.live_address.clone());
    provide_context(first);
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        crate::browser::start(live, build.clone(), live_address.clone());
        crate::pages::load_on_intent();
        load_all_later(live);
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = live;

    view! {
        <PageTitle />
        <Gradients />
        <Router base=base_path()>
            <Header />
            <StatusBar />
            <main id="main" tabindex="-1">
                <Routes fallback=|| ()>
                    <Route path=path!("/") view=StudioPage />
                    <Route path=path!("/tasks/:id") view=task_page() />
                    <Route path=path!("/inpaint") view=inpaint_page() />
                    <Route path=path!("/queue") view=queue_page() />
                    <Route path=path!("/settings") view=settings_page() />
                </Routes>
                // Not as the fallback of the routes: whenever the address changes, that is made anew, and its signals end even where it stays.
                {other_page()}
            </main>
            <Announcer />
            <Toasts />
            <Keys />
        </Router>
    }
    .erased()
}

/// The gradient of all bars. Its colours come from the stylesheet.
#[component]
fn Gradients() -> impl IntoView {
    view! {
        <svg class="gradients" width="0" height="0" aria-hidden="true">
            <linearGradient id="safelight">
                <stop class="from" offset="0" />
                <stop class="to" offset="1" />
            </linearGradient>
        </svg>
    }
    .erased()
}
