//! Names of files in folders, as ComfyUI lists them: with `\\` on Windows, with `/` elsewhere.

pub(super) const SEPARATORS: [char; 2] = ['/', '\\'];

/// Whether two names differ in their separators only.
pub(super) fn is_same_path(one: &str, other: &str) -> bool {
    let plain = |byte: u8| if byte == b'\\' { b'/' } else { byte };
    one.len() == other.len() && one.bytes().zip(other.bytes()).all(|(one, other)| plain(one) == plain(other))
}
