mod drafts;
mod fills;
mod shapes;
mod strokes;
mod undo;

use proptest::prelude::*;

use super::{Brush, BrushPoint, Mask, Painting, PixelBox};

/// What a person does to a mask.
#[derive(Clone, Debug)]
enum MaskAction {
    Stroke(Brush, Vec<BrushPoint>),
    FillAt(u32, u32),
    Polygon(Vec<(f32, f32)>, bool),
    SetAll(u8),
    Invert,
}

impl MaskAction {
    fn apply(&self, painting: &mut Painting) -> bool {
        match self {
            Self::Stroke(brush, points) => {
                for pair in points.windows(2) {
                    painting.draw(*brush, pair[0], pair[1]);
                }
                painting.end_stroke()
            }
            Self::FillAt(x, y) => painting.fill_at(*x, *y),
            Self::Polygon(points, erases) => painting.fill_polygon(points, *erases),
            Self::SetAll(value) => painting.set_all(*value),
            Self::Invert => painting.invert(),
        }
    }
}

fn brush() -> impl Strategy<Value = Brush> {
    (0.0_f32..90.0, 0.0_f32..=1.0, prop_oneof![Just(1.0_f32), 0.0_f32..=1.0], any::<bool>(), any::<bool>())
        .prop_map(|(radius, hardness, opacity, erases, pressure_sizes)| Brush { radius, hardness, opacity, erases, pressure_sizes })
}

/// Places in a picture of about `side` pixels, and around it.
fn point(side: f32) -> impl Strategy<Value = BrushPoint> {
    let place = move || -0.5 * side..1.5 * side;
    (place(), place(), 0.0_f32..=1.0).prop_map(|(x, y, pressure)| BrushPoint { x, y, pressure })
}

fn action(side: f32) -> impl Strategy<Value = MaskAction> {
    let points = move |number| proptest::collection::vec(point(side), number);
    let places = |points: Vec<BrushPoint>| points.into_iter().map(|point| (point.x, point.y)).collect();
    prop_oneof![
        4 => (brush(), points(1..5)).prop_map(|(brush, points)| MaskAction::Stroke(brush, points)),
        2 => (0..side as u32, 0..side as u32).prop_map(|(x, y)| MaskAction::FillAt(x, y)),
        2 => (points(0..6), any::<bool>()).prop_map(move |(points, erases)| MaskAction::Polygon(places(points), erases)),
        1 => prop_oneof![Just(0_u8), Just(255), any::<u8>()].prop_map(MaskAction::SetAll),
        1 => Just(MaskAction::Invert),
    ]
}

/// A mask on which something was done.
fn painted() -> impl Strategy<Value = Mask> {
    (1_u32..400, 1_u32..400, proptest::collection::vec(action(300.0), 0..5)).prop_map(|(width, height, actions)| {
        let mut painting = Painting::new(Mask::new(width, height));
        for action in &actions {
            action.apply(&mut painting);
        }
        painting.mask().clone()
    })
}

/// All values, row by row.
fn pixels(mask: &Mask) -> Vec<u8> {
    (0..mask.height()).flat_map(|y| (0..mask.width()).map(move |x| (x, y))).map(|(x, y)| mask.get(x, y)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_box_and_the_coverage_are_those_of_the_pixels(mask in painted()) {
        let mut found = PixelBox::default();
        let mut sum = 0.0;
        for y in 0..mask.height() {
            for x in 0..mask.width() {
                if mask.get(x, y) > 0 {
                    found = found.with(PixelBox { left: x, top: y, right: x + 1, bottom: y + 1 });
                }
                sum += f64::from(mask.get(x, y)) / 255.0;
            }
        }
        prop_assert_eq!(mask.bounds().unwrap_or_default(), found);
        prop_assert_eq!(mask.is_empty(), found.is_empty());
        let expected = sum / f64::from(mask.width() * mask.height());
        prop_assert!((mask.coverage() - expected).abs() < 1e-9, "{} instead of {expected}", mask.coverage());
    }

    #[test]
    fn a_part_that_is_read_has_the_pixels_of_the_mask(mask in painted(), left in 0_u32..420, top in 0_u32..420, width in 0_u32..300, height in 0_u32..300) {
        let area = PixelBox { left, top, right: left + width, bottom: top + height };
        let mut read = vec![77; (width * height) as usize];
        mask.read(area, &mut read);
        for y in 0..height {
            for x in 0..width {
                prop_assert_eq!(read[(y * width + x) as usize], mask.get(left + x, top + y), "at {}, {}", left + x, top + y);
            }
        }
        if let Some(value) = mask.uniform(PixelBox { right: area.right.min(mask.width()), bottom: area.bottom.min(mask.height()), ..area }) {
            let inside = |(at, _): &(usize, &u8)| left + *at as u32 % width < mask.width() && top + *at as u32 / width < mask.height();
            prop_assert!(read.iter().enumerate().filter(inside).all(|(_, read)| *read == value));
        }
    }
}

#[test]
fn sizes_outside_of_the_limits_become_the_nearest() {
    assert_eq!((Mask::new(0, 0).width(), Mask::new(0, 0).height()), (1, 1));
    assert_eq!(Mask::new(u32::MAX, 1).width(), crate::limits::MASK_SIDE);
}
