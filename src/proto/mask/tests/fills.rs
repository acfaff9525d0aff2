//! Fill and lasso.

use proptest::prelude::*;

use super::super::{Brush, BrushPoint, Mask, Painting};
use super::painted;

/// The fill by its definition, pixel by pixel.
fn filled(mask: &Mask, x: u32, y: u32) -> Vec<u8> {
    let covers = mask.get(x, y) < 128;
    let height = |x: u32, y: u32| if covers { 255 - mask.get(x, y) } else { mask.get(x, y) };
    let mut pixels = super::pixels(mask);
    let mut seen = vec![false; pixels.len()];
    let mut open = vec![(x, y)];
    while let Some((x, y)) = open.pop() {
        let at = (y * mask.width() + x) as usize;
        if std::mem::replace(&mut seen[at], true) {
            continue;
        }
        pixels[at] = if covers { 255 } else { 0 };
        for (dx, dy) in [(-1, 0), (1, 0), (0, -1), (0, 1)] {
            let Some((nx, ny)) = x.checked_add_signed(dx).zip(y.checked_add_signed(dy)) else { continue };
            if nx >= mask.width() || ny >= mask.height() {
                continue;
            }
            if height(nx, ny) >= 128 || (height(nx, ny) > 0 && height(nx, ny) < height(x, y)) {
                open.push((nx, ny));
            }
        }
    }
    pixels
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_fill_reaches_what_it_should(mask in painted(), x in 0_u32..400, y in 0_u32..400) {
        let (x, y) = (x % mask.width(), y % mask.height());
        let expected = filled(&mask, x, y);
        let mut painting = Painting::new(mask.clone());
        painting.fill_at(x, y);
        let found = super::pixels(painting.mask());
        let wrong = (0..found.len()).find(|at| found[*at] != expected[*at]);
        prop_assert!(wrong.is_none(), "pixel {wrong:?} of {} × {}", mask.width(), mask.height());
    }

    /// Far from its line, a lasso covers what it goes around, and nothing else.
    #[test]
    fn a_lasso_fills_its_inside(points in proptest::collection::vec((-50.0_f32..350.0, -50.0_f32..350.0), 3..7)) {
        let mut painting = Painting::new(Mask::new(300, 260));
        painting.fill_polygon(&points, false);
        let sides: Vec<_> = points.iter().copied().zip(points.iter().copied().cycle().skip(1)).take(points.len()).collect();
        for y in (0..260).step_by(3) {
            for x in (0..300).step_by(3) {
                let (px, py) = (x as f32 + 0.5, y as f32 + 0.5);
                if sides.iter().any(|(from, to)| distance(*from, *to, (px, py)) < 1.5) {
                    continue;
                }
                let mut winding = 0;
                for ((x0, y0), (x1, y1)) in &sides {
                    let crosses = (*y0 <= py) != (*y1 <= py) && x0 + (py - y0) / (y1 - y0) * (x1 - x0) <= px;
                    winding += if crosses { if y0 < y1 { 1 } else { -1 } } else { 0 };
                }
                prop_assert_eq!(painting.mask().get(x, y), if winding == 0 { 0 } else { 255 }, "at {}, {}", x, y);
            }
        }
    }
}

fn distance(from: (f32, f32), to: (f32, f32), at: (f32, f32)) -> f32 {
    let (ax, ay) = (to.0 - from.0, to.1 - from.1);
    let length = ax * ax + ay * ay;
    let share = if length > 0.0 { (((at.0 - from.0) * ax + (at.1 - from.1) * ay) / length).clamp(0.0, 1.0) } else { 0.0 };
    (at.0 - from.0 - share * ax).hypot(at.1 - from.1 - share * ay)
}

#[test]
fn a_ring_is_filled_without_a_seam() {
    let mut painting = Painting::new(Mask::new(600, 600));
    let brush = Brush { radius: 20.0, hardness: 0.3, opacity: 1.0, erases: false, pressure_sizes: false };
    let corner = |x: f32, y: f32| BrushPoint { x, y, pressure: 1.0 };
    let corners = [corner(100.0, 100.0), corner(500.0, 100.0), corner(500.0, 500.0), corner(100.0, 500.0), corner(100.0, 100.0)];
    for pair in corners.windows(2) {
        painting.draw(brush, pair[0], pair[1]);
    }
    painting.end_stroke();
    assert!(painting.fill_at(300, 300));
    for at in 100..=500 {
        assert_eq!(painting.mask().get(at, 300), 255, "at {at}");
    }
    assert_eq!(painting.mask().get(60, 300), 0, "outside of the ring");
    assert!(painting.fill_at(300, 300), "a second click takes the whole shape away");
    assert!(painting.mask().is_empty(), "{:?}", painting.mask().bounds());
}

#[test]
fn a_fill_of_the_largest_picture_costs_nothing_in_memory() {
    let mut painting = Painting::new(Mask::new(8192, 8192));
    assert!(painting.fill_at(8191, 0));
    assert_eq!(painting.mask().coverage(), 1.0);
    assert!(painting.history_bytes() < 1_000_000, "{}", painting.history_bytes());
}

#[test]
fn the_edge_of_a_lasso_is_smooth() {
    let mut painting = Painting::new(Mask::new(100, 100));
    painting.fill_polygon(&[(10.5, 10.0), (50.25, 10.0), (50.25, 50.5), (10.5, 50.5)], false);
    let mask = painting.mask();
    assert_eq!((mask.get(9, 20), mask.get(10, 20), mask.get(11, 20)), (0, 128, 255));
    assert_eq!((mask.get(49, 20), mask.get(50, 20), mask.get(51, 20)), (255, 64, 0));
    assert_eq!((mask.get(20, 9), mask.get(20, 10), mask.get(20, 50), mask.get(20, 51)), (0, 255, 128, 0));
}

#[test]
fn a_lasso_that_encloses_nothing_fills_nothing() {
    let mut painting = Painting::new(Mask::new(100, 100));
    for points in [&[][..], &[(5.0, 5.0)], &[(5.0, 5.0), (50.0, 50.0)], &[(f32::NAN, 1.0), (4.0, 9.0), (9.0, 4.0)]] {
        assert!(!painting.fill_polygon(points, false), "{points:?}");
    }
}
