//! PNG and APNG (Portable Network Graphics, third edition).

use super::{
    error::StripError,
    orientation::{fields_of, turned},
    reader::ByteReader,
};

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Chunks that say how the picture looks. All others can be left out by their definition, but for those whose name begins with a capital letter.
const KEPT: [&[u8; 4]; 19] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD", b"pHYs", b"cICP", b"mDCV", b"cLLI",
    b"hIST", b"acTL", b"fcTL", b"fdAT",
];

pub(super) fn strip(bytes: &[u8]) -> Result<Vec<u8>, StripError> {
    let mut reader = ByteReader::new(bytes);
    if reader.take(SIGNATURE.len())? != SIGNATURE {
        return Err(StripError::Damaged("it does not begin as a PNG"));
    }
    let mut kept = SIGNATURE.to_vec();
    loop {
        let start = reader.at();
        let length = reader.length_be()?;
        let kind: [u8; 4] = reader.array()?;
        let body = reader.take(length)?;
        let _checksum = reader.take(4)?;
        let whole = bytes.get(start..reader.at()).unwrap_or_default();
        match &kind {
            b"eXIf" => {
                if let Some(turned) = turned(body) {
                    push_chunk(&mut kept, *b"eXIf", &fields_of(turned));
                }
            }
            kind if KEPT.contains(&kind) => kept.extend_from_slice(whole),
            [b'A'..=b'Z', ..] => return Err(StripError::Unsupported("a part that this version does not know")),
            _ => {}
        }
        // What is behind the end is no picture.
        if &kind == b"IEND" {
            return Ok(kept);
        }
    }
}

fn push_chunk(png: &mut Vec<u8>, kind: [u8; 4], body: &[u8]) {
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&kind);
    checksum.update(body);
    png.extend(u32::try_from(body.len()).unwrap_or_default().to_be_bytes());
    png.extend(kind);
    png.extend(body);
    png.extend(checksum.finalize().to_be_bytes());
}
