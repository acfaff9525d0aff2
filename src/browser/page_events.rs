//! Events of the page that matter to the connection: awake again, online, offline, left.

use leptos::{ev, prelude::window_event_listener};
use web_sys::Event;

use super::{driver::Driver, is_hidden};
use crate::proto::link::Input;

pub(super) fn listen(driver: &Driver) {
    let on = |name: &'static str, input: fn() -> Option<Input>| {
        let driver = driver.clone();
        // Lives as long as the page.
        let _ = window_event_listener(ev::Custom::<Event>::new(name), move |_| {
            if let Some(input) = input() {
                driver.page_event(input);
            }
        });
    };
    on("online", || Some(Input::RetryNow));
    on("offline", || Some(Input::Offline));
    on("focus", || Some(Input::RetryNow));
    on("pagehide", || Some(Input::Stop));
    on("pageshow", || Some(Input::Start));
    let driver = driver.clone();
    if let Some(document) = web_sys::window().and_then(|window| window.document()) {
        let awake = move |_: Event| {
            if !is_hidden() {
                driver.page_event(Input::RetryNow);
            }
        };
        let callback = wasm_bindgen::closure::Closure::<dyn Fn(Event)>::new(awake);
        let function = wasm_bindgen::JsCast::unchecked_ref(callback.as_ref());
        if document.add_event_listener_with_callback("visibilitychange", function).is_ok() {
            callback.forget();
        }
    }
}
