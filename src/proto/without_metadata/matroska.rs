//! WebM and Matroska (RFC 8794, RFC 9559). Elements of metadata become void elements of the same length, filled with zeros: so that all others stay where
//! they are, to which the index points.

use std::ops::Range;

use super::error::{CUT_OFF, StripError};

const SEGMENT: u32 = 0x1853_8067;
const CLUSTER: u32 = 0x1f43_b675;
const TAGS: u32 = 0x1254_c367;
const ATTACHMENTS: u32 = 0x1941_a469;
const INFO: u32 = 0x1549_a966;
const TITLE: u32 = 0x7ba9;
const FILE_NAMES: [u32; 3] = [0x7384, 0x3c_83ab, 0x3e_83bb];
const SEEK_HEAD: u32 = 0x114d_9b74;
const SEEK: u32 = 0x4dbb;
const SEEK_ID: u32 = 0x53ab;
const CHECKSUM: u32 = 0xbf;
const VOID: u32 = 0xec;
const DEPTH: usize = 4;

/// An element: its kind, and where it and its content are. `length`: `None` where it is not told, up to the end of what it is in.
struct Element {
    id: u32,
    whole: Range<usize>,
    body: Range<usize>,
    has_length: bool,
}

pub(super) fn strip(mut bytes: Vec<u8>) -> Result<Vec<u8>, StripError> {
    let whole = 0..bytes.len();
    elements(&mut bytes, whole, 0, DEPTH)?;
    Ok(bytes)
}

/// `parent`: the kind of the element that these are in; 0 for the file.
fn elements(bytes: &mut [u8], inside: Range<usize>, parent: u32, depth: usize) -> Result<(), StripError> {
    if depth == 0 {
        return Err(StripError::Damaged("its parts are nested too deeply"));
    }
    let mut at = inside.start;
    while at < inside.end {
        let element = element_at(bytes, at, inside.end)?;
        at = element.whole.end;
        let is_metadata = match element.id {
            TAGS | ATTACHMENTS | VOID => true,
            TITLE => parent == INFO,
            // Of what is changed here.
            CHECKSUM => [SEGMENT, INFO, SEEK_HEAD].contains(&parent),
            SEEK => parent == SEEK_HEAD && leads_to_metadata(bytes, &element)?,
            id => parent == INFO && FILE_NAMES.contains(&id),
        };
        if is_metadata {
            make_void(bytes, &element)?;
        } else if [SEGMENT, INFO, SEEK_HEAD].contains(&element.id) {
            elements(bytes, element.body, element.id, depth - 1)?;
        } else if element.id == CLUSTER && !element.has_length {
            // Its content is followed by other clusters.
            at = element.body.start;
        }
    }
    Ok(())
}

fn leads_to_metadata(bytes: &[u8], seek: &Element) -> Result<bool, StripError> {
    let mut at = seek.body.start;
    while at < seek.body.end {
        let part = element_at(bytes, at, seek.body.end)?;
        at = part.whole.end;
        let target = bytes.get(part.body.clone()).unwrap_or_default();
        if part.id == SEEK_ID && [TAGS, ATTACHMENTS].iter().any(|id| target == id.to_be_bytes()) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn element_at(bytes: &[u8], at: usize, end: usize) -> Result<Element, StripError> {
    let rest = bytes.get(at..end).ok_or(CUT_OFF)?;
    let no_number = StripError::Damaged("a part of it does not begin where it should");
    let id_length = number_length(rest).filter(|length| *length <= 4).ok_or_else(|| no_number.clone())?;
    let id = rest.get(..id_length).ok_or(CUT_OFF)?.iter().fold(0, |id, byte| (id << 8) | u32::from(*byte));
    let after_id = rest.get(id_length..).ok_or(CUT_OFF)?;
    let size_length = number_length(after_id).ok_or(no_number)?;
    let number = after_id.get(..size_length).ok_or(CUT_OFF)?.iter().fold(0_u64, |size, byte| (size << 8) | u64::from(*byte));
    // The first bit that is set says how long the number is.
    let mask = (1_u64 << (7 * size_length)) - 1;
    let body = at + id_length + size_length;
    let has_length = number & mask != mask;
    let body_end = if has_length {
        usize::try_from(number & mask).ok().and_then(|size| body.checked_add(size)).filter(|to| *to <= end).ok_or(CUT_OFF)?
    } else if [SEGMENT, CLUSTER].contains(&id) {
        end
    } else {
        return Err(StripError::Unsupported("metadata of a length that is not told"));
    };
    Ok(Element { id, whole: at..body_end, body: body..body_end, has_length })
}

/// The bytes of the number that begins here.
fn number_length(bytes: &[u8]) -> Option<usize> {
    let first = *bytes.first()?;
    (first != 0).then(|| first.leading_zeros() as usize + 1)
}

fn make_void(bytes: &mut [u8], element: &Element) -> Result<(), StripError> {
    let whole = bytes.get_mut(element.whole.clone()).ok_or(CUT_OFF)?;
    whole.fill(0);
    let length = whole.len();
    let head: Vec<u8> = match u8::try_from(length.saturating_sub(2)) {
        // One byte for the length: 127 would mean that it is not told.
        Ok(inside @ 0..=126) => vec![0xec, 0x80 | inside],
        _ => [vec![0xec, 0x01], u64::try_from(length - 9).unwrap_or_default().to_be_bytes()[1..].to_vec()].concat(),
    };
    whole.get_mut(..head.len()).ok_or(CUT_OFF)?.copy_from_slice(&head);
    Ok(())
}
