//! Small versions of kept pictures: WebP, made when they are first asked for, and kept beside them.

use bytes::Bytes;
use image::DynamicImage;

use super::{decode::decoded_at_most, error::MediaFailure, library::MediaLibrary};
use crate::store::MediaFile;
use proto::limits;

/// Quality of the lossy encoder, of 100.
const QUALITY: f32 = 80.0;

impl MediaLibrary {
    /// The thumbnail whose longest side is `side`, one of [`limits::THUMBNAIL_SIDES`]. `None`: there is none of a file of this kind.
    ///
    /// # Errors
    /// The file is missing, or the media store cannot be used.
    pub async fn thumbnail(&self, file: &MediaFile, side: u32) -> Result<Option<Bytes>, MediaFailure> {
        let is_picture = file.mime.as_deref().is_some_and(|mime| matches!(mime, "image/png" | "image/jpeg" | "image/webp"));
        if !is_picture || file.bytes > limits::THUMBNAIL_SOURCE {
            return Ok(None);
        }
        if let Some(made) = self.files.thumbnail(&file.hash, side).await? {
            return Ok(Some(made));
        }
        let Ok(_permit) = self.thumbnails.acquire().await else { return Ok(None) };
        // Another request may have made it meanwhile.
        if let Some(made) = self.files.thumbnail(&file.hash, side).await? {
            return Ok(Some(made));
        }
        let whole = match self.files.read_whole(&file.hash).await {
            Err(MediaFailure::Missing) => {
                self.copy_again(&file.hash).await;
                return Err(MediaFailure::Missing);
            }
            read => read?,
        };
        let made = tokio::task::spawn_blocking(move || shrink(&whole, side)).await.ok().flatten();
        let Some(made) = made.map(Bytes::from) else { return Ok(None) };
        self.keep_thumbnail(file, side, made.clone()).await;
        Ok(Some(made))
    }

    /// Without it, the thumbnail is only made again.
    async fn keep_thumbnail(&self, file: &MediaFile, side: u32, made: Bytes) {
        let bytes = made.len() as u64;
        let _lock = self.files.lock(&file.hash).await;
        // Not of a file that is removed just now.
        if !self.store.is_file_referenced(file.hash.clone()).await.unwrap_or_default() {
            return;
        }
        match self.files.write_thumbnail(&file.hash, side, made).await {
            Ok(()) => {
                if let Err(error) = self.store.add_thumbnail(file.hash.clone(), bytes).await {
                    tracing::debug!(%error, "the bytes of a thumbnail are not counted");
                }
            }
            Err(error) => tracing::warn!(%error, "a thumbnail is not kept"),
        }
    }
}

/// A smaller WebP picture. `None`: the picture cannot be read.
pub fn shrink(bytes: &[u8], side: u32) -> Option<Vec<u8>> {
    let small = decoded_at_most(bytes, side)?;
    let encoded = if small.color().has_alpha() {
        let pixels = DynamicImage::from(small.into_rgba8());
        webp::Encoder::from_rgba(pixels.as_bytes(), pixels.width(), pixels.height()).encode_simple(false, QUALITY)
    } else {
        let pixels = DynamicImage::from(small.into_rgb8());
        webp::Encoder::from_rgb(pixels.as_bytes(), pixels.width(), pixels.height()).encode_simple(false, QUALITY)
    };
    Some(encoded.ok()?.to_vec())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};

    use super::*;

    fn png(picture: impl Into<DynamicImage>) -> Vec<u8> {
        let mut bytes = Vec::new();
        picture.into().write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
        bytes
    }

    #[test]
    fn a_thumbnail_has_the_shape_of_its_picture_and_the_asked_for_side() {
        let wide = png(RgbImage::from_fn(1200, 300, |x, y| Rgb([(x % 256) as u8, (y % 256) as u8, 9])));
        for side in limits::THUMBNAIL_SIDES {
            let made = image::load_from_memory(&shrink(&wide, side).unwrap()).unwrap();
            assert_eq!((made.width(), made.height()), (side, side / 4));
        }
        let small = image::load_from_memory(&shrink(&png(RgbImage::new(64, 32)), 320).unwrap()).unwrap();
        assert_eq!((small.width(), small.height()), (64, 32), "a small picture is not enlarged");
    }

    #[test]
    fn a_thumbnail_keeps_transparency() {
        let made = image::load_from_memory(&shrink(&png(RgbaImage::from_pixel(400, 400, Rgba([9, 9, 9, 0]))), 320).unwrap()).unwrap();
        assert_eq!(made.to_rgba8().get_pixel(5, 5)[3], 0);
    }

    #[test]
    fn files_that_are_no_pictures_have_no_thumbnail() {
        assert_eq!(shrink(b"\x89PNG\r\n\x1a\n and then nothing", 320), None);
        assert_eq!(shrink(b"", 320), None);
    }
}
