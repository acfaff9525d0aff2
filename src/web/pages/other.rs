//! Pages that are no routes: each route of the router adds code to the main bundle.

use leptos::prelude::*;

use super::{
    gallery::{draw_gallery, load_gallery},
    grids::{draw_grids, load_grids},
    lazy::{LazyCode, if_loaded},
    not_found::NotFound,
    production::{draw_production, load_production},
};
use crate::{
    base_path::use_path,
    components::{memo, part, reactive::Erased},
};

#[derive(Clone, Copy, PartialEq)]
enum OtherPage {
    /// The router shows it.
    Route,
    Gallery,
    Grids,
    /// Projects and all that is in one.
    Production,
    Unknown,
}

impl OtherPage {
    fn at(path: &str) -> Self {
        match path.trim_end_matches('/') {
            "" | "/inpaint" | "/queue" | "/settings" => Self::Route,
            path if path.strip_prefix("/tasks/").is_some_and(|task| !task.contains('/')) => Self::Route,
            "/gallery" => Self::Gallery,
            path if path.strip_prefix("/gallery/").is_some_and(|output| !output.contains('/')) => Self::Gallery,
            "/projects" | "/agents" | "/external" => Self::Production,
            path if path.starts_with("/projects/") => Self::Production,
            "/grids" => Self::Grids,
            path if path.strip_prefix("/grids/").is_some_and(|grid| !grid.contains('/')) => Self::Grids,
            _ => Self::Unknown,
        }
    }
}

/// The page at the address, if it is no route of [`App`](crate::app::App). It stays while the address changes within it.
pub fn other_page() -> AnyView {
    let path = use_path();
    let page = memo(move || path.with(|path| OtherPage::at(path)));
    let (gallery, grids, production) = (LazyCode::new(), LazyCode::new(), LazyCode::new());
    part(move || match page.get() {
        OtherPage::Route => ().into_any(),
        OtherPage::Gallery => if_loaded("gallery", draw_gallery()).unwrap_or_else(|| {
            gallery.load(load_gallery());
            gallery.placeholder()
        }),
        OtherPage::Grids => if_loaded("grids", draw_grids()).unwrap_or_else(|| {
            grids.load(load_grids());
            grids.placeholder()
        }),
        OtherPage::Production => if_loaded("production", draw_production()).unwrap_or_else(|| {
            production.load(load_production());
            production.placeholder()
        }),
        OtherPage::Unknown => view! { <NotFound /> }.erased(),
    })
}
