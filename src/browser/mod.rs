//! Drivers in the browser: sockets, timers, events of the page. They carry out what the machine in `proto::link` decides, and write to
//! the live state.

use crate::live::Live;

pub(crate) fn start(_live: Live) {}
