//! Page events that the driver reacts to: focus, online, offline, hidden, left, resumed, and storage changed by another tab.

use leptos::{ev, prelude::window_event_listener};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Event, StorageEvent};

use super::{driver::PageDriver, platform::is_hidden};
use proto::{link::Input, outbox::KEY_PREFIX};

pub(super) fn listen(driver: &PageDriver) {
    let on = |name: &'static str, act: fn(&PageDriver)| {
        let driver = driver.clone();
        // The listener lives as long as the page.
        let _ = window_event_listener(ev::Custom::<Event>::new(name), move |_| act(&driver));
    };
    on("online", |driver| driver.set_offline(false));
    on("offline", |driver| driver.set_offline(true));
    on("focus", |driver| driver.page_event(Input::RetryNow));
    // With its socket closed, the browser may keep the page in its back/forward cache.
    on("pagehide", leave);
    on("pageshow", |driver| driver.page_event(Input::Start));
    let on_document = |name: &str, act: fn(&PageDriver)| {
        let Some(document) = web_sys::window().and_then(|window| window.document()) else { return };
        let driver = driver.clone();
        let callback = Closure::<dyn Fn(Event)>::new(move |_| act(&driver));
        let _ = document.add_event_listener_with_callback(name, callback.as_ref().unchecked_ref());
        callback.forget();
    };
    on_document("visibilitychange", |driver| driver.set_hidden(is_hidden()));
    // A browser may freeze the page to save energy; its socket would be dead when it resumes.
    on_document("freeze", leave);
    on_document("resume", |driver| driver.page_event(Input::Start));
    let driver = driver.clone();
    let _ = window_event_listener(ev::Custom::<StorageEvent>::new("storage"), move |event: StorageEvent| {
        if event.key().is_none_or(|key| key.starts_with(KEY_PREFIX)) {
            driver.orders_changed();
        }
    });
}

fn leave(driver: &PageDriver) {
    driver.keep_session();
    driver.input(Input::Stop);
}
