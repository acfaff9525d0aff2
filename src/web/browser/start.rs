//! Starts everything that runs in the browser besides rendering.

use super::{driver::PageDriver, page_events};
use crate::live::Live;

/// Connects the page to the server, keeps it connected, and updates its clock. To be called once, after hydration. `build` is the build
/// this page was loaded with, `live_address` where the server is reached, if not at the address of the page.
pub(crate) fn start(live: Live, build: String, live_address: String) {
    let driver = PageDriver::new(live, build, live_address);
    driver.start();
    page_events::listen(&driver);
}
