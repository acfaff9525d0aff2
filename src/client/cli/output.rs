//! Lines on standard output and standard error. Write errors are ignored: the reader may be gone.

use std::io::{Write, stderr, stdout};

pub(super) fn eprint_line(text: &str) {
    let _ = writeln!(stderr(), "{text}");
}

pub(super) fn print_line(text: &str) {
    let _ = writeln!(stdout(), "{text}");
}
