//! Marks an error response that has its final body, among its extensions: it is not made a problem document.

#[derive(Clone, Copy, Debug)]
pub(super) struct ShapedError;
