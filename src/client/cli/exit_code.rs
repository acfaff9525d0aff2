//! Exit codes of `darkroom run` and `darkroom import`.

pub(super) const DONE: u8 = 0;
pub(super) const FAILED: u8 = 1;
pub(super) const USAGE: u8 = 2;
pub(super) const UNREACHABLE: u8 = 3;
/// 128 plus the number of SIGINT, as in shells.
pub(super) const INTERRUPTED: u8 = 130;
