//! What a file is, by its first bytes, whatever it is called.

use imagesize::{ImageError, ImageType};

/// A picture that can be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) media_type: &'static str,
    /// Of its name.
    pub(super) ending: &'static str,
    /// In pixels.
    pub(super) width: usize,
    pub(super) height: usize,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Probed {
    Picture(Picture),
    /// Not to be told yet.
    More,
    /// Of another type.
    NoPicture,
    /// Of a type that is taken, but where its size should be, it is not.
    Unreadable,
}

/// The type and the size are known in the first bytes of each of these, but in a JPEG as much as a camera likes may stand before.
const SIGNATURE: usize = 16;

/// `is_all`: more will not come.
pub(super) fn probe(head: &[u8], is_all: bool) -> Probed {
    if head.len() < SIGNATURE && !is_all {
        return Probed::More;
    }
    let (media_type, ending) = match imagesize::image_type(head) {
        Ok(ImageType::Png) => ("image/png", "png"),
        Ok(ImageType::Jpeg) => ("image/jpeg", "jpg"),
        Ok(ImageType::Webp) => ("image/webp", "webp"),
        Ok(_) | Err(_) => return Probed::NoPicture,
    };
    match imagesize::blob_size(head) {
        Ok(size) => Probed::Picture(Picture { media_type, ending, width: size.width, height: size.height }),
        Err(ImageError::IoError(_)) if !is_all => Probed::More,
        Err(_) => Probed::Unreadable,
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

    /// However it is cut into pieces: first more is wanted, then the size is known, and it stays so.
    #[test]
    fn knows_a_picture_by_its_first_bytes() {
        for (format, media_type) in [(ImageFormat::Png, "image/png"), (ImageFormat::Jpeg, "image/jpeg"), (ImageFormat::WebP, "image/webp")]
        {
            let file = file(format);
            let mut known = false;
            for end in 0..=file.len() {
                match probe(&file[..end], false) {
                    Probed::Picture(picture) => {
                        known = true;
                        assert_eq!((picture.media_type, picture.width, picture.height), (media_type, 33, 21));
                    }
                    Probed::More => assert!(!known, "{media_type} forgot at {end}"),
                    other => panic!("{media_type} at {end}: {other:?}"),
                }
            }
            assert!(known);
            assert_eq!(probe(&file[..20], true), Probed::Unreadable, "{media_type}");
        }
    }

    #[test]
    fn knows_what_is_none() {
        for file in [
            &b"GIF89a\x01\x00\x01\x00 and so on......"[..],
            b"<svg xmlns='http://www.w3.org/2000/svg'>",
            b"",
            b"\x89PNG",
            b"BM and so on, so on",
        ] {
            assert_eq!(probe(file, true), Probed::NoPicture, "{file:?}");
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
