//! The top of every page: name, navigation, connection chip.

use leptos::prelude::*;
use leptos_router::components::A;

use super::{
    connection::ConnectionChip,
    dom,
    icon::{Glyph, Icon},
    queue_position::QueueCounts,
    reactive::{Erased, When, listener, memo},
};
use crate::{
    base_path::{use_path, with_base},
    live::use_live,
};

/// The id of the links that small screens have no room for.
const MORE: &str = "nav-more";

/// Name, navigation and the connection chip.
#[component]
pub fn Header() -> impl IntoView {
    let live = use_live();
    let unfinished = memo(move || live.with_all(QueueCounts::of).all());
    let path = use_path();
    let some = memo(move || unfinished.get() > 0);
    view! {
        <header class="header">
            <a class="skip" href="#main" rel="external">"Skip to the content"</a>
            <a class="brand" href=with_base("/")>
                <span class="safelight" aria-hidden="true"></span>
                <span class="brand-name">"Darkroom"</span>
            </a>
            <nav class="nav" aria-label="Main">
                // Not by `A`: to that the base path with a slash at its end is another page.
                <a href=with_base("/") aria-current=memo(move || (path.get() == "/").then_some("page"))>
                    <Icon glyph=Glyph::Spark /><span class="nav-word">"Studio"</span>
                </a>
                <A href=with_base("/inpaint")><Icon glyph=Glyph::Brush /><span class="nav-word">"Inpaint"</span></A>
                <A href=with_base("/queue")>
                    <Icon glyph=Glyph::Lines />
                    <span class="nav-word">"Queue"</span>
                    <When holds=some>
                        <span class="nav-count">{unfinished}<span class="visually-hidden">" unfinished"</span></span>
                    </When>
                </A>
                <A href=with_base("/gallery")><Icon glyph=Glyph::Picture /><span class="nav-word">"Gallery"</span></A>
                <button type="button" class="nav-more-button" popovertarget=MORE aria-label="More pages">
                    <Icon glyph=Glyph::More />
                </button>
                // On small screens opened by the button; else these links are part of the line.
                <div class="nav-more" id=MORE popover="auto" on:click=listener(move |_| dom::hide_popover(MORE))>
                    <A href=with_base("/projects")><Icon glyph=Glyph::Board /><span class="nav-word">"Projects"</span></A>
                    <A href=with_base("/settings")><Icon glyph=Glyph::Sliders /><span class="nav-word">"Settings"</span></A>
                </div>
            </nav>
            <span class="without-script note">"Without JavaScript: reload the page to see what is new."</span>
            <ConnectionChip />
        </header>
    }
    .erased()
}
