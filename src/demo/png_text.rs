//! Text chunks in PNG files: ComfyUI stores prompt and workflow there, so that an image can be opened as a workflow.

/// Length of signature and IHDR: text chunks come after them.
const HEADER: usize = 8 + 25;

/// Returns the PNG with a `tEXt` chunk of this key. The text must be ASCII, like JSON from `python::dumps`.
pub(super) fn with_text(png: &[u8], key: &str, text: &str) -> Vec<u8> {
    if png.len() < HEADER {
        return png.to_vec();
    }
    let (header, rest) = png.split_at(HEADER);
    let mut chunk = b"tEXt".to_vec();
    chunk.extend_from_slice(key.as_bytes());
    chunk.push(0);
    chunk.extend_from_slice(text.as_bytes());
    let length = u32::try_from(chunk.len() - 4).unwrap_or(u32::MAX);
    let checksum = crc32(&chunk);
    [header, &length.to_be_bytes(), &chunk, &checksum.to_be_bytes(), rest].concat()
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            let mask = (crc & 1).wrapping_neg();
            (crc >> 1) ^ (0xEDB8_8320 & mask)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_sums_as_png_does() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn leaves_a_readable_picture() {
        let picture = image::DynamicImage::new_rgb8(2, 2);
        let plain = paint::picture::png(&picture).expect("a PNG");
        let marked = with_text(&plain, "prompt", "{}");
        assert!(marked.len() > plain.len());
        assert_eq!(image::load_from_memory(&marked).expect("a picture").width(), 2);
    }
}
