//! FLAC (RFC 9639).

use super::{error::StripError, reader::ByteReader};

const MARKER: usize = 4;
const STREAM_INFO: u8 = 0;
const SEEK_TABLE: u8 = 3;
const CUE_SHEET: u8 = 5;
const LAST: u8 = 0x80;

pub(super) fn strip(bytes: &[u8]) -> Result<Vec<u8>, StripError> {
    let mut reader = ByteReader::new(bytes);
    let mut kept = reader.take(MARKER)?.to_vec();
    // Where the last kept block begins.
    let mut last_kept = None;
    loop {
        let [flags, high, middle, low] = reader.array()?;
        let length = (usize::from(high) << 16) | (usize::from(middle) << 8) | usize::from(low);
        let body = reader.take(length)?;
        if [STREAM_INFO, SEEK_TABLE, CUE_SHEET].contains(&(flags & !LAST)) {
            last_kept = Some(kept.len());
            kept.extend([flags & !LAST, high, middle, low]);
            kept.extend(body);
        }
        if flags & LAST != 0 {
            break;
        }
    }
    let flags = last_kept.and_then(|at| kept.get_mut(at)).ok_or(StripError::Damaged("it does not say what sound it has"))?;
    *flags |= LAST;
    let mut sound = bytes.get(reader.at()..).unwrap_or_default();
    // Tags of MP3 files that some programs append.
    if let Some(before) = sound.len().checked_sub(128).and_then(|at| sound.split_at_checked(at)).filter(|(_, tag)| tag.starts_with(b"TAG"))
    {
        sound = before.0;
    }
    kept.extend_from_slice(sound);
    Ok(kept)
}
