//! The workflow that ComfyUI writes into the pictures it makes: texts of a PNG, Exif fields of a WebP or JPEG.

use std::io::Cursor;

use exif::Value;

use super::{FileError, Opened, open_text};
use crate::limits;

/// Named texts of a picture.
type Texts = Vec<(String, String)>;

/// Names shown of what another program wrote.
const SHOWN: usize = 3;
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const JPEG: &[u8] = b"\xff\xd8\xff";
/// The first bytes of an Exif field of free text: its character set.
const CHARACTER_SET: usize = 8;

pub(super) fn is_picture(bytes: &[u8]) -> bool {
    bytes.starts_with(PNG) || bytes.starts_with(JPEG) || is_webp(bytes)
}

fn is_webp(bytes: &[u8]) -> bool {
    bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP")
}

pub(super) fn open(bytes: &[u8]) -> Result<Opened, FileError> {
    let mut texts = if bytes.starts_with(PNG) { png_texts(bytes)? } else { Texts::new() };
    texts.extend(exif_texts(bytes));
    let named = |name: &str| texts.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, text)| text.as_str());
    let is_json = |text: &&str| text.trim_start().starts_with('{');
    if let Some(prompt) = named("prompt").filter(is_json) {
        return open_text(prompt).map_err(|error| FileError::InPicture(Box::new(error)));
    }
    // Some nodes write a file of the API format under a name of their own.
    let others = texts.iter().filter(|(key, _)| !key.eq_ignore_ascii_case("workflow"));
    let others = others.map(|(_, text)| text.as_str()).filter(is_json).filter_map(|text| open_text(text).ok());
    if let Some(opened) = others.into_iter().find(|opened| matches!(opened, Opened::Api(_))) {
        return Ok(opened);
    }
    if let Some(workflow) = named("workflow").filter(is_json) {
        return open_text(workflow).map_err(|error| FileError::InPicture(Box::new(error)));
    }
    let names: Vec<&str> = texts.iter().map(|(key, _)| key.as_str()).filter(|key| !key.is_empty()).take(SHOWN).collect();
    Err(if names.is_empty() { FileError::NothingInPicture } else { FileError::OtherPicture(names.join(", ")) })
}

fn png_texts(bytes: &[u8]) -> Result<Texts, FileError> {
    let mut reader = png::Decoder::new(Cursor::new(bytes)).read_info().map_err(|error| FileError::BrokenPicture(error.to_string()))?;
    let mut texts = texts_of(reader.info());
    if texts.is_empty() && reader.finish().is_ok() {
        texts = texts_of(reader.info());
    }
    Ok(texts)
}

fn texts_of(info: &png::Info) -> Texts {
    let plain = info.uncompressed_latin1_text.iter().map(|chunk| (chunk.keyword.clone(), utf8_in_latin1(&chunk.text)));
    let packed = info.compressed_latin1_text.iter().filter_map(|chunk| {
        let mut chunk = chunk.clone();
        chunk.decompress_text_with_limit(limits::WORKFLOW).ok()?;
        Some((chunk.keyword.clone(), utf8_in_latin1(&chunk.get_text().ok()?)))
    });
    let utf8 = info.utf8_text.iter().filter_map(|chunk| {
        let mut chunk = chunk.clone();
        chunk.decompress_text_with_limit(limits::WORKFLOW).ok()?;
        Some((chunk.keyword.clone(), chunk.get_text().ok()?))
    });
    plain.chain(packed).chain(utf8).collect()
}

/// Programs write UTF-8 where PNG requires Latin-1.
fn utf8_in_latin1(text: &str) -> String {
    let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_else(|| text.to_owned())
}

/// Texts of Exif fields. ComfyUI begins them with their name: `prompt:{…}`, `Workflow:{…}`.
fn exif_texts(bytes: &[u8]) -> Texts {
    let mut reader = exif::Reader::new();
    reader.continue_on_error(true);
    let read = reader.read_from_container(&mut Cursor::new(bytes)).or_else(|error| error.distill_partial_result(|_| {}));
    let Ok(exif) = read else { return Texts::new() };
    let texts = exif.fields().flat_map(|field| match &field.value {
        Value::Ascii(texts) => texts.iter().map(|text| String::from_utf8_lossy(text).into_owned()).collect(),
        Value::Undefined(bytes, _) => free_text(bytes).into_iter().collect(),
        _ => Vec::new(),
    });
    texts
        .filter(|text| text.contains('{'))
        .map(|text| match text.split_once(':') {
            Some((name, rest)) if !name.contains('{') => (name.trim().to_owned(), rest.to_owned()),
            _ => (String::new(), text),
        })
        .collect()
}

/// A field of free text, which begins with its character set.
fn free_text(bytes: &[u8]) -> Option<String> {
    let (set, text) = bytes.split_at_checked(CHARACTER_SET)?;
    if set.starts_with(b"UNICODE") {
        let encoding = if text.first() == Some(&0) { encoding_rs::UTF_16BE } else { encoding_rs::UTF_16LE };
        return Some(encoding.decode(text).0.into_owned());
    }
    (set.starts_with(b"ASCII") || set == [0; CHARACTER_SET]).then(|| String::from_utf8_lossy(text).into_owned())
}
