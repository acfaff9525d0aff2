//! Brushes.

use proptest::prelude::*;

use super::super::{Brush, BrushPoint, Mask, Painting};
use super::{brush, point};

const HARD: Brush = Brush { radius: 10.0, hardness: 1.0, opacity: 1.0, erases: false, pressure_sizes: false };

fn at(x: f32, y: f32) -> BrushPoint {
    BrushPoint { x, y, pressure: 1.0 }
}

fn drawn(brush: Brush, from: BrushPoint, to: BrushPoint, width: u32, height: u32, before: u8) -> Mask {
    let mut painting = Painting::new(Mask::new(width, height));
    painting.set_all(before);
    painting.draw(brush, from, to);
    painting.end_stroke();
    painting.mask().clone()
}

#[test]
fn a_dot_is_round_and_soft_at_its_edge() {
    let mask = drawn(Brush { hardness: 0.5, ..HARD }, at(50.0, 50.0), at(50.0, 50.0), 100, 100, 0);
    assert_eq!(mask.get(50, 50), 255);
    assert_eq!(mask.get(54, 50), 255, "inside of the hard part");
    let edge = mask.get(57, 50);
    assert!(edge > 0 && edge < 255, "{edge}");
    assert_eq!(mask.get(61, 50), 0);
    assert_eq!(mask.get(58, 58), 0, "a corner of its square");
    for distance in 0..12 {
        assert_eq!(mask.get(50 + distance, 50), mask.get(49 - distance, 50), "{distance} pixels to both sides");
        assert_eq!(mask.get(50 + distance, 50), mask.get(50, 50 + distance), "{distance} pixels sideways and down");
    }
}

#[test]
fn a_line_crosses_tiles_without_a_gap() {
    let mask = drawn(HARD, at(20.0, 128.0), at(500.0, 128.0), 600, 256, 0);
    for x in 20..500 {
        assert_eq!((mask.get(x, 127), mask.get(x, 128)), (255, 255), "at {x}");
    }
    assert_eq!(mask.get(520, 128), 0);
}

#[test]
fn painting_twice_is_painting_once() {
    let half = Brush { opacity: 0.5, hardness: 0.0, ..HARD };
    let once = drawn(half, at(30.0, 30.0), at(60.0, 60.0), 100, 100, 0);
    let mut painting = Painting::new(once.clone());
    painting.draw(half, at(30.0, 30.0), at(60.0, 60.0));
    assert!(!painting.end_stroke(), "nothing changed, so that nothing can be undone");
    assert!(*painting.mask() == once);
}

#[test]
fn an_eraser_takes_away_what_the_brush_painted() {
    let mut painting = Painting::new(Mask::new(300, 300));
    painting.draw(HARD, at(100.0, 100.0), at(200.0, 100.0));
    painting.end_stroke();
    painting.draw(Brush { erases: true, radius: 14.0, ..HARD }, at(100.0, 100.0), at(200.0, 100.0));
    assert!(painting.end_stroke());
    assert!(painting.mask().is_empty(), "{:?}", painting.mask().bounds());
}

#[test]
fn pressure_makes_it_wider() {
    let pen = Brush { pressure_sizes: true, radius: 40.0, ..HARD };
    let wide = |pressure| {
        let mask = drawn(pen, BrushPoint { pressure, ..at(100.0, 100.0) }, BrushPoint { pressure, ..at(100.0, 100.0) }, 200, 200, 0);
        mask.bounds().map_or(0, super::PixelBox::width)
    };
    assert_eq!(wide(1.0), 80);
    assert!(wide(0.5) < wide(1.0) && wide(0.0) < wide(0.5), "{} {} {}", wide(0.0), wide(0.5), wide(1.0));
}

#[test]
fn only_the_tiles_below_the_brush_have_to_be_drawn() {
    let mut painting = Painting::new(Mask::new(4096, 4096));
    assert_eq!(painting.take_changed().len(), 1024, "all at first");
    painting.draw(HARD, at(64.0, 64.0), at(70.0, 64.0));
    assert_eq!(painting.take_changed().into_iter().collect::<Vec<_>>(), [0]);
    painting.draw(HARD, at(120.0, 64.0), at(136.0, 64.0));
    assert_eq!(painting.take_changed().into_iter().collect::<Vec<_>>(), [0, 1]);
    assert!(painting.take_changed().is_empty());
}

#[test]
fn a_stroke_can_be_abandoned() {
    let mut painting = Painting::new(Mask::new(300, 300));
    painting.draw(HARD, at(100.0, 100.0), at(200.0, 100.0));
    painting.take_changed();
    painting.abandon_stroke();
    assert!(painting.mask().is_empty());
    assert!(!painting.take_changed().is_empty(), "what is gone has to be drawn, too");
    assert!(!painting.can_undo());
}

#[test]
fn numbers_that_are_none_draw_nothing() {
    for odd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        assert!(drawn(HARD, at(odd, 5.0), at(5.0, 5.0), 100, 100, 0).is_empty());
        assert!(drawn(Brush { radius: odd, ..HARD }, at(5.0, 5.0), at(5.0, 5.0), 100, 100, 0).is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Tiles are an economy: a brush paints the same in a picture that begins elsewhere in its tiles.
    #[test]
    fn a_stroke_is_the_same_wherever_the_tiles_lie(brush in brush(), from in point(200.0), to in point(200.0), before in any::<u8>(), dx in 0_u32..200, dy in 0_u32..200) {
        let moved = |point: BrushPoint| BrushPoint { x: point.x + dx as f32, y: point.y + dy as f32, ..point };
        let here = drawn(brush, from, to, 200, 200, before);
        let there = drawn(brush, moved(from), moved(to), 200 + dx, 200 + dy, before);
        for y in 0..200 {
            for x in 0..200 {
                let (one, two) = (here.get(x, y), there.get(x + dx, y + dy));
                prop_assert!(one.abs_diff(two) <= 1, "{one} and {two} at {x}, {y}");
            }
        }
    }

    #[test]
    fn no_stroke_does_harm(
        width in prop_oneof![Just(1_u32), 1_u32..300, Just(8192)],
        height in prop_oneof![Just(1_u32), 1_u32..300, Just(8192)],
        brush in brush(),
        points in proptest::collection::vec((any::<f32>(), any::<f32>(), any::<f32>()), 2..4),
    ) {
        let mut painting = Painting::new(Mask::new(width, height));
        let points: Vec<BrushPoint> = points.into_iter().map(|(x, y, pressure)| BrushPoint { x, y, pressure }).collect();
        for pair in points.windows(2) {
            painting.draw(brush, pair[0], pair[1]);
        }
        painting.end_stroke();
        let inside = |area: super::PixelBox| area.right <= width && area.bottom <= height;
        prop_assert!(painting.mask().bounds().is_none_or(inside));
    }
}
