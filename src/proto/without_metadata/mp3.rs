//! MP3 with tags in front of it and behind it (ID3v2.4, ID3v1, APEv2).

use super::error::{CUT_OFF, StripError};

const HEAD: usize = 10;
const HAS_FOOTER: u8 = 0x10;
const OLD_TAG: usize = 128;
const APE_FOOTER: usize = 32;
const APE_HAS_HEAD: u32 = 1 << 31;

pub(super) fn strip(bytes: &[u8]) -> Result<Vec<u8>, StripError> {
    let mut sound = bytes;
    while let Some(after) = sound.strip_prefix(b"ID3") {
        let flags = *after.get(2).ok_or(CUT_OFF)?;
        // Seven bits of each byte.
        let size = after.get(3..7).ok_or(CUT_OFF)?.iter().fold(0, |size, byte| (size << 7) | usize::from(*byte & 0x7f));
        let footer = if flags & HAS_FOOTER == 0 { 0 } else { HEAD };
        sound = sound.get(HEAD + size + footer..).ok_or(CUT_OFF)?;
        // Padding that is not counted.
        let zeros = sound.iter().take_while(|byte| **byte == 0).count();
        sound = sound.get(zeros..).unwrap_or_default();
    }
    while let Some(shorter) = without_last_tag(sound)? {
        sound = shorter;
    }
    match sound {
        [0xff, 0xe0..=0xff, ..] => Ok(sound.to_vec()),
        _ => Err(StripError::Damaged("there is no sound where it should begin")),
    }
}

fn without_last_tag(sound: &[u8]) -> Result<Option<&[u8]>, StripError> {
    if let Some((before, tag)) = sound.len().checked_sub(OLD_TAG).and_then(|at| sound.split_at_checked(at))
        && tag.starts_with(b"TAG")
    {
        return Ok(Some(before));
    }
    let footer = sound.len().checked_sub(APE_FOOTER).and_then(|at| sound.split_at_checked(at));
    let Some((_, footer)) = footer.filter(|(_, footer)| footer.starts_with(b"APETAGEX")) else { return Ok(None) };
    let number = |at: usize| footer.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes);
    // The size counts the footer, but not the head.
    let size = usize::try_from(number(12)).map_err(|_| CUT_OFF)?.max(APE_FOOTER);
    let head = if number(20) & APE_HAS_HEAD == 0 { 0 } else { APE_FOOTER };
    let end = size.checked_add(head).and_then(|size| sound.len().checked_sub(size)).ok_or(CUT_OFF)?;
    Ok(sound.get(..end))
}
