//! Undo and redo.

use proptest::prelude::*;

use super::super::{Brush, BrushPoint, Mask, Painting};
use super::{action, painted, pixels};
use crate::limits;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn undo_and_redo_pass_through_the_same_masks(
        width in 1_u32..400,
        height in 1_u32..400,
        actions in proptest::collection::vec(action(300.0), 1..8),
        tidied in any::<bool>(),
        back in 0_usize..8,
    ) {
        let mut painting = Painting::new(Mask::new(width, height));
        let mut states = vec![painting.mask().clone()];
        for action in &actions {
            if action.apply(&mut painting) {
                states.push(painting.mask().clone());
            }
            prop_assert!(states.last() == Some(painting.mask()), "{action:?} changed something that cannot be undone");
        }
        if tidied {
            while painting.tidy(1) {}
        }
        for state in states.iter().rev().skip(1) {
            prop_assert!(painting.undo());
            prop_assert!(painting.mask() == state);
        }
        prop_assert!(!painting.can_undo() && !painting.undo());
        for state in states.iter().skip(1) {
            prop_assert!(painting.redo());
            prop_assert!(painting.mask() == state);
        }
        prop_assert!(!painting.can_redo() && !painting.redo());
        // Some steps back, then something else: what was undone is gone.
        let back = back.min(states.len() - 1);
        for _ in 0..back {
            painting.undo();
        }
        if painting.invert() {
            prop_assert!(!painting.can_redo());
            painting.undo();
            prop_assert!(painting.mask() == &states[states.len() - 1 - back]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn another_mask_is_taken_over_in_one_step(one in painted(), other in painted()) {
        let before = one.clone();
        let mut painting = Painting::new(one);
        prop_assert!(!painting.set_mask(&before), "nothing changes");
        let is_other = (other.width(), other.height()) == (before.width(), before.height()) && other != before;
        prop_assert_eq!(painting.set_mask(&other), is_other);
        let expected = if is_other { &other } else { &before };
        prop_assert!(painting.mask() == expected);
        prop_assert_eq!(painting.undo(), is_other);
        prop_assert!(painting.mask() == &before);
        // The same, read from the values of its pixels.
        let values = pixels(&other);
        let read = Mask::from_values(other.width(), other.height(), &values);
        prop_assert!(read.as_ref() == Some(&other));
        prop_assert!(Mask::from_values(other.width() + 1, other.height(), &values).is_none());
    }
}

#[test]
fn what_is_kept_for_undo_is_bounded() {
    let brush = Brush { radius: 60.0, hardness: 0.0, opacity: 1.0, erases: false, pressure_sizes: false };
    let mut painting = Painting::new(Mask::new(8192, 2048));
    for line in 0..8 {
        let point = |x: f32| BrushPoint { x, y: 100.0 + 250.0 * line as f32, pressure: 1.0 };
        painting.draw(brush, point(0.0), point(8192.0));
    }
    painting.end_stroke();
    for stroke in 0..300 {
        assert!(painting.invert(), "stroke {stroke}");
        let bytes = painting.history_bytes();
        assert!(bytes <= limits::MASK_HISTORY, "{bytes} bytes after stroke {stroke}");
        while painting.tidy(64) {}
    }
    let mut undone = 0;
    while painting.undo() {
        undone += 1;
    }
    assert!(undone > 10 && undone <= limits::MASK_STROKES, "{undone} strokes");
}

#[test]
fn a_large_picture_costs_what_is_painted() {
    let brush = Brush { radius: 30.0, hardness: 0.5, opacity: 1.0, erases: false, pressure_sizes: false };
    let bytes = |side: u32| {
        let mut painting = Painting::new(Mask::new(side, side));
        painting.draw(brush, BrushPoint { x: 50.0, y: 50.0, pressure: 1.0 }, BrushPoint { x: 300.0, y: 90.0, pressure: 1.0 });
        painting.end_stroke();
        painting.history_bytes()
    };
    assert_eq!(bytes(512), bytes(8192));
}
