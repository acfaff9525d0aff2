//! Pictures that people give: checked, stored in the media store by the hash of their bytes, and read again.
//!
//! The bytes stay as they are, unless ComfyUI would read something else in them than people see: a picture that is turned by its metadata, or has
//! several frames, 16 bits or the colours of print, is stored as an 8-bit PNG of what is seen.

use std::{convert::Infallible, io::Cursor, sync::Arc};

use bytes::Bytes;
use futures::stream;
use image::{
    DynamicImage, ExtendedColorType, ImageDecoder, ImageFormat, ImageReader,
    codecs::{png::PngDecoder, webp::WebPDecoder},
    metadata::Orientation,
};
use tokio::sync::Semaphore;

use crate::{
    clock::now,
    media::{KeepError, MediaFailure, MediaFiles, decoded},
    store::{MediaFile, Store, StoreError},
};
use proto::{
    edit::{Grey, PictureFormat, PictureId, PixelSize, StoredPicture},
    limits,
};

/// Why a picture is not taken, or cannot be read again.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    #[error("This file is no PNG, JPEG or WebP.")]
    UnsupportedType,
    /// In words.
    #[error("{0}")]
    Invalid(String),
    #[error("A file is at most {} MiB.", limits::UPLOAD >> 20)]
    TooLarge,
    #[error("There is no picture with this id (any more). Give it again.")]
    Unknown,
    #[error("The media store cannot be used now: {0}. Try again later.")]
    Media(#[from] MediaFailure),
    #[error("The database cannot be used now: {0}. Try again later.")]
    Store(#[from] StoreError),
    #[error("Darkroom is stopping. Try again in a moment.")]
    Stopping,
}

pub struct Pictures {
    files: Arc<MediaFiles>,
    store: Store,
    /// How many are decoded at the same time.
    decoding: Semaphore,
}

impl Pictures {
    pub fn new(files: Arc<MediaFiles>, store: Store) -> Self {
        Self { files, store, decoding: Semaphore::new(limits::PICTURES_DECODED) }
    }

    /// Stores a picture. The same bytes are the same picture.
    ///
    /// # Errors
    /// See [`PictureError`]; never `Unknown`.
    pub async fn take(&self, bytes: Bytes) -> Result<StoredPicture, PictureError> {
        if bytes.len() > limits::UPLOAD {
            return Err(PictureError::TooLarge);
        }
        let (bytes, format, size) = self.work(move || as_seen(bytes)).await??;
        self.keep(bytes, format, size).await
    }

    /// Stores a mask that was made of another.
    ///
    /// # Errors
    /// As [`Pictures::take`].
    pub async fn take_mask(&self, mask: Grey) -> Result<StoredPicture, PictureError> {
        let size = mask.size();
        let bytes = self.work(move || grey_png(mask)).await??;
        self.keep(bytes, PictureFormat::Png, size).await
    }

    /// Stores a mask that a person gives as a file: of a picture with transparent places, these are what is painted.
    ///
    /// # Errors
    /// As [`Pictures::take`].
    pub async fn take_mask_file(&self, bytes: Bytes) -> Result<StoredPicture, PictureError> {
        let picture = self.take(bytes).await?;
        let Some(mut mask) = self.alpha(&picture).await? else { return Ok(picture) };
        mask.pixels_mut().iter_mut().for_each(|value| *value = u8::MAX - *value);
        self.take_mask(mask).await
    }

    async fn keep(&self, bytes: Bytes, format: PictureFormat, size: PixelSize) -> Result<StoredPicture, PictureError> {
        let length = bytes.len() as u64;
        let source = stream::iter([Ok::<_, Infallible>(bytes)]);
        let new = self.files.keep(source, Some(length), u64::MAX).await.map_err(|error| match error {
            KeepError::Store(failure) => PictureError::Media(failure),
            error => PictureError::Media(MediaFailure::Unavailable(error.to_string())),
        })?;
        let id = PictureId::try_from(new.file.hash.clone()).map_err(|error| PictureError::Invalid(error.to_string()))?;
        let picture = StoredPicture { id, size, format };
        // While the file is held, so that it is not removed before its row is there.
        self.store.keep_picture(picture.clone(), MediaFile { mime: Some(format.media_type().into()), ..new.file.clone() }, now()).await?;
        Ok(picture)
    }

    /// A picture, and its file in the media store.
    ///
    /// # Errors
    /// It is unknown, or the database cannot be read.
    pub async fn get(&self, id: &PictureId) -> Result<(StoredPicture, MediaFile), PictureError> {
        self.store.picture(id.clone()).await?.ok_or(PictureError::Unknown)
    }

    /// The same for a picture that is about to be used: it stays for a while.
    ///
    /// # Errors
    /// As [`Pictures::get`].
    pub async fn used(&self, id: &PictureId) -> Result<StoredPicture, PictureError> {
        if !self.store.use_picture(id.clone(), now()).await? {
            return Err(PictureError::Unknown);
        }
        Ok(self.get(id).await?.0)
    }

    /// The pixels of a mask: the red channel, as ComfyUI reads it. And whether it is a picture without transparency.
    ///
    /// # Errors
    /// See [`PictureError`].
    pub async fn mask(&self, id: &PictureId) -> Result<(Grey, bool), PictureError> {
        let bytes = self.bytes(id).await?;
        self.work(move || {
            let picture = decoded(&bytes).map_err(unreadable)?;
            let (size, is_opaque) = (PixelSize::new(picture.width(), picture.height()), !picture.color().has_alpha());
            let pixels = match picture {
                DynamicImage::ImageLuma8(grey) => grey.into_raw(),
                other => other.into_rgb8().pixels().map(|pixel| pixel.0[0]).collect(),
            };
            let grey = Grey::from_pixels(size, pixels).ok_or_else(|| PictureError::Invalid("This picture cannot be read.".into()))?;
            Ok((grey, is_opaque))
        })
        .await?
    }

    /// How opaque each pixel of a picture is. `None`: all of them are, wholly.
    ///
    /// # Errors
    /// See [`PictureError`].
    pub async fn alpha(&self, picture: &StoredPicture) -> Result<Option<Grey>, PictureError> {
        if picture.format == PictureFormat::Jpeg {
            return Ok(None);
        }
        let bytes = self.bytes(&picture.id).await?;
        self.work(move || alpha_of(&bytes)).await?
    }

    /// The bytes of a picture.
    ///
    /// # Errors
    /// See [`PictureError`].
    pub async fn bytes(&self, id: &PictureId) -> Result<Bytes, PictureError> {
        self.files.read_whole(id.as_str()).await.map_err(|error| match error {
            MediaFailure::Missing => PictureError::Unknown,
            error => error.into(),
        })
    }

    /// Works on a thread of its own, when one is free for it.
    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, PictureError> {
        let _permit = self.decoding.acquire().await.map_err(|_| PictureError::Stopping)?;
        tokio::task::spawn_blocking(work).await.map_err(|_| PictureError::Stopping)
    }
}

fn unreadable(error: impl std::fmt::Display) -> PictureError {
    PictureError::Invalid(format!("This picture cannot be read: {error}."))
}

fn alpha_of(bytes: &Bytes) -> Result<Option<Grey>, PictureError> {
    let decoder = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(unreadable)?.into_decoder().map_err(unreadable)?;
    if !decoder.color_type().has_alpha() {
        return Ok(None);
    }
    let picture = decoded(bytes).map_err(unreadable)?.into_rgba8();
    let size = PixelSize::new(picture.width(), picture.height());
    let alpha: Vec<u8> = picture.pixels().map(|pixel| pixel.0[3]).collect();
    Ok(if alpha.iter().all(|alpha| *alpha == u8::MAX) { None } else { Grey::from_pixels(size, alpha) })
}

/// Checks a picture, and gives the bytes to store: its own, or those of a PNG of what people see.
fn as_seen(bytes: Bytes) -> Result<(Bytes, PictureFormat, PixelSize), PictureError> {
    let format = match image::guess_format(&bytes) {
        Ok(ImageFormat::Png) => PictureFormat::Png,
        Ok(ImageFormat::Jpeg) => PictureFormat::Jpeg,
        Ok(ImageFormat::WebP) => PictureFormat::Webp,
        _ => return Err(PictureError::UnsupportedType),
    };
    let mut decoder =
        ImageReader::new(Cursor::new(&bytes)).with_guessed_format().map_err(unreadable)?.into_decoder().map_err(unreadable)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(PictureError::Invalid("This picture has no pixels.".into()));
    }
    if u64::from(width) * u64::from(height) > limits::UPLOAD_PIXELS as u64 {
        let most = limits::UPLOAD_PIXELS / 1_000_000;
        return Err(PictureError::Invalid(format!("This picture is {width} × {height} pixels; at most {most} megapixels can be taken.")));
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let is_plain = matches!(
        decoder.original_color_type(),
        ExtendedColorType::L1
            | ExtendedColorType::L2
            | ExtendedColorType::L4
            | ExtendedColorType::L8
            | ExtendedColorType::La8
            | ExtendedColorType::Rgb8
            | ExtendedColorType::Rgba8
    );
    drop(decoder);
    // Also to see that it is whole.
    let mut picture = decoded(&bytes).map_err(unreadable)?;
    if orientation == Orientation::NoTransforms && is_plain && !is_animated(format, &bytes) {
        return Ok((bytes, format, PixelSize::new(width, height)));
    }
    picture.apply_orientation(orientation);
    let picture = if picture.color().has_alpha() { DynamicImage::from(picture.into_rgba8()) } else { picture.into_rgb8().into() };
    let size = PixelSize::new(picture.width(), picture.height());
    let mut png = Cursor::new(Vec::new());
    picture.write_to(&mut png, ImageFormat::Png).map_err(unreadable)?;
    Ok((png.into_inner().into(), PictureFormat::Png, size))
}

/// ComfyUI would make a batch of its frames.
fn is_animated(format: PictureFormat, bytes: &[u8]) -> bool {
    match format {
        PictureFormat::Png => PngDecoder::new(Cursor::new(bytes)).and_then(|decoder| decoder.is_apng()).unwrap_or(false),
        PictureFormat::Webp => WebPDecoder::new(Cursor::new(bytes)).is_ok_and(|decoder| decoder.has_animation()),
        PictureFormat::Jpeg => false,
    }
}

fn grey_png(mask: Grey) -> Result<Bytes, PictureError> {
    let size = mask.size();
    let picture = image::GrayImage::from_raw(size.width, size.height, mask.into_pixels())
        .ok_or_else(|| PictureError::Invalid("This mask has no size.".into()))?;
    let mut png = Cursor::new(Vec::new());
    picture.write_to(&mut png, ImageFormat::Png).map_err(unreadable)?;
    Ok(png.into_inner().into())
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, ImageEncoder, Rgb, RgbImage, RgbaImage, codecs::jpeg::JpegEncoder};

    use super::*;

    fn file(picture: impl Into<DynamicImage>, format: ImageFormat) -> Bytes {
        let mut bytes = Cursor::new(Vec::new());
        picture.into().write_to(&mut bytes, format).unwrap();
        bytes.into_inner().into()
    }

    fn corner() -> RgbImage {
        let mut picture = RgbImage::new(24, 16);
        for y in 0..8 {
            for x in 0..8 {
                picture.put_pixel(x, y, Rgb([255, 255, 255]));
            }
        }
        picture
    }

    /// EXIF with only an orientation.
    fn exif(orientation: u8) -> Vec<u8> {
        [&b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0"[..], &[orientation, 0, 0, 0], &[0; 4]].concat()
    }

    #[test]
    fn plain_pictures_keep_their_bytes() {
        for (format, kind) in
            [(ImageFormat::Png, PictureFormat::Png), (ImageFormat::Jpeg, PictureFormat::Jpeg), (ImageFormat::WebP, PictureFormat::Webp)]
        {
            let bytes = file(corner(), format);
            let (kept, found, size) = as_seen(bytes.clone()).unwrap();
            assert_eq!((kept, found, size), (bytes, kind, PixelSize::new(24, 16)), "{kind:?}");
        }
        let transparent = file(RgbaImage::new(9, 7), ImageFormat::Png);
        assert_eq!(as_seen(transparent.clone()).unwrap().0, transparent, "with its alpha");
        let grey = file(GrayImage::new(9, 7), ImageFormat::Png);
        assert_eq!(as_seen(grey.clone()).unwrap().0, grey);
    }

    #[test]
    fn a_turned_picture_is_stored_as_it_is_seen() {
        // Where the white corner is after turning, for each orientation of EXIF.
        for (orientation, size, at) in [
            (2, (24, 16), (20, 4)),
            (3, (24, 16), (20, 12)),
            (4, (24, 16), (4, 12)),
            (5, (16, 24), (4, 4)),
            (6, (16, 24), (12, 4)),
            (7, (16, 24), (12, 20)),
            (8, (16, 24), (4, 20)),
        ] {
            let mut bytes = Vec::new();
            let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 95);
            encoder.set_exif_metadata(exif(orientation)).unwrap();
            encoder.encode_image(&corner()).unwrap();
            let (kept, format, found) = as_seen(bytes.into()).unwrap();
            assert_eq!((format, found), (PictureFormat::Png, PixelSize::new(size.0, size.1)), "{orientation}");
            let picture = decoded(&kept).unwrap().into_rgb8();
            assert!(picture.get_pixel(at.0, at.1)[0] > 200, "{orientation}: not white at {at:?}");
            let white = picture.pixels().filter(|pixel| pixel[0] > 128).count();
            assert!((50..=80).contains(&white), "{orientation}: {white}");
            let (again, ..) = as_seen(kept.clone()).unwrap();
            assert_eq!(again, kept, "turned once");
        }
    }

    #[test]
    fn what_comfyui_would_read_otherwise_becomes_8_bits() {
        let deep = image::ImageBuffer::from_fn(5, 4, |x, _| image::Luma([u16::try_from(x * 12_000).unwrap()]));
        let (kept, format, size) = as_seen(file(DynamicImage::ImageLuma16(deep), ImageFormat::Png)).unwrap();
        assert_eq!((format, size), (PictureFormat::Png, PixelSize::new(5, 4)));
        assert_eq!(decoded(&kept).unwrap().color(), image::ColorType::Rgb8);
    }

    #[test]
    fn other_files_and_damaged_ones_are_refused() {
        assert!(matches!(as_seen(Bytes::from_static(b"GIF89a and so on")), Err(PictureError::UnsupportedType)));
        assert!(matches!(as_seen(Bytes::new()), Err(PictureError::UnsupportedType)));
        let whole = file(RgbImage::from_fn(64, 64, |x, y| Rgb([(x * y % 251) as u8, (x % 7) as u8, 3])), ImageFormat::Png);
        let error = as_seen(whole.slice(..whole.len() / 2)).unwrap_err();
        assert!(matches!(error, PictureError::Invalid(_)), "{error}");
    }

    #[test]
    fn only_what_is_transparent_somewhere_has_an_alpha_to_keep() {
        let alpha = |picture: DynamicImage, format| alpha_of(&file(picture, format)).unwrap().map(Grey::into_pixels);
        for format in [ImageFormat::Png, ImageFormat::WebP] {
            assert_eq!(alpha(corner().into(), format), None, "no alpha channel");
            let opaque = RgbaImage::from_pixel(2, 2, image::Rgba([1, 2, 3, 255]));
            assert_eq!(alpha(opaque.clone().into(), format), None, "wholly opaque");
            let mut transparent = opaque;
            transparent.put_pixel(1, 0, image::Rgba([1, 2, 3, 7]));
            assert_eq!(alpha(transparent.into(), format), Some(vec![255, 7, 255, 255]));
        }
        let grey = image::GrayAlphaImage::from_pixel(1, 1, image::LumaA([9, 0]));
        assert_eq!(alpha(grey.into(), ImageFormat::Png), Some(vec![0]));
    }

    #[test]
    fn a_mask_is_an_8_bit_grey_png_with_every_value() {
        let size = PixelSize::new(16, 16);
        let mask = Grey::from_pixels(size, (0..=255).collect()).unwrap();
        let png = grey_png(mask.clone()).unwrap();
        let read = decoded(&png).unwrap();
        assert_eq!(read.color(), image::ColorType::L8);
        assert_eq!(read.into_luma8().into_raw(), mask.into_pixels());
    }
}
