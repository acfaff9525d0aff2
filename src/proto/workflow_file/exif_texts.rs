//! Texts in the Exif fields of JPEG, WebP and AVIF pictures.

use std::io::Cursor;

use exif::{Tag, Value};

use super::{described::Texts, limits};

/// The name that the comment of a person has as a text: what programs write there is what they write as `parameters` in PNG files.
const COMMENT: &str = "parameters";
/// The first bytes of a field of free text: its character set.
const CHARACTER_SET: usize = 8;

/// ComfyUI begins its texts with their names: `prompt:{…}`, `Workflow:{…}`.
pub(super) fn texts(bytes: &[u8]) -> Texts {
    let mut reader = exif::Reader::new();
    reader.continue_on_error(true);
    let read = match webp_fields(bytes) {
        Some(fields) => reader.read_raw(fields.to_vec()),
        None => reader.read_from_container(&mut Cursor::new(bytes)),
    };
    let read = read.or_else(|error| error.distill_partial_result(|_| {}));
    let Ok(exif) = read else { return Texts::new() };
    let mut texts = Texts::new();
    // Each field is read when it is asked for, and many may be the same bytes of the file.
    let mut room = limits::FILE_TEXT_BYTES;
    if exif.buf().len() > limits::WORKFLOW {
        return texts;
    }
    for field in exif.fields().take(limits::FILE_TEXTS) {
        let is_comment = field.tag == Tag::UserComment;
        match &field.value {
            Value::Ascii(values) => texts.extend(values.iter().filter_map(|text| named(&String::from_utf8_lossy(text), is_comment))),
            Value::Undefined(bytes, _) => texts.extend(free_text(bytes).and_then(|text| named(&text, is_comment))),
            _ => {}
        }
        let length = match &field.value {
            Value::Ascii(values) => values.iter().map(|text| text.len() + size_of_val(text)).sum(),
            Value::Undefined(bytes, _) => bytes.len(),
            _ => 0,
        };
        match room.checked_sub(length) {
            Some(left) => room = left,
            None => break,
        }
    }
    texts
}

/// The Exif fields of a WebP picture (RFC 9649). Pillow begins those of animations as a JPEG has them, which the reader does not expect.
fn webp_fields(bytes: &[u8]) -> Option<&[u8]> {
    let mut rest = bytes.strip_prefix(b"RIFF")?.get(4..)?.strip_prefix(b"WEBP")?;
    loop {
        let length = usize::try_from(u32::from_le_bytes(rest.get(4..8)?.try_into().ok()?)).ok()?;
        let data = rest.get(8..)?;
        if rest.starts_with(b"EXIF") {
            let fields = data.get(..length)?;
            return Some(fields.strip_prefix(b"Exif\0\0").unwrap_or(fields));
        }
        // Chunks have an even length.
        rest = data.get(length.checked_add(length % 2)?..)?;
    }
}

fn named(text: &str, is_comment: bool) -> Option<(String, String)> {
    match text.split_once(':') {
        Some((name, rest)) if rest.contains('{') && !name.contains(['{', '\n']) && rest.trim_start().starts_with('{') => {
            Some((name.trim().to_owned(), rest.to_owned()))
        }
        _ if is_comment => Some((COMMENT.to_owned(), text.to_owned())),
        _ => text.contains('{').then(|| (String::new(), text.to_owned())),
    }
}

/// A field of free text, which begins with its character set.
fn free_text(bytes: &[u8]) -> Option<String> {
    let (set, text) = bytes.split_at_checked(CHARACTER_SET)?;
    if set.starts_with(b"UNICODE") {
        return Some(utf16(text));
    }
    (set.starts_with(b"ASCII") || set == [0; CHARACTER_SET]).then(|| String::from_utf8_lossy(text).trim_end_matches('\0').to_owned())
}

/// Programs write either order of bytes, whatever that of the file is. Names and numbers are ASCII, whose first byte is zero in big-endian order.
fn utf16(bytes: &[u8]) -> String {
    let zeros = |at: usize| bytes.iter().skip(at).step_by(2).filter(|byte| **byte == 0).count();
    let encoding = if zeros(0) > zeros(1) { encoding_rs::UTF_16BE } else { encoding_rs::UTF_16LE };
    encoding.decode(bytes).0.trim_end_matches('\0').to_owned()
}
