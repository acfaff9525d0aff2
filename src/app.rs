//! The document, the routes, and the state of the first paint.

use leptos::prelude::*;
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::{
    components::{Route, Router, Routes},
    path,
};
use serde::{Deserialize, Serialize};

use crate::{
    components::{Announcer, Header, PageTitle, StatusStrip, Toasts, provide_form, provide_visit},
    live::provide_live,
    pages::{NotFound, StudioPage, TaskPage},
    proto::{
        submit::{FormOptions, Refusal},
        task::Snapshot,
    },
};

/// What the server knows when it renders, and the browser takes over as it is: the first render of both must be the same.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FirstPaint {
    pub snapshot: Snapshot,
    pub options: FormOptions,
    /// A form that was sent without JavaScript and refused: what was typed, and what is wrong with it.
    pub returned: Option<ReturnedForm>,
    /// A seed for the form, so that server and browser show the same.
    pub seed: u64,
}

/// What was typed, by the names of the fields, and why it was refused.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReturnedForm {
    pub fields: Vec<(String, String)>,
    pub refusal: Refusal,
}

/// Urls of the built files, with hashes in their names.
#[derive(Clone, Debug, Default)]
pub struct AssetUrls {
    pub css: String,
    pub js: String,
    pub wasm: String,
    pub favicon: String,
}

/// The HTML document around the app. Server only in practice: the browser takes over the body.
#[must_use]
pub fn shell(assets: AssetUrls) -> impl IntoView {
    let start =
        format!("import start, {{ hydrate }} from '{}'; await start({{ module_or_path: '{}' }}); hydrate();", assets.js, assets.wasm);
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="dark light" />
                <meta name="description" content="A web studio in front of ComfyUI that never loses a generation." />
                <link rel="stylesheet" href=assets.css />
                <link rel="icon" href=assets.favicon type="image/svg+xml" />
                <link rel="modulepreload" href=assets.js />
                <link rel="preload" href=assets.wasm r#as="fetch" type="application/wasm" crossorigin="anonymous" />
                <script type="module" inner_html=start></script>
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// On the server the state of now, which it puts into the page; in the browser what it finds there.
fn first_paint() -> FirstPaint {
    let encoded = SharedValue::new_str(|| {
        let first = use_context::<FirstPaint>().unwrap_or_default();
        to_text(&postcard::to_allocvec(&first).unwrap_or_default())
    });
    // Only a page of another version is not readable: it begins empty, and the live connection tells it to reload.
    from_text(&encoded.into_inner()).and_then(|bytes| postcard::from_bytes(&bytes).ok()).unwrap_or_default()
}

/// Base64; only ever done by the server.
fn to_text(bytes: &[u8]) -> String {
    #[cfg(feature = "ssr")]
    return base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes);
    #[cfg(not(feature = "ssr"))]
    return {
        let _ = bytes;
        String::new()
    };
}

/// And back, with what each side has at hand.
fn from_text(text: &str) -> Option<Vec<u8>> {
    #[cfg(feature = "hydrate")]
    return Some(web_sys::window()?.atob(text).ok()?.chars().map(|c| c as u8).collect());
    #[cfg(not(feature = "hydrate"))]
    return decode(text);
}

#[cfg(all(feature = "ssr", not(feature = "hydrate")))]
fn decode(text: &str) -> Option<Vec<u8>> {
    base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text).ok()
}

#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let first = first_paint();
    let live = provide_live(first.snapshot.clone());
    provide_visit();
    provide_form(&first);
    provide_context(first);
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| crate::browser::start(live));
    #[cfg(not(feature = "hydrate"))]
    let _ = live;

    view! {
        <PageTitle />
        <Gradients />
        <Router>
            <Header />
            <StatusStrip />
            <main id="main" tabindex="-1">
                <Routes fallback=|| view! { <NotFound /> }>
                    <Route path=path!("/") view=StudioPage />
                    <Route path=path!("/tasks/:id") view=TaskPage />
                </Routes>
            </main>
            <Announcer />
            <Toasts />
        </Router>
    }
}

/// The colours of every bar, from the stylesheet.
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
}
