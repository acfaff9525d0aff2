//! The path below which Darkroom is served: `/darkroom` where a proxy gives it only a part of a site, else nothing. Every link, form and request of a page begins with it
//! ([`with_base`]), and what is read of the address comes without it ([`use_path`]). The front end is built once for all: the server names the base path as it renders.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_location};

/// On the server, in the context of a page that is rendered.
#[cfg(feature = "ssr")]
#[derive(Clone)]
pub(crate) struct PageBase(pub(crate) String);

/// Empty, or with a slash at its beginning and none at its end.
pub(crate) fn base_path() -> String {
    // There it is needed before anything is rendered, and the calls of server functions need it, too.
    #[cfg(feature = "hydrate")]
    return server_fn::client::get_server_url().to_owned();
    #[cfg(all(feature = "ssr", not(feature = "hydrate")))]
    return with_context::<PageBase, _>(|base| base.0.clone()).unwrap_or_default();
    #[cfg(not(any(feature = "ssr", feature = "hydrate")))]
    String::new()
}

/// Once, before anything else of the page.
#[cfg(feature = "hydrate")]
pub(crate) fn set_base_path(base: String) {
    server_fn::client::set_server_url(base.leak());
}

/// The address of one of Darkroom's paths, which begins with a slash: for a link, a form, a picture or a request. The router puts it before no link.
pub(crate) fn with_base(path: &str) -> String {
    base_path() + path
}

/// The path of an address of this site, without the base path; of one outside of it, as it is.
pub(crate) fn without_base(path: &str) -> &str {
    match path.strip_prefix(base_path().as_str()) {
        Some("") => "/",
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    }
}

/// The router's navigation, to any of Darkroom's paths or addresses.
pub(crate) fn use_navigate() -> impl Fn(&str, NavigateOptions) + Clone {
    let navigate = leptos_router::hooks::use_navigate();
    move |address, options| navigate(without_base(address), options)
}

/// The path of the present address, without the base path.
pub(crate) fn use_path() -> Memo<String> {
    let whole = use_location().pathname;
    Memo::new(move |_| whole.with(|path| without_base(path).to_owned()))
}
