//! The text of a file: its encoding, and what it is when it is no text.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::FileError;

/// Bytes that are examined to distinguish text from other data.
const HEAD: usize = 512;

/// Decodes UTF-8, UTF-16 and UTF-32 with or without a byte order mark, else Latin-1 (in the form of Windows).
///
/// # Errors
/// It is empty, or no text.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, FileError> {
    if let Some(kind) = known(bytes) {
        return Err(FileError::Other(kind));
    }
    let text = match bytes {
        [0xff, 0xfe, 0, 0, rest @ ..] => utf32(rest, u32::from_le_bytes),
        [0, 0, 0xfe, 0xff, rest @ ..] => utf32(rest, u32::from_be_bytes),
        _ => match Encoding::for_bom(bytes) {
            Some((encoding, length)) => encoding.decode_without_bom_handling(bytes.get(length..).unwrap_or_default()).0,
            None => without_mark(bytes),
        },
    };
    if text.trim().is_empty() {
        return Err(FileError::Empty);
    }
    if text.chars().take(HEAD).any(|c| c < ' ' && !c.is_whitespace()) {
        return Err(FileError::Other("a file of another kind"));
    }
    Ok(text)
}

fn without_mark(bytes: &[u8]) -> Cow<'_, str> {
    // JSON begins with ASCII: every other byte of it is zero in UTF-16.
    match bytes {
        [first, 0, ..] if *first != 0 => UTF_16LE.decode_without_bom_handling(bytes).0,
        [0, second, ..] if *second != 0 => UTF_16BE.decode_without_bom_handling(bytes).0,
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
        },
    }
}

fn utf32(bytes: &[u8], unit: fn([u8; 4]) -> u32) -> Cow<'static, str> {
    let units = bytes.chunks_exact(4).filter_map(|four| four.try_into().ok().map(unit));
    units.map(|unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// Kinds of files that people choose by mistake, by their first bytes.
fn known(bytes: &[u8]) -> Option<&'static str> {
    const KINDS: [(&[u8], &str); 8] = [
        (b"PK\x03\x04", "a ZIP archive"),
        (b"\x1f\x8b", "a compressed file (gzip)"),
        (b"%PDF", "a PDF document"),
        (b"GIF8", "a GIF picture, which holds no workflow"),
        (b"OggS", "a sound file"),
        (b"fLaC", "a sound file"),
        (b"ID3", "a sound file"),
        (b"BM", "a BMP picture, which holds no workflow"),
    ];
    if let Some((_, kind)) =
        KINDS.iter().find(|(magic, _)| bytes.starts_with(magic)).filter(|(magic, _)| *magic != b"BM" || bytes.contains(&0))
    {
        return Some(*kind);
    }
    match (bytes.get(4..8), bytes.get(8..12)) {
        // The length of a header, which is JSON.
        (Some([0, 0, 0, 0]), _) if bytes.get(8) == Some(&b'{') => Some("a model file (safetensors)"),
        (_, Some(b"WAVE")) if bytes.starts_with(b"RIFF") => Some("a sound file"),
        _ => None,
    }
}
