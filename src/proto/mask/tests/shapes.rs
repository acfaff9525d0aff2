//! What is shown of a mask that will be grown and softened.

use proptest::prelude::*;

use super::super::{Mask, PixelBox, preview, preview_reach};
use super::{painted, pixels};
use crate::edit::{Grey, PixelSize, feather, grow};

fn all_tiles(mask: &Mask, grown: u32, softened: u32) -> Vec<u8> {
    let mut shown = vec![0; (mask.width() * mask.height()) as usize];
    for tile in 0..mask.tile_count() {
        let area: PixelBox = mask.tile_box(tile);
        let (width, height, values) = preview(mask, tile, 0, grown, softened);
        assert_eq!((width, height), (area.width(), area.height()));
        for (row, y) in values.chunks(width as usize).zip(area.top..) {
            let from = (y * mask.width() + area.left) as usize;
            shown[from..from + row.len()].copy_from_slice(row);
        }
    }
    shown
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// As long as it is not computed from a smaller picture: tile by tile the same pixels as the server makes of the whole mask.
    #[test]
    fn what_is_seen_is_what_is_made_of_it(mask in painted(), grown in 0_u32..12, softened in 0_u32..12) {
        let size = PixelSize::new(mask.width(), mask.height());
        let mut expected = Grey::from_pixels(size, pixels(&mask)).expect("its size");
        grow(&mut expected, grown);
        feather(&mut expected, softened);
        let shown = all_tiles(&mask, grown, softened);
        let wrong = (0..shown.len()).find(|at| shown[*at].abs_diff(expected.pixels()[*at]) > 1);
        prop_assert!(wrong.is_none(), "pixel {wrong:?} of {} × {}", mask.width(), mask.height());
    }

    #[test]
    fn any_level_and_shape_can_be_shown(mask in painted(), level in 0_u32..7, grown in 0_u32..600, softened in 0_u32..600) {
        for tile in 0..mask.tile_count() {
            let area = mask.tile_box(tile);
            let (width, height, values) = preview(&mask, tile, level, grown, softened);
            prop_assert_eq!((width, height), (area.width().div_ceil(1 << level), area.height().div_ceil(1 << level)));
            prop_assert_eq!(values.len(), (width * height) as usize);
        }
        prop_assert!(preview_reach(grown, softened) >= grown + softened);
    }
}

#[test]
fn a_smaller_picture_has_the_means() {
    let mut painting = super::Painting::new(Mask::new(300, 200));
    painting.fill_polygon(&[(0.0, 0.0), (3.0, 0.0), (3.0, 200.0), (0.0, 200.0)], false);
    let (width, _, values) = preview(painting.mask(), 0, 1, 0, 0);
    assert_eq!(width, 64);
    assert_eq!(values[..3], [255, 128, 0]);
}
