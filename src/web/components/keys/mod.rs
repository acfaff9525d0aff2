//! The keys of all pages: tables by which they are handled and shown.

mod parts;
mod press;
mod sheet;
mod table;

pub use press::{KeyTargets, press};
pub use sheet::KeySheet;
