//! MP4 and MOV (ISO 14496-12; QuickTime File Format). Boxes of metadata become free boxes of the same length, filled with zeros: so that all others stay
//! where they are, to which the tables of samples point.

use std::ops::Range;

use super::error::{CUT_OFF, StripError};

/// Boxes with boxes inside.
const CONTAINERS: [&[u8; 4]; 10] = [b"moov", b"trak", b"mdia", b"minf", b"dinf", b"edts", b"mvex", b"moof", b"traf", b"mfra"];
/// User data, tags, and boxes of others, such as XMP and signed histories. Free boxes may have what was there before.
const METADATA: [&[u8; 4]; 6] = [b"udta", b"meta", b"uuid", b"free", b"skip", b"wide"];
/// Still pictures, which refer to their pixels in their metadata.
const STILL: [&[u8]; 6] = [b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1"];
const DEPTH: usize = 8;

pub(super) fn strip(mut bytes: Vec<u8>) -> Result<Vec<u8>, StripError> {
    if bytes.get(8..12).is_some_and(|brand| STILL.contains(&brand)) {
        return Err(StripError::Unsupported("its pixels in the same place as its metadata (AVIF or HEIF)"));
    }
    let whole = 0..bytes.len();
    boxes(&mut bytes, whole, DEPTH)?;
    Ok(bytes)
}

fn boxes(bytes: &mut [u8], inside: Range<usize>, depth: usize) -> Result<(), StripError> {
    if depth == 0 {
        return Err(StripError::Damaged("its parts are nested too deeply"));
    }
    let mut at = inside.start;
    while at < inside.end {
        // A list of QuickTime may end with four zeros.
        if inside.end - at == 4 && bytes.get(at..inside.end) == Some(&[0_u8; 4][..]) {
            return Ok(());
        }
        let (kind, head, length) = head_at(bytes, at, inside.end)?;
        let end = at.checked_add(length).filter(|end| *end <= inside.end).ok_or(CUT_OFF)?;
        if METADATA.contains(&&kind) {
            bytes.get_mut(at + 4..at + 8).ok_or(CUT_OFF)?.copy_from_slice(b"free");
            bytes.get_mut(at + head..end).ok_or(CUT_OFF)?.fill(0);
        } else if CONTAINERS.contains(&&kind) {
            boxes(bytes, at + head..end, depth - 1)?;
        }
        at = end;
    }
    Ok(())
}

/// The kind of a box, the length of its head, and its own. `end`: of what it is in.
fn head_at(bytes: &[u8], at: usize, end: usize) -> Result<([u8; 4], usize, usize), StripError> {
    let read = |from: usize| bytes.get(at + from..at + from + 4).and_then(|bytes| <[u8; 4]>::try_from(bytes).ok()).ok_or(CUT_OFF);
    let kind = read(4)?;
    let (head, length) = match u32::from_be_bytes(read(0)?) {
        0 => (8, end - at),
        1 => {
            let long = (u64::from(u32::from_be_bytes(read(8)?)) << 32) | u64::from(u32::from_be_bytes(read(12)?));
            (16, usize::try_from(long).map_err(|_| CUT_OFF)?)
        }
        length => (8, usize::try_from(length).map_err(|_| CUT_OFF)?),
    };
    if length < head { Err(StripError::Damaged("a part of it is too short")) } else { Ok((kind, head, length)) }
}
