//! The top of every page: the name, where one can go, and how live the page is.

use leptos::prelude::*;
use leptos_router::components::A;

use super::connection::ConnectionStatus;

/// Name, navigation and the connection chip.
#[component]
pub fn Header() -> impl IntoView {
    view! {
        <header class="header">
            <a class="skip" href="#main" rel="external">"Skip to the content"</a>
            <a class="brand" href="/">
                <span class="safelight" aria-hidden="true"></span>
                "Darkroom"
            </a>
            <nav class="nav" aria-label="Main">
                <A href="/" exact=true>"Studio"</A>
                <A href="/queue">"Queue"</A>
            </nav>
            <span class="without-script note">"Without JavaScript: reload the page to see what is new."</span>
            <ConnectionStatus />
        </header>
    }
}
