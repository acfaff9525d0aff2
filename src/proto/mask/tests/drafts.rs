//! Drafts, and the file that is sent.

use proptest::prelude::*;

use super::super::{DraftError, DraftWriter, Mask, Painting, PngWriter};
use super::{painted, pixels};

/// Width, height and values.
fn decoded(file: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut pixels).expect("its pixels");
    assert_eq!((info.color_type, info.bit_depth), (png::ColorType::Grayscale, png::BitDepth::Eight));
    reader.finish().expect("nothing damaged");
    (info.width, info.height, pixels)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_draft_has_the_whole_mask(mask in painted(), tiles in 1_usize..4) {
        prop_assert!(Mask::from_draft(&mask.to_draft()) == Ok(mask.clone()));
        let mut writer = DraftWriter::new(&mask);
        while writer.write(&mask, tiles) {}
        prop_assert_eq!(writer.into_bytes(), mask.to_draft(), "written in steps");
    }

    #[test]
    fn a_damaged_draft_is_refused(mask in painted(), cut in any::<prop::sample::Index>(), extra in any::<u8>()) {
        let mut draft = mask.to_draft();
        let cut = cut.index(draft.len());
        prop_assert!(Mask::from_draft(&draft[..cut]).is_err(), "cut off after {} of {} bytes", cut, draft.len());
        draft.push(extra);
        prop_assert_eq!(Mask::from_draft(&draft), Err(DraftError::Damaged));
    }

    #[test]
    fn no_bytes_do_harm(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), headed in any::<bool>()) {
        if headed {
            bytes.splice(0..0, *b"DRM1\x80\0\0\0\x80\x01\0\0");
        }
        let _ = Mask::from_draft(&bytes);
    }

    #[test]
    fn the_file_has_the_pixels(mask in painted(), step in 1_usize..200) {
        let all = pixels(&mask);
        let mut writer = PngWriter::new(mask.width(), mask.height());
        for rows in all.chunks(step * mask.width() as usize) {
            writer.rows(rows);
        }
        prop_assert_eq!(decoded(&writer.finish()), (mask.width(), mask.height(), all));
    }
}

#[test]
fn the_largest_masks_are_small_drafts() {
    let mut painting = Painting::new(Mask::new(8192, 8192));
    painting.set_all(255);
    let draft = painting.mask().to_draft();
    assert!(draft.len() < 40, "{} bytes", draft.len());
    assert!(Mask::from_draft(&draft).as_ref() == Ok(painting.mask()));
}

#[test]
fn a_draft_larger_than_any_picture_is_refused() {
    assert_eq!(Mask::from_draft(b"DRM1\xff\xff\xff\xff\x01\0\0\0"), Err(DraftError::TooLarge));
    assert_eq!(Mask::from_draft(b""), Err(DraftError::NoMask));
}

#[test]
fn a_file_with_noise_is_whole() {
    let noise: Vec<u8> = (0_u32..700 * 500).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let mut writer = PngWriter::new(700, 500);
    writer.rows(&noise);
    writer.rows(&noise);
    assert_eq!(decoded(&writer.finish()), (700, 500, noise), "rows after the last are ignored");
    assert_eq!(decoded(&PngWriter::new(3, 2).finish()), (3, 2, vec![0; 6]), "rows that did not come are black");
}
