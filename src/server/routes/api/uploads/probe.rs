//! Recognizes the type and size of an image by its first bytes.

use imagesize::{ImageError, ImageType};

/// An image of a supported type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ImageInfo {
    pub(super) media_type: &'static str,
    /// The extension of its file name.
    pub(super) extension: &'static str,
    /// In pixels.
    pub(super) width: usize,
    pub(super) height: usize,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Probe {
    Image(ImageInfo),
    /// More bytes are needed.
    NeedMore,
    UnsupportedType,
    /// The type is supported, but the size cannot be read.
    Unreadable,
}

/// Bytes that suffice to recognize each type. The size comes soon after them, except in a JPEG, where metadata of any length may come before.
const SIGNATURE: usize = 16;

/// `is_all`: `head` is the whole file, or as much of it as is looked at.
pub(super) fn probe(head: &[u8], is_all: bool) -> Probe {
    if head.len() < SIGNATURE && !is_all {
        return Probe::NeedMore;
    }
    let (media_type, extension) = match imagesize::image_type(head) {
        Ok(ImageType::Png) => ("image/png", "png"),
        Ok(ImageType::Jpeg) => ("image/jpeg", "jpg"),
        Ok(ImageType::Webp) => ("image/webp", "webp"),
        Ok(_) | Err(_) => return Probe::UnsupportedType,
    };
    match imagesize::blob_size(head) {
        Ok(size) => Probe::Image(ImageInfo { media_type, extension, width: size.width, height: size.height }),
        Err(ImageError::IoError(_)) if !is_all => Probe::NeedMore,
        Err(_) => Probe::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{DynamicImage, ImageFormat};
    use proptest::prelude::*;

    use super::*;

    fn file(format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(33, 21).write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    /// For every prefix of a file: first more bytes are needed, then the size is known, and stays known.
    #[test]
    fn recognizes_an_image_by_its_first_bytes() {
        for (format, media_type) in [(ImageFormat::Png, "image/png"), (ImageFormat::Jpeg, "image/jpeg"), (ImageFormat::WebP, "image/webp")]
        {
            let file = file(format);
            let mut known = false;
            for end in 0..=file.len() {
                match probe(&file[..end], false) {
                    Probe::Image(picture) => {
                        known = true;
                        assert_eq!(picture.media_type, media_type);
                        assert_eq!((picture.width, picture.height), (33, 21));
                    }
                    Probe::NeedMore => assert!(!known, "{media_type} forgot at {end}"),
                    other => panic!("{media_type} at {end}: {other:?}"),
                }
            }
            assert!(known);
            assert_eq!(probe(&file[..20], true), Probe::Unreadable, "{media_type}");
        }
    }

    #[test]
    fn other_files_are_unsupported() {
        for file in [
            &b"GIF89a\x01\x00\x01\x00 and so on......"[..],
            b"<svg xmlns='http://www.w3.org/2000/svg'>",
            b"",
            b"\x89PNG",
            b"BM and so on, so on",
        ] {
            assert_eq!(probe(file, true), Probe::UnsupportedType, "{file:?}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(start in 0..3_usize, rest in proptest::collection::vec(any::<u8>(), 0..200), is_all in any::<bool>()) {
            let mut bytes = [&b"\x89PNG\r\n\x1a\n"[..], b"\xff\xd8\xff\xe0", b"RIFF\x10\0\0\0WEBPVP8 "][start].to_vec();
            bytes.extend(rest);
            let _ = probe(&bytes, is_all);
        }
    }
}
