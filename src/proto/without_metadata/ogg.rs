//! Vorbis and Opus in Ogg (RFC 3533; Vorbis I, section 5; RFC 7845). Comments are in the second packet of a stream, which may reach over several pages: it
//! becomes one without comments, padded with zeros to the same length, and the pages get new checksums.

use std::{collections::HashMap, ops::Range};

use super::error::{CUT_OFF, StripError};

const HEAD: usize = 27;
const CHECKSUM_AT: usize = 22;
const CONTINUED: u8 = 1;
/// In one file.
const STREAMS: usize = 16;
const POLYNOMIAL: u32 = 0x04c1_1db7;

/// What is known of one of the streams in the file.
#[derive(Default)]
struct OggStream {
    /// Packets that are complete.
    packets: usize,
    /// The first bytes of the first packet.
    head: Vec<u8>,
    /// Where the parts of the second packet are.
    comments: Vec<Range<usize>>,
}

pub(super) fn strip(mut bytes: Vec<u8>) -> Result<Vec<u8>, StripError> {
    let mut streams: HashMap<[u8; 4], OggStream> = HashMap::new();
    let mut pages = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let page = bytes.get(at..).unwrap_or_default();
        if !page.starts_with(b"OggS\0") {
            return Err(StripError::Damaged("a page of it does not begin where it should"));
        }
        let serial: [u8; 4] = page.get(14..18).and_then(|serial| serial.try_into().ok()).ok_or(CUT_OFF)?;
        let count = usize::from(*page.get(HEAD - 1).ok_or(CUT_OFF)?);
        let lengths = page.get(HEAD..HEAD + count).ok_or(CUT_OFF)?;
        let is_known = streams.contains_key(&serial);
        if !is_known && streams.len() >= STREAMS {
            return Err(StripError::Unsupported("too many streams"));
        }
        let stream = streams.entry(serial).or_default();
        if stream.packets == 0 && page.get(5).is_some_and(|flags| flags & CONTINUED != 0) {
            return Err(StripError::Damaged("it begins in the middle of a stream"));
        }
        let mut place = at + HEAD + count;
        for length in lengths {
            let end = place + usize::from(*length);
            let part = bytes.get(place..end).ok_or(CUT_OFF)?;
            match stream.packets {
                0 if stream.head.len() < 8 => stream.head.extend(part.iter().take(8)),
                1 => stream.comments.push(place..end),
                _ => {}
            }
            // A shorter one ends a packet.
            stream.packets += usize::from(*length < 255);
            place = end;
        }
        pages.push((at, place));
        at = place;
    }
    for stream in streams.values() {
        clear(&mut bytes, stream)?;
    }
    for (start, end) in pages {
        let page = bytes.get_mut(start..end).ok_or(CUT_OFF)?;
        page.get_mut(CHECKSUM_AT..CHECKSUM_AT + 4).ok_or(CUT_OFF)?.fill(0);
        let checksum = checksum(page);
        page.get_mut(CHECKSUM_AT..CHECKSUM_AT + 4).ok_or(CUT_OFF)?.copy_from_slice(&checksum.to_le_bytes());
    }
    Ok(bytes)
}

/// Writes a packet without a vendor and comments over that of the stream.
fn clear(bytes: &mut [u8], stream: &OggStream) -> Result<(), StripError> {
    let plain: &[u8] = if stream.head.starts_with(b"\x01vorbis") {
        b"\x03vorbis\0\0\0\0\0\0\0\0\x01"
    } else if stream.head.starts_with(b"OpusHead") {
        b"OpusTags\0\0\0\0\0\0\0\0"
    } else {
        return Err(StripError::Unsupported("a stream that is neither Vorbis nor Opus"));
    };
    if stream.packets < 2 || stream.comments.iter().map(ExactSizeIterator::len).sum::<usize>() < plain.len() {
        return Err(CUT_OFF);
    }
    let padded = plain.iter().copied().chain(std::iter::repeat(0));
    for (at, byte) in stream.comments.iter().cloned().flatten().zip(padded) {
        *bytes.get_mut(at).ok_or(CUT_OFF)? = byte;
    }
    Ok(())
}

/// Of a page whose own is zero.
fn checksum(page: &[u8]) -> u32 {
    let table: Vec<u32> = (0..256_u32)
        .map(|byte| (0..8).fold(byte << 24, |sum, _| if sum & 0x8000_0000 == 0 { sum << 1 } else { (sum << 1) ^ POLYNOMIAL }))
        .collect();
    page.iter().fold(0, |sum, byte| {
        let index = ((sum >> 24) ^ u32::from(*byte)) & 0xff;
        (sum << 8) ^ usize::try_from(index).ok().and_then(|index| table.get(index)).copied().unwrap_or_default()
    })
}
