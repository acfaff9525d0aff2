//! GIF (Graphics Interchange Format, version 89a).

use super::{error::StripError, reader::ByteReader};

const EXTENSION: u8 = 0x21;
const PICTURE: u8 = 0x2c;
const END: u8 = 0x3b;
/// How the next picture is shown.
const CONTROL: u8 = 0xf9;
const APPLICATION: u8 = 0xff;
/// How often it is repeated, and its colours.
const KEPT: [&[u8]; 3] = [b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012"];

pub(super) fn strip(bytes: &[u8]) -> Result<Vec<u8>, StripError> {
    let mut reader = ByteReader::new(bytes);
    let head = reader.take(13)?;
    let _colors = reader.take(colors(head.get(10).copied().unwrap_or_default()))?;
    let mut kept = bytes.get(..reader.at()).unwrap_or_default().to_vec();
    loop {
        let start = reader.at();
        let is_kept = match reader.byte()? {
            PICTURE => {
                let descriptor = reader.take(9)?;
                let _colors = reader.take(colors(descriptor.get(8).copied().unwrap_or_default()))?;
                let _code_size = reader.byte()?;
                blocks(&mut reader)?;
                true
            }
            EXTENSION => {
                let is_kept = match reader.byte()? {
                    CONTROL => true,
                    APPLICATION => reader.peek(12).is_some_and(|name| KEPT.iter().any(|known| name.get(1..) == Some(*known))),
                    // Comments, texts, and what is not known.
                    _ => false,
                };
                blocks(&mut reader)?;
                is_kept
            }
            END => {
                kept.push(END);
                return Ok(kept);
            }
            _ => return Err(StripError::Damaged("a part of it has no known kind")),
        };
        if is_kept {
            kept.extend_from_slice(bytes.get(start..reader.at()).unwrap_or_default());
        }
    }
}

/// The bytes of a table of colours, by the flags that say whether there is one.
fn colors(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// Blocks of a length each, up to an empty one. The data of XMP are none, but end as if they were.
fn blocks(reader: &mut ByteReader) -> Result<(), StripError> {
    loop {
        match reader.byte()? {
            0 => return Ok(()),
            length => {
                let _block = reader.take(usize::from(length))?;
            }
        }
    }
}
