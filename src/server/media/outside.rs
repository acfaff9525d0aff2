//! Whether a picture of which only a part was painted new is unchanged outside of that part: it is compared with its source, pixel by pixel.

use bytes::Bytes;
use image::{DynamicImage, RgbaImage};

use super::{decode::decoded, error::MediaFailure, library::MediaLibrary};
use crate::store::{CopyKey, MediaFile};
use proto::{
    edit::{KeptArea, OutsideCheck, PictureFormat, kept_area},
    limits,
};

impl MediaLibrary {
    /// Compares an output that was copied, if its workflow says that a part of it must be unchanged, and records and tells the result. Without one,
    /// the output is an ordinary one.
    pub(super) async fn check_outside(&self, key: CopyKey, result: &MediaFile) {
        if result.mime.as_deref() != Some(PictureFormat::Png.media_type()) {
            return;
        }
        let Some(area) = self.area_of(key).await else { return };
        let outside = match self.compared(area, result).await {
            Ok(Some(outside)) => outside,
            Ok(None) => return,
            Err(error) => return tracing::warn!(task = %key.task, output = key.output, %error, "a picture is not compared with its source"),
        };
        if let Err(error) = self.store.output_checked(key, outside).await {
            return tracing::warn!(task = %key.task, output = key.output, %error, "the comparison of a picture with its source is not recorded");
        }
        self.tracker.output_checked(key.task, key.attempt, key.output, outside);
    }

    async fn area_of(&self, key: CopyKey) -> Option<KeptArea> {
        let stored = self.store.read(key.task).await.ok().flatten()?;
        // The task in memory is the newer one.
        let task = self.tracker.task(key.task).unwrap_or(stored.task);
        let output = task.outputs.iter().find(|output| output.id == key.output)?;
        kept_area(&stored.workflow, &output.node)
    }

    async fn compared(&self, area: KeptArea, result: &MediaFile) -> Result<Option<OutsideCheck>, MediaFailure> {
        let Ok(_permit) = self.thumbnails.acquire().await else { return Ok(None) };
        let source = self.files.read_whole(area.source.id.as_str()).await?;
        let mask = self.files.read_whole(area.mask.id.as_str()).await?;
        let result = self.files.read_whole(&result.hash).await?;
        let compare = move || compare(&area, &source, &mask, &result);
        Ok(tokio::task::spawn_blocking(compare).await.ok().flatten())
    }
}

/// `None`: one of the three cannot be read, or they do not fit together.
fn compare(area: &KeptArea, source: &Bytes, mask: &Bytes, result: &Bytes) -> Option<OutsideCheck> {
    // PNG and WebP are decoded alike everywhere.
    let is_jpeg = area.source.media_type() == PictureFormat::Jpeg.media_type();
    let tolerance = if is_jpeg { limits::JPEG_ROUNDING } else { 0 };
    // With their transparency: one that is lost is a change.
    let source = decoded(source).ok()?.into_rgba8();
    let result = decoded(result).ok()?.into_rgba8();
    let mask = match decoded(mask).ok()? {
        DynamicImage::ImageLuma8(grey) => grey,
        other => {
            let colours = other.into_rgb8();
            image::GrayImage::from_fn(colours.width(), colours.height(), |x, y| image::Luma([colours.get_pixel(x, y)[0]]))
        }
    };
    let fits = |left: u32, of: u32, within: u32| left.checked_add(of).is_some_and(|end| end <= within);
    if !fits(area.left, source.width(), result.width())
        || !fits(area.top, source.height(), result.height())
        || mask.dimensions() != result.dimensions()
    {
        return None;
    }
    Some(counted(area, tolerance, &source, &mask, &result))
}

