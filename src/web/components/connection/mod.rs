//! How live the page is: the chip in the header and the panel behind it.

mod backends;
mod chip;
mod panel;
mod sparkline;
pub(crate) mod words;

pub(crate) use chip::ConnectionStatus;
