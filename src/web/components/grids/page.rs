//! Which of the pages below `/grids`.

use leptos::prelude::*;

use super::{list::GridList, new::NewGrid, none::NoGrid, table::GridPage};
use crate::{
    base_path::use_path,
    components::{
        boundary::Boundary,
        later_styles::LaterStyles,
        reactive::{Erased, memo, part},
    },
};
use proto::ids::GridId;

/// The list of grids, the form for a new one, or one grid, by the address.
#[component]
pub fn GridsPanel() -> impl IntoView {
    let path = use_path();
    let id = memo(move || path.with(|path| path.strip_prefix("/grids/").unwrap_or_default().trim_end_matches('/').to_owned()));
    let page = part(move || match id.get().as_str() {
        "" => view! { <Boundary name="The list of grids"><GridList /></Boundary> }.erased(),
        "new" => view! { <Boundary name="The form of a grid"><NewGrid /></Boundary> }.erased(),
        text => match text.parse::<GridId>() {
            Ok(id) => view! { <GridPage id /> }.erased(),
            Err(_) => view! { <NoGrid /> }.erased(),
        },
    });
    view! {
        <LaterStyles />
        {page}
    }
    .erased()
}
