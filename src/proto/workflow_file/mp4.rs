//! Texts in the metadata of MP4 and MOV videos (ISO 14496-12; QuickTime File Format, "Metadata").
//!
//! ComfyUI's SaveVideo writes them below names of its own (`moov/meta`, with a list of `keys`); others have a place for comments only
//! (`moov/udta/meta/ilst/©cmt`), where VideoHelperSuite writes one object with prompt and workflow.

use super::{described::Texts, limits};

/// Boxes inside of boxes that are looked into: `moov/udta/meta/ilst/item/data`.
const DEPTH: usize = 6;
/// A full box begins with its version and flags; the data of an item with its type and locale.
const FULL: usize = 4;
const DATA_HEAD: usize = 8;
/// Bytes of a key that are read: longer ones are no names.
const KEY: usize = 256;

pub(super) fn is_video(bytes: &[u8]) -> bool {
    bytes.get(4..8) == Some(b"ftyp")
}

pub(super) fn texts(bytes: &[u8]) -> Texts {
    let mut texts = Texts::new();
    for (kind, body) in boxes(bytes) {
        if &kind == b"moov" {
            collect(body, DEPTH, &mut texts);
        }
    }
    texts
}

fn collect(bytes: &[u8], depth: usize, texts: &mut Texts) {
    if depth == 0 {
        return;
    }
    for (kind, body) in boxes(bytes) {
        match &kind {
            b"udta" => collect(body, depth - 1, texts),
            b"meta" => {
                // QuickTime writes it without version and flags.
                let inside = if body.get(4..8) == Some(b"hdlr") { body } else { body.get(FULL..).unwrap_or_default() };
                items(inside, texts);
            }
            _ => {}
        }
    }
}

/// The items of a `meta` box. With a list of keys their kind is its number in it, from 1.
fn items(meta: &[u8], texts: &mut Texts) {
    let keys: Vec<String> = boxes(meta).find(|(kind, _)| kind == b"keys").map(|(_, body)| keys(body)).unwrap_or_default();
    let list = boxes(meta).find(|(kind, _)| kind == b"ilst").map(|(_, body)| body).unwrap_or_default();
    for (kind, item) in boxes(list) {
        if texts.len() >= limits::FILE_TEXTS {
            return;
        }
        let number = usize::try_from(u32::from_be_bytes(kind)).ok().and_then(|number| number.checked_sub(1));
        let name = match number.and_then(|number| keys.get(number)) {
            Some(key) => key.clone(),
            None if &kind == b"\xa9cmt" => "comment".to_owned(),
            None if &kind == b"----" => own_name(item),
            None => continue,
        };
        let data = boxes(item).find(|(kind, _)| kind == b"data").and_then(|(_, body)| body.get(DATA_HEAD..));
        if let Some(text) = data.filter(|data| data.len() <= limits::WORKFLOW).and_then(|data| std::str::from_utf8(data).ok()) {
            texts.push((name, text.to_owned()));
        }
    }
}

fn keys(body: &[u8]) -> Vec<String> {
    // Version and flags, and the number of keys. A key has the layout of a box whose kind is its namespace.
    boxes(body.get(2 * FULL..).unwrap_or_default())
        .take(limits::FILE_TEXTS)
        .map(|(_, name)| String::from_utf8_lossy(name.get(..KEY).unwrap_or(name)).into_owned())
        .collect()
}

/// The name in an item with a name of its own.
fn own_name(item: &[u8]) -> String {
    let name = boxes(item).find(|(kind, _)| kind == b"name").and_then(|(_, body)| body.get(FULL..));
    name.map(|name| String::from_utf8_lossy(name).into_owned()).unwrap_or_default()
}

/// The boxes one after another. The last may be cut off.
fn boxes(mut rest: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let short = u32::from_be_bytes(rest.get(..4)?.try_into().ok()?);
        let kind: [u8; 4] = rest.get(4..8)?.try_into().ok()?;
        let (head, size) = match short {
            // To the end of the file.
            0 => (8, rest.len()),
            1 => (16, usize::try_from(u64::from_be_bytes(rest.get(8..16)?.try_into().ok()?)).unwrap_or(usize::MAX)),
            size => (8, usize::try_from(size).ok()?),
        };
        if size < head {
            return None;
        }
        let end = size.min(rest.len());
        let body = rest.get(head..end)?;
        rest = rest.get(end..)?;
        Some((kind, body))
    })
}
