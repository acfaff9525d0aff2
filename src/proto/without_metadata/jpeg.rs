//! JPEG (ITU-T T.81; JFIF; ICC.1 annex B.4).

use super::{
    error::StripError,
    orientation::{fields_of, turned},
    reader::ByteReader,
};

const START: u8 = 0xd8;
const END: u8 = 0xd9;
const SCAN: u8 = 0xda;
const COMMENT: u8 = 0xfe;
const APP0: u8 = 0xe0;
const EXIF: &[u8] = b"Exif\0\0";
const JFIF: &[u8] = b"JFIF\0";
const PROFILE: &[u8] = b"ICC_PROFILE\0";
const ADOBE: &[u8] = b"Adobe";
/// Of a JFIF segment: its name, version, and density. The size of a small picture and that picture follow.
const JFIF_HEAD: usize = 12;

pub(super) fn strip(bytes: &[u8]) -> Result<Vec<u8>, StripError> {
    let mut reader = ByteReader::new(bytes);
    let _start = reader.take(2)?;
    let (mut head, mut rest) = (vec![0xff, START], Vec::with_capacity(bytes.len()));
    let mut direction = None;
    loop {
        let marker = marker(&mut reader)?;
        match marker {
            // Other pictures, and what programs append, may follow.
            END => break,
            0x01 | 0xd0..=0xd7 => {
                rest.extend([0xff, marker]);
                continue;
            }
            0x00 | START | 0x02..=0xbf => return Err(StripError::Damaged("a part of it has no known kind")),
            _ => {}
        }
        let length: [u8; 2] = reader.array()?;
        let inside = usize::from(u16::from_be_bytes(length)).checked_sub(2);
        let body = reader.take(inside.ok_or(StripError::Damaged("a part of it is too short"))?)?;
        match marker {
            APP0 if body.starts_with(JFIF) && rest.is_empty() => push_jfif(&mut head, body),
            0xe1 if body.starts_with(EXIF) => direction = direction.or_else(|| turned(body.get(EXIF.len()..)?)),
            0xe2 if body.starts_with(PROFILE) => push(&mut rest, marker, length, body),
            // Which colours the numbers are.
            0xee if body.starts_with(ADOBE) => push(&mut rest, marker, length, body),
            APP0..=0xef | COMMENT => {}
            SCAN => {
                push(&mut rest, marker, length, body);
                rest.extend_from_slice(scan(&mut reader)?);
            }
            _ => push(&mut rest, marker, length, body),
        }
    }
    if let Some(direction) = direction {
        let fields = [EXIF, &fields_of(direction)].concat();
        push(&mut head, 0xe1, length_of(&fields), &fields);
    }
    head.append(&mut rest);
    head.extend([0xff, END]);
    Ok(head)
}

/// The kind of the next part. Any number of 0xff may come before it.
fn marker(reader: &mut ByteReader) -> Result<u8, StripError> {
    if reader.byte()? != 0xff {
        return Err(StripError::Damaged("a part of it does not begin where it should"));
    }
    loop {
        match reader.byte()? {
            0xff => {}
            marker => return Ok(marker),
        }
    }
}

/// The data of a scan: up to a marker that is none of its own.
fn scan<'a>(reader: &mut ByteReader<'a>) -> Result<&'a [u8], StripError> {
    let mut length = 0;
    loop {
        let seen = reader.peek(length + 2).ok_or(super::error::CUT_OFF)?;
        match seen.get(length..) {
            Some([0xff, 0x00 | 0xd0..=0xd7]) => length += 2,
            Some([0xff, 0xff]) => length += 1,
            Some([0xff, _]) => return reader.take(length),
            _ => length += 1,
        }
    }
}

fn push(jpeg: &mut Vec<u8>, marker: u8, length: [u8; 2], body: &[u8]) {
    jpeg.extend([0xff, marker]);
    jpeg.extend(length);
    jpeg.extend(body);
}

/// Without the small picture that may be in it.
fn push_jfif(jpeg: &mut Vec<u8>, body: &[u8]) {
    let Some(known) = body.get(..JFIF_HEAD) else { return };
    let plain = [known, &[0, 0]].concat();
    push(jpeg, APP0, length_of(&plain), &plain);
}

/// The length of a part counts itself.
fn length_of(body: &[u8]) -> [u8; 2] {
    u16::try_from(body.len() + 2).unwrap_or_default().to_be_bytes()
}
