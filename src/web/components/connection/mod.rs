//! The state of the page's connection: the chip in the header and the panel behind it.

mod backends;
mod chip;
mod panel;
mod sparkline;
pub(crate) mod words;

pub use chip::ConnectionChip;
