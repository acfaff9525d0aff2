//! Drivers in the browser: sockets, timers, events of the page. They carry out what the machine in `proto::link` decides, and write to
//! the live state.

mod driver;
mod frames;
mod orders;
mod page_events;
mod preferences;
mod previews;
mod recorder;
mod session;
mod socket;
pub(crate) mod stopped;
mod storage;

use std::time::Duration;

use uuid::{Builder, Uuid};

use crate::live::Live;
use proto::time::Timestamp;

/// Brings the page alive: connects, keeps the connection, and lets the clock run. Once, when the page has been taken over.
/// `build` is the one this page was loaded with.
pub(crate) fn start(live: Live, build: String) {
    let driver = driver::Driver::new(live, build);
    driver.start();
    page_events::listen(&driver);
}

/// Since the page was opened, monotonic.
fn monotonic() -> Duration {
    let milliseconds = web_sys::window().and_then(|window| window.performance()).map_or(0.0, |performance| performance.now());
    Duration::from_secs_f64(milliseconds / 1000.0)
}

/// By the browser's clock.
fn wall_clock() -> Timestamp {
    Timestamp(js_sys::Date::now() as u64)
}

fn is_hidden() -> bool {
    web_sys::window().and_then(|window| window.document()).is_some_and(|document| document.hidden())
}

fn random_uuid() -> Uuid {
    let bytes = std::array::from_fn(|_| (js_sys::Math::random() * 256.0) as u8);
    Builder::from_random_bytes(bytes).into_uuid()
}
