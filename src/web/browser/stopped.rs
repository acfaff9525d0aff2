//! Panics: in WASM they cannot be caught and end the program. The page then shows an error bar.

use std::panic;

const ID: &str = "stopped";

/// Makes a panic write to the console and show a bar that the page stopped.
pub(crate) fn report_panics() {
    panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        show_bar();
    }));
}

/// Writes to the document without Leptos, whose state cannot be relied on after a panic. `None`: the bar is there already, or cannot be added.
fn show_bar() -> Option<()> {
    let document = web_sys::window()?.document()?;
    if document.get_element_by_id(ID).is_some() {
        return None;
    }
    let bar = document.create_element("div").ok()?;
    bar.set_id(ID);
    bar.set_class_name(ID);
    bar.set_attribute("role", "alert").ok()?;
    // `external`: the router has stopped, too, and must not handle the link.
    bar.set_inner_html(
        "<p><strong>This page stopped working.</strong> Your tasks go on.</p><a class=\"button\" href=\"\" rel=\"external\">Reload</a>",
    );
    document.body()?.append_child(&bar).ok()?;
    Some(())
}
