//! Texts in the tags of WebM and Matroska videos (RFC 9559): ComfyUI's SaveWEBM writes `PROMPT` and `WORKFLOW`.

use super::{described::Texts, limits};

const EBML: &[u8] = b"\x1a\x45\xdf\xa3";
const SEGMENT: u32 = 0x1853_8067;
const TAGS: u32 = 0x1254_c367;
const TAG: u32 = 0x7373;
const SIMPLE_TAG: u32 = 0x67c8;
const TAG_NAME: u32 = 0x45a3;
const TAG_STRING: u32 = 0x4487;
/// Elements inside of elements that are looked into. A tag can have tags of its own.
const DEPTH: usize = 8;

pub(super) fn is_video(bytes: &[u8]) -> bool {
    bytes.starts_with(EBML)
}

pub(super) fn texts(bytes: &[u8]) -> Texts {
    let mut texts = Texts::new();
    collect(bytes, DEPTH, &mut texts);
    texts
}

fn collect(bytes: &[u8], depth: usize, texts: &mut Texts) {
    if depth == 0 || texts.len() >= limits::FILE_TEXTS {
        return;
    }
    let mut name = None;
    for (id, body) in elements(bytes) {
        match id {
            SEGMENT | TAGS | TAG | SIMPLE_TAG => collect(body, depth - 1, texts),
            TAG_NAME => name = Some(text(body)),
            TAG_STRING if body.len() <= limits::WORKFLOW => {
                if let Some(name) = name.take() {
                    texts.push((name, text(body)));
                }
            }
            _ => {}
        }
    }
}

/// Strings may be padded with zeros.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned()
}

/// The elements one after another. The last may be cut off, or have no known size.
fn elements(mut rest: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    std::iter::from_fn(move || {
        let id_length = length(*rest.first()?).filter(|length| *length <= 4)?;
        let id = rest.get(..id_length)?.iter().fold(0, |id, byte| (id << 8) | u32::from(*byte));
        let after_id = rest.get(id_length..)?;
        let first = *after_id.first()?;
        let size_length = length(first)?;
        let bytes = after_id.get(..size_length)?;
        // The length of the number is the position of its first bit that is set.
        let marker = 1_u64 << (7 * size_length);
        let size = bytes.iter().fold(0, |size, byte| (size << 8) | u64::from(*byte)) & (marker - 1);
        let body = after_id.get(size_length..)?;
        let size = if size == marker - 1 { body.len() } else { usize::try_from(size).unwrap_or(usize::MAX).min(body.len()) };
        let (body, after) = body.split_at_checked(size)?;
        rest = after;
        Some((id, body))
    })
}

/// The bytes of a number with this first one.
fn length(first: u8) -> Option<usize> {
    (first != 0).then(|| first.leading_zeros() as usize + 1)
}
