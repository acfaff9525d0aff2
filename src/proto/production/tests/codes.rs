//! Codes, ids, times and positions.

use proptest::prelude::*;

use super::support::moment;
use crate::production::{
    Moment, POSITION_STEP, ProductionNodeId, SceneCode, ShotCode, position_after, position_between, render_path, slug, spread, take_name,
};

#[test]
fn a_code_has_one_spelling() {
    for (text, number) in [("S001", 1), ("S999", 999), ("S1000", 1_000), ("S99999", 99_999)] {
        let code: SceneCode = text.parse().unwrap();
        assert_eq!((code.number(), code.to_string().as_str()), (number, text));
    }
    for wrong in ["", "S", "S1", "S000", "S0001", "s001", "P001", "S100000", "S-01", "S+01", "S001 "] {
        assert!(wrong.parse::<SceneCode>().is_err(), "{wrong}");
    }
    assert_eq!("P001".parse::<ShotCode>().unwrap().number(), 1);
    assert_eq!(
        "P1".parse::<ShotCode>().unwrap_err().to_string(),
        "A code is P and a number of at least three digits, from P001 to P99999."
    );
}

#[test]
fn a_take_is_called_after_its_place() {
    let place = (SceneCode::new(1).unwrap(), ShotCode::new(12).unwrap());
    assert_eq!(take_name(place.0, place.1, 3), "S001_P012_T003");
    assert_eq!(render_path(Some(place), "x", 3, "png"), "03_Renders/S001/P012/S001_P012_T003.png");
    assert_eq!(render_path(None, "../etc: ü", 1, "png"), "03_Renders/nodes/___etc__ü_T001.png");
}

#[test]
fn an_id_of_a_node_can_be_a_part_of_a_path() {
    for fits in ["node-1", "Text to image 3", "ü", &"x".repeat(128)] {
        assert_eq!(fits.parse::<ProductionNodeId>().unwrap().as_str(), fits);
    }
    for wrong in ["", "a/b", "a\nb", "..", ".", &"x".repeat(129), "gnp.\u{202e}exe"] {
        assert!(wrong.parse::<ProductionNodeId>().is_err(), "{wrong:?}");
    }
}

#[test]
fn a_slug_is_made_of_the_title() {
    for (title, expected) in [("The Lighthouse, Part 2!", "the-lighthouse-part-2"), ("  ", "project"), ("Ünter", "nter"), ("霧", "project")]
    {
        assert_eq!(slug(title), expected);
    }
    assert_eq!(slug(&"ab ".repeat(100)).len(), 59, "it does not end with a dash");
}

#[test]
fn times_are_those_of_javascript() {
    assert_eq!(moment(1_795_194_714_015).to_string(), "2026-11-20T17:11:54.015Z");
    for wrong in ["", "2026-02-30T00:00:00.000Z", "2026-11-20T17:11:54Z", "2026-11-20T17:11:54.015+00:00", "2026-11-20 17:11:54.015Z"] {
        assert!(wrong.parse::<Moment>().is_err(), "{wrong}");
    }
}

proptest! {
    #[test]
    fn a_time_is_read_as_it_was_written(ms in 0u64..253_402_300_800_000) {
        prop_assert_eq!(moment(ms).to_string().parse(), Ok(moment(ms)));
        let json = serde_json::to_string(&moment(ms)).unwrap();
        prop_assert_eq!(serde_json::from_str::<Moment>(&json).unwrap(), moment(ms));
    }

    /// Moving objects is moving in a list; only where there is no room all of them get new positions.
    #[test]
    fn moving_an_object_equals_moving_in_a_list(
        count in 1usize..8,
        close in any::<bool>(),
        moves in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..60),
    ) {
        let step = if close { 1 } else { POSITION_STEP };
        let mut list: Vec<(usize, u64)> = (0..count).map(|at| (at, (at as u64 + 1) * step)).collect();
        for (from, to) in moves {
            let moved = list.remove(from.index(list.len()));
            let at = to.index(list.len() + 1);
            let mut expected: Vec<usize> = list.iter().map(|(name, _)| *name).collect();
            expected.insert(at, moved.0);
            let before = at.checked_sub(1).map(|at| list[at].1);
            let after = list.get(at).map(|(_, position)| *position);
            match position_between(before, after) {
                Some(position) => list.push((moved.0, position)),
                None => {
                    prop_assert!(after.is_some_and(|after| after - before.unwrap_or(0) < 2));
                    list.insert(at, moved);
                    list = list.iter().zip(spread(count)).map(|((name, _), position)| (*name, position)).collect();
                }
            }
            list.sort_by_key(|(_, position)| *position);
            prop_assert_eq!(list.iter().map(|(name, _)| *name).collect::<Vec<_>>(), expected);
            prop_assert!(list.windows(2).all(|pair| pair[0].1 < pair[1].1));
            prop_assert!(position_after(list.last().map(|(_, position)| *position)) > list.last().unwrap().1);
        }
    }
}
