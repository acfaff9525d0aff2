//! Renders the whole document as the server does, and writes it down to be looked at.

use std::{fs, path::Path};

use darkroom::app::{AssetUrls, FirstPaint, shell};
use futures::StreamExt;
use leptos::prelude::*;
use leptos_meta::ServerMetaContext;
use leptos_router::location::RequestUrl;

/// The HTML of one page.
pub struct Page {
    name: &'static str,
    html: String,
}

pub async fn render(name: &'static str, path: &str, first: FirstPaint) -> Page {
    let _ = any_spawner::Executor::init_tokio();
    let (meta, output) = ServerMetaContext::new();
    let owner = Owner::new();
    let assets = AssetUrls {
        css: "/pkg/darkroom.css".into(),
        js: "/pkg/darkroom.js".into(),
        wasm: "/pkg/darkroom.wasm".into(),
        favicon: "/favicon.svg".into(),
    };
    let html = owner.with(|| {
        provide_context(meta);
        provide_context(first);
        provide_context(RequestUrl::new(path));
        shell(assets).into_view().to_html()
    });
    let stream = Box::pin(futures::stream::once(async move { html }));
    let html: String = output.inject_meta_context(stream).await.collect::<Vec<_>>().await.concat();
    owner.unset_with_forced_cleanup();
    let page = Page { name, html };
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

/// The files that `style/main.css` imports, in its order.
fn stylesheet() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("style");
    let main = fs::read_to_string(folder.join("main.css")).unwrap();
    let imported = main.lines().filter_map(|line| line.strip_prefix("@import \"./")?.strip_suffix("\";"));
    imported.map(|file| fs::read_to_string(folder.join(file)).unwrap()).collect()
}
