//! What speaks against a run before it is paid for, without forbidding it: the same inputs as an earlier run, and a size at which a ComfyUI ran out of
//! memory.

mod find;
#[cfg(test)]
mod tests;
mod trace;

pub use find::{RunCheck, RunWarning, find_warnings};
pub use trace::RunTrace;
