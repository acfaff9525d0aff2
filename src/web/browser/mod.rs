//! What runs in the browser besides rendering: the socket, timers, storage and events of the page. It carries out what the state machine
//! in `proto::link` decides, and writes to the live state.

mod driver;
mod frame_pacer;
mod orders;
mod page_events;
mod platform;
mod preferences;
mod previews;
mod recorder;
mod request;
mod session;
mod socket;
mod start;
pub(crate) mod stopped;

pub(crate) use start::start;
