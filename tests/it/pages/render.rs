//! Renders the whole document as the server does, and writes it to a file for inspection.

use std::{fs, path::Path};

use axum::{body::Body, http::Request};
use darkroom::web::{
    app::{AssetUrls, shell},
    first_paint::FirstPaint,
};
use leptos::prelude::provide_context;

/// The HTML of one page.
pub struct Page {
    name: &'static str,
    pub status: u16,
    html: String,
}

pub async fn render(name: &'static str, path: &str, first: FirstPaint) -> Page {
    let _ = any_spawner::Executor::init_tokio();
    let assets = AssetUrls {
        css: "/pkg/darkroom.css".into(),
        js: "/pkg/darkroom.js".into(),
        split: "/pkg/__wasm_split.js".into(),
        wasm: "/pkg/darkroom_bg.wasm".into(),
        favicon: "/favicon.svg".into(),
        manifest: "/manifest.webmanifest".into(),
        icon: "/icon-192.png".into(),
    };
    let context = move || provide_context(first.clone());
    let handler = leptos_axum::render_app_async_with_context(context, move || shell(assets.clone()));
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = handler(request).await;
    let status = response.status().as_u16();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let page = Page { name, status, html: String::from_utf8(body.to_vec()).unwrap() };
    page.write();
    page
}

impl Page {
    #[track_caller]
    pub fn shows(&self, text: &str) -> &Self {
        let plain = self.html.replace("<!>", "");
        assert!(plain.contains(text), "{} does not show {text:?}:\n{plain}", self.name);
        self
    }

    #[track_caller]
    pub fn hides(&self, text: &str) -> &Self {
        assert!(!self.html.contains(text), "{} shows {text:?}:\n{}", self.name, self.html);
        self
    }

    pub fn html(&self) -> &str {
        &self.html
    }

    pub fn count(&self, text: &str) -> usize {
        self.html.replace("<!>", "").matches(text).count()
    }

    fn write(&self) {
        let Ok(folder) = std::env::var("DARKROOM_PAGES") else { return };
        let style = format!("<style>{}</style>", stylesheet());
        let html = self.html.replace(r#"<link rel="stylesheet" href="/pkg/darkroom.css">"#, &style);
        fs::create_dir_all(&folder).unwrap();
        fs::write(Path::new(&folder).join(format!("{}.html", self.name)), html).unwrap();
    }
}

/// The files imported by `style/main.css`, in order.
fn stylesheet() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("style");
    let main = fs::read_to_string(folder.join("main.css")).unwrap();
    let imported = main.lines().filter_map(|line| line.strip_prefix("@import \"./")?.strip_suffix("\";"));
    imported.map(|file| fs::read_to_string(folder.join(file)).unwrap()).collect()
}
