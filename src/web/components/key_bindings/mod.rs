//! Keys that a person chose instead of the usual ones, and the lines of a list of keys in which they are chosen.

mod bindings;
mod line;

pub(super) use bindings::KeyBindings;
pub(super) use line::KeyLine;
