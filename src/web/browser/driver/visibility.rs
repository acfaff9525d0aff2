//! Whether the page is visible.

use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Visibility {
    Visible,
    /// Hidden since then: no previews, and progress once a second to keep the title and the favicon up to date.
    Hidden(Duration),
    /// Hidden for long while nothing ran: no socket, one poll a minute.
    Asleep,
}
