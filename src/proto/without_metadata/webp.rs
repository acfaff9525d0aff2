//! WebP (RFC 9649).

use super::{
    error::{CUT_OFF, StripError},
    orientation::{fields_of, turned},
    reader::ByteReader,
};

const HEAD: usize = 12;
/// Flags of the first chunk of a picture with more than pixels.
const HAS_EXIF: u8 = 0x08;
const HAS_XMP: u8 = 0x04;
/// In front of the chunks of a frame.
const FRAME_HEAD: usize = 16;
/// Some programs begin the fields as JPEG does.
const EXIF: &[u8] = b"Exif\0\0";

pub(super) fn strip(bytes: &[u8]) -> Result<Vec<u8>, StripError> {
    let declared = ByteReader::new(bytes.get(4..8).unwrap_or_default()).length_le()?;
    let inside = declared.checked_add(8).and_then(|end| bytes.get(HEAD..end)).ok_or(CUT_OFF)?;
    let mut kept = bytes.get(..HEAD).unwrap_or_default().to_vec();
    let mut direction = None;
    for chunk in chunks(inside)? {
        let (kind, body) = chunk;
        match &kind {
            b"VP8X" => {
                let mut body = body.to_vec();
                let flags = body.first_mut().ok_or(CUT_OFF)?;
                *flags &= !(HAS_EXIF | HAS_XMP);
                push_chunk(&mut kept, kind, &body);
            }
            b"ANMF" => {
                let (head, frame) = body.split_at_checked(FRAME_HEAD).ok_or(CUT_OFF)?;
                let mut body = head.to_vec();
                for (kind, part) in chunks(frame)? {
                    if matches!(&kind, b"ALPH" | b"VP8 " | b"VP8L") {
                        push_chunk(&mut body, kind, part);
                    }
                }
                push_chunk(&mut kept, kind, &body);
            }
            b"VP8 " | b"VP8L" | b"ALPH" | b"ANIM" | b"ICCP" => push_chunk(&mut kept, kind, body),
            b"EXIF" => direction = direction.or_else(|| turned(body.strip_prefix(EXIF).unwrap_or(body))),
            _ => {}
        }
    }
    let is_extended = kept.get(HEAD..HEAD + 4) == Some(b"VP8X");
    if let Some(direction) = direction.filter(|_| is_extended) {
        push_chunk(&mut kept, *b"EXIF", &fields_of(direction));
        if let Some(flags) = kept.get_mut(HEAD + 8) {
            *flags |= HAS_EXIF;
        }
    }
    let length = u32::try_from(kept.len() - 8).map_err(|_| CUT_OFF)?;
    kept.get_mut(4..8).ok_or(CUT_OFF)?.copy_from_slice(&length.to_le_bytes());
    Ok(kept)
}

type WebpChunk<'a> = ([u8; 4], &'a [u8]);

fn chunks(bytes: &[u8]) -> Result<Vec<WebpChunk<'_>>, StripError> {
    let mut reader = ByteReader::new(bytes);
    let mut chunks = Vec::new();
    while !reader.is_at_end() {
        let kind = reader.array()?;
        let length = reader.length_le()?;
        chunks.push((kind, reader.take(length)?));
        // Chunks have an even length. That of the last one may be missing.
        if length % 2 == 1 && !reader.is_at_end() {
            let _padding = reader.byte()?;
        }
    }
    Ok(chunks)
}

fn push_chunk(webp: &mut Vec<u8>, kind: [u8; 4], body: &[u8]) {
    webp.extend(kind);
    webp.extend(u32::try_from(body.len()).unwrap_or_default().to_le_bytes());
    webp.extend(body);
    if body.len() % 2 == 1 {
        webp.push(0);
    }
}
