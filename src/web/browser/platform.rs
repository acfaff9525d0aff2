//! What this code needs from the browser: clocks, visibility, random ids.

use std::time::Duration;

use uuid::{Builder, Uuid};

use proto::time::Timestamp;

/// The time since the page was opened; monotonic.
pub(super) fn monotonic() -> Duration {
    let milliseconds = web_sys::window().and_then(|window| window.performance()).map_or(0.0, |performance| performance.now());
    Duration::from_secs_f64(milliseconds / 1000.0)
}

/// The time by the browser's clock.
pub(super) fn wall_clock() -> Timestamp {
    Timestamp(js_sys::Date::now() as u64)
}

pub(super) fn is_hidden() -> bool {
    web_sys::window().and_then(|window| window.document()).is_some_and(|document| document.hidden())
}

pub(super) fn random_uuid() -> Uuid {
    let bytes = std::array::from_fn(|_| (js_sys::Math::random() * 256.0) as u8);
    Builder::from_random_bytes(bytes).into_uuid()
}