fn counted(area: &KeptArea, tolerance: u8, source: &RgbaImage, mask: &image::GrayImage, result: &RgbaImage) -> OutsideCheck {
    let mut check = OutsideCheck { outside: 0, changed: 0, tolerance };
    let is_painted = |x: u32, y: u32| {
        let in_part = area.part.is_none_or(|part| (part.x..part.right()).contains(&x) && (part.y..part.bottom()).contains(&y));
        in_part && mask.get_pixel(x, y)[0] > 0
    };
    for (x, y, old) in source.enumerate_pixels() {
        let (x, y) = (x + area.left, y + area.top);
        if is_painted(x, y) {
            continue;
        }
        check.outside += 1;
        let new = result.get_pixel(x, y);
        if old.0.iter().zip(new.0).any(|(old, new)| old.abs_diff(new) > tolerance) {
            check.changed += 1;
        }
    }
    check
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{GrayImage, ImageFormat, Luma, Rgb, RgbImage, Rgba};
    use proto::edit::{PictureFile, PixelRect};

    use super::*;

    fn png(picture: impl Into<DynamicImage>) -> Bytes {
        let mut bytes = Cursor::new(Vec::new());
        picture.into().write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner().into()
    }

    fn area() -> KeptArea {
        let file = |digit: &str| PictureFile::new(digit.repeat(64).parse().unwrap(), PictureFormat::Png);
        KeptArea { source: file("a"), left: 0, top: 0, mask: file("b"), part: None }
    }

    fn picture() -> RgbImage {
        RgbImage::from_fn(20, 10, |x, y| Rgb([x as u8 * 10, y as u8 * 20, 7]))
    }

    /// White in the left half.
    fn mask() -> GrayImage {
        GrayImage::from_fn(20, 10, |x, _| Luma([if x < 10 { 1 } else { 0 }]))
    }

    #[test]
    fn only_pixels_under_black_are_compared_and_each_difference_counts() {
        let mut result = picture();
        result.put_pixel(3, 3, Rgb([0, 0, 0]));
        let check = compare(&area(), &png(picture()), &png(mask()), &png(result.clone())).unwrap();
        assert_eq!(check, OutsideCheck { outside: 100, changed: 0, tolerance: 0 });
        result.put_pixel(12, 3, Rgb([121, 60, 7]));
        let check = compare(&area(), &png(picture()), &png(mask()), &png(result.clone())).unwrap();
        assert_eq!((check.outside, check.changed), (100, 1), "by one level in one channel");
        // Beyond the part that was composed nothing may change, whatever the mask says.
        let part = KeptArea { part: Some(PixelRect { x: 0, y: 0, width: 8, height: 2 }), ..area() };
        let check = compare(&part, &png(picture()), &png(mask()), &png(result)).unwrap();
        assert_eq!((check.outside, check.changed), (200 - 16, 2));
    }

    #[test]
    fn transparency_that_is_lost_or_changed_counts() {
        let source = RgbaImage::from_fn(20, 10, |x, y| Rgba([x as u8 * 10, y as u8 * 20, 7, if y < 5 { 0 } else { 200 }]));
        let compared = |result: DynamicImage| compare(&area(), &png(source.clone()), &png(mask()), &png(result)).unwrap();
        assert_eq!(compared(source.clone().into()).changed, 0);
        let mut other = source.clone();
        other.get_pixel_mut(3, 3)[3] = 255;
        assert_eq!(compared(other.clone().into()).changed, 0, "painted");
        other.get_pixel_mut(13, 8)[3] = 199;
        assert_eq!(compared(other.into()).changed, 1, "by one level");
        assert_eq!(compared(DynamicImage::from(source.clone()).into_rgb8().into()).changed, 100, "without it at all");
        // The other way round.
        let opaque = compare(&area(), &png(picture()), &png(mask()), &png(source.clone())).unwrap();
        assert_eq!(opaque.changed, 100);
    }

    #[test]
    fn an_extended_picture_is_compared_where_its_source_lies() {
        let mut result = RgbImage::new(30, 15);
        image::imageops::replace(&mut result, &picture(), 8, 5);
        let mask = GrayImage::from_fn(30, 15, |x, y| Luma([if x < 10 || y < 5 { 200 } else { 0 }]));
        let extended = KeptArea { left: 8, top: 5, ..area() };
        let check = compare(&extended, &png(picture()), &png(mask.clone()), &png(result.clone())).unwrap();
        assert_eq!((check.outside, check.changed), (18 * 10, 0));
        result.put_pixel(27, 14, Rgb([1, 1, 1]));
        assert_eq!(compare(&extended, &png(picture()), &png(mask), &png(result)).unwrap().changed, 1);
    }

    #[test]
    fn beside_a_jpeg_only_differences_beyond_the_rounding_of_decoders_count() {
        let mut jpeg = Cursor::new(Vec::new());
        DynamicImage::from(picture()).write_to(&mut jpeg, ImageFormat::Jpeg).unwrap();
        let jpeg = Bytes::from(jpeg.into_inner());
        let area = KeptArea { source: PictureFile::new("a".repeat(64).parse().unwrap(), PictureFormat::Jpeg), ..area() };
        let mut result = decoded(&jpeg).unwrap().into_rgb8();
        let (near, far) = (limits::JPEG_ROUNDING, limits::JPEG_ROUNDING + 1);
        let shifted = |pixel: &Rgb<u8>, by: u8| Rgb(pixel.0.map(|level| if level > 127 { level - by } else { level + by }));
        *result.get_pixel_mut(15, 4) = shifted(result.get_pixel(15, 4), near);
        let check = compare(&area, &jpeg, &png(mask()), &png(result.clone())).unwrap();
        assert_eq!(check, OutsideCheck { outside: 100, changed: 0, tolerance: near });
        *result.get_pixel_mut(15, 5) = shifted(result.get_pixel(15, 5), far);
        assert_eq!(compare(&area, &jpeg, &png(mask()), &png(result)).unwrap().changed, 1);
    }

    #[test]
    fn pictures_that_do_not_fit_are_not_compared() {
        assert_eq!(compare(&area(), &png(picture()), &png(GrayImage::new(19, 10)), &png(picture())), None);
        assert_eq!(compare(&area(), &png(picture()), &png(mask()), &png(RgbImage::new(19, 10))), None);
        assert_eq!(compare(&area(), &Bytes::from_static(b"no picture"), &png(mask()), &png(picture())), None);
    }
}
