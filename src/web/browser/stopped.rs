//! A panic is the end of the program in the page: in WASM it cannot be caught. The page says so, once, whatever state the program is in.

use std::panic;

const ID: &str = "stopped";

/// From now on a panic is written to the console, and a bar says that the page stopped.
pub(crate) fn tell_of_panics() {
    panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        show_bar();
    }));
}

/// Straight into the document: nothing of the program can be relied on any more. `None` when it is there already, or cannot be.
fn show_bar() -> Option<()> {
    let document = web_sys::window()?.document()?;
    if document.get_element_by_id(ID).is_some() {
        return None;
    }
    let bar = document.create_element("div").ok()?;
    bar.set_id(ID);
    bar.set_class_name(ID);
    bar.set_attribute("role", "alert").ok()?;
    // The router is part of what stopped: the link is not for it.
    bar.set_inner_html(
        "<p><strong>This page stopped working.</strong> Your tasks go on.</p><a class=\"button\" href=\"\" rel=\"external\">Reload</a>",
    );
    document.body()?.append_child(&bar).ok()?;
    Some(())
}
