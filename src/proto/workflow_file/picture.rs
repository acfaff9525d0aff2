//! What programs write into the pictures they make: texts of a PNG, Exif fields of a WebP, JPEG or AVIF.

use std::io::Cursor;

use super::{
    FileError, Opened,
    described::{self, Texts},
    exif_texts, limits,
};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const JPEG: &[u8] = b"\xff\xd8\xff";
/// Brands of still pictures with the layout of an MP4 file.
const STILL: [&[u8]; 6] = [b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1"];

pub(super) fn is_picture(bytes: &[u8]) -> bool {
    bytes.starts_with(PNG) || bytes.starts_with(JPEG) || is_webp(bytes) || is_avif(bytes)
}

fn is_avif(bytes: &[u8]) -> bool {
    bytes.get(4..8) == Some(b"ftyp") && bytes.get(8..12).is_some_and(|brand| STILL.contains(&brand))
}

fn is_webp(bytes: &[u8]) -> bool {
    bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP")
}

pub(super) fn open(bytes: &[u8]) -> Result<Opened, FileError> {
    let mut texts = if bytes.starts_with(PNG) { png_texts(bytes)? } else { Texts::new() };
    texts.extend(exif_texts::texts(bytes));
    described::open(&texts, FileError::NothingInPicture)
}

fn png_texts(bytes: &[u8]) -> Result<Texts, FileError> {
    let mut reader = png::Decoder::new(Cursor::new(bytes)).read_info().map_err(|error| FileError::BrokenPicture(error.to_string()))?;
    let mut texts = texts_of(reader.info());
    if texts.is_empty() {
        texts = animation_texts(bytes);
    }
    if texts.is_empty() && reader.finish().is_ok() {
        texts = texts_of(reader.info());
    }
    Ok(texts)
}

/// The texts of an animation of ComfyUI's SaveAnimatedPNG: chunks of its own after the pixels, each a name, a zero byte, and JSON.
fn animation_texts(bytes: &[u8]) -> Texts {
    let mut texts = Texts::new();
    let mut rest = bytes.get(PNG.len()..).unwrap_or_default();
    while let Some((kind, data, after)) = chunk(rest) {
        rest = after;
        let split = data.iter().position(|byte| *byte == 0).filter(|_| kind == b"comf" && data.len() <= limits::WORKFLOW);
        if let Some((name, text)) = split.and_then(|at| data.split_at_checked(at)) {
            let text = text.get(1..).unwrap_or_default();
            texts.push((String::from_utf8_lossy(name).into_owned(), String::from_utf8_lossy(text).into_owned()));
        }
        if texts.len() >= limits::FILE_TEXTS {
            break;
        }
    }
    texts
}

/// The first chunk: its kind, its data, and what comes after it. Between them: a length before, a checksum behind.
fn chunk(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let length = usize::try_from(u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?)).ok()?;
    let kind = bytes.get(4..8)?;
    let end = length.checked_add(8)?;
    Some((kind, bytes.get(8..end)?, bytes.get(end.checked_add(4)?..)?))
}

/// Texts are unpacked one after another, until they are too long together: a small file can hold gigabytes of zeros.
fn texts_of(info: &png::Info) -> Texts {
    let plain = info.uncompressed_latin1_text.iter().map(|chunk| Some((chunk.keyword.clone(), utf8_in_latin1(&chunk.text))));
    let packed = info.compressed_latin1_text.iter().map(|chunk| {
        let mut chunk = chunk.clone();
        chunk.decompress_text_with_limit(limits::WORKFLOW).ok()?;
        Some((chunk.keyword.clone(), utf8_in_latin1(&chunk.get_text().ok()?)))
    });
    let utf8 = info.utf8_text.iter().map(|chunk| {
        let mut chunk = chunk.clone();
        chunk.decompress_text_with_limit(limits::WORKFLOW).ok()?;
        Some((chunk.keyword.clone(), chunk.get_text().ok()?))
    });
    let mut room = limits::FILE_TEXT_BYTES;
    let mut texts = Texts::new();
    for text in plain.chain(packed).chain(utf8).take(limits::FILE_TEXTS) {
        // What cannot be unpacked was too long, too.
        let length = text.as_ref().map_or(limits::WORKFLOW, |(_, text)| text.len());
        texts.extend(text);
        match room.checked_sub(length) {
            Some(left) => room = left,
            None => break,
        }
    }
    texts
}

/// Programs write UTF-8 where PNG requires Latin-1.
fn utf8_in_latin1(text: &str) -> String {
    let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_else(|| text.to_owned())
}
