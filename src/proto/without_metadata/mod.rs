//! Removes what is written in a file about how it was made: prompts, workflows, Exif, XMP, IPTC, comments. What is shown or heard stays as it is, bit for
//! bit: parts of the file are left out or filled with zeros, nothing is encoded anew. Of pictures, how they are turned stays, and their colour profile.
//!
//! What is hidden in the pixels themselves (NovelAI writes into the lowest bit of the transparency) stays, because the pixels do.

mod error;
mod flac;
mod gif;
mod jpeg;
mod matroska;
mod mp3;
mod mp4;
mod ogg;
mod orientation;
mod png;
mod reader;
#[cfg(test)]
mod tests;
mod webp;

pub use self::error::StripError;

/// The file without its metadata. `bytes`: a PNG, APNG, JPEG, WebP, GIF, MP4, MOV, WebM, Matroska, FLAC, MP3 or Ogg file.
///
/// # Errors
/// It is none of these, or not built as it should be: a part reaches over the end of the file, for instance. Never more memory than twice the file.
pub fn without_metadata(bytes: Vec<u8>) -> Result<Vec<u8>, StripError> {
    match bytes.as_slice() {
        [0x89, b'P', b'N', b'G', ..] => png::strip(&bytes),
        [0xff, 0xd8, 0xff, ..] => jpeg::strip(&bytes),
        [b'G', b'I', b'F', b'8', ..] => gif::strip(&bytes),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => webp::strip(&bytes),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => mp4::strip(bytes),
        [0x1a, 0x45, 0xdf, 0xa3, ..] => matroska::strip(bytes),
        [b'f', b'L', b'a', b'C', ..] => flac::strip(&bytes),
        [b'O', b'g', b'g', b'S', ..] => ogg::strip(bytes),
        [b'I', b'D', b'3', ..] | [0xff, 0xe0..=0xff, ..] => mp3::strip(&bytes),
        _ => Err(StripError::UnknownType),
    }
}
