//! The keys of all pages: one table, by which they are handled and shown.

mod press;
mod sheet;
mod table;

pub use press::{KeyTargets, press};
pub use sheet::KeySheet;
