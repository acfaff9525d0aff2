//! The state of a node follows from its takes.

use proptest::prelude::*;

use crate::production::{NodeStatus, TakeOutline, TakeState, current_take, node_status};

fn takes(states: &[(TakeState, bool)]) -> Vec<TakeOutline> {
    (1..)
        .zip(states)
        .map(|(take_number, (state, is_trashed))| TakeOutline { take_number, state: *state, is_trashed: *is_trashed })
        .collect()
}

use TakeState::{Cancelled, Completed, Failed, Generating};

#[test]
fn a_node_is_what_its_takes_are() {
    let kept = |states: &[TakeState]| node_status(&takes(&states.iter().map(|state| (*state, false)).collect::<Vec<_>>()));
    assert_eq!(kept(&[]), NodeStatus::Idle);
    assert_eq!(kept(&[Completed, Generating, Failed]), NodeStatus::Generating, "any that is live");
    assert_eq!(kept(&[Completed, Failed]), NodeStatus::Error, "the newest");
    assert_eq!(kept(&[Failed, Completed]), NodeStatus::Completed);
    assert_eq!(kept(&[Completed, Cancelled]), NodeStatus::Completed, "nobody wanted it any more");
    assert_eq!(kept(&[Cancelled]), NodeStatus::Idle);
    assert_eq!(node_status(&takes(&[(Completed, false), (Failed, true)])), NodeStatus::Completed, "it was thrown away");
    assert_eq!(node_status(&takes(&[(Completed, true)])), NodeStatus::Idle);
    assert_eq!(node_status(&takes(&[(Generating, true)])), NodeStatus::Generating);
}

#[test]
fn a_finished_take_becomes_current_only_if_nobody_chose_another() {
    let three = takes(&[(Completed, false), (Completed, false), (Completed, false)]);
    assert_eq!(current_take(&three[..2], None, false), (Some(2), false));
    assert_eq!(current_take(&three, Some(2), false), (Some(2), true), "the choice stays");
    assert_eq!(current_take(&three, Some(2), true), (Some(3), false), "follow latest");
    assert_eq!(current_take(&three, Some(3), true), (Some(3), true));
    let trashed = takes(&[(Completed, false), (Completed, true), (Failed, false)]);
    assert_eq!(current_take(&trashed, Some(2), false), (Some(1), false), "a choice in the trash is none");
    assert_eq!(current_take(&takes(&[(Failed, false), (Generating, false)]), None, false), (None, false));
}

fn any_takes() -> impl Strategy<Value = Vec<TakeOutline>> {
    let state = prop_oneof![Just(Generating), Just(Completed), Just(Failed), Just(Cancelled)];
    proptest::collection::vec((state, any::<bool>()), 0..8).prop_map(|states| takes(&states))
}

proptest! {
    /// In whatever order tasks end, and however often it is told.
    #[test]
    fn the_state_depends_only_on_the_takes(mut all in any_takes().prop_shuffle(), choice in proptest::option::of(1u32..9), follow in any::<bool>()) {
        let (status, current) = (node_status(&all), current_take(&all, choice, follow));
        all.sort_by_key(|take| take.take_number);
        prop_assert_eq!(node_status(&all), status);
        prop_assert_eq!(current_take(&all, choice, follow), current);
        // Once all tasks have ended, it is not generating: it cannot stick.
        for take in &mut all {
            if take.state == Generating { take.state = Failed; }
        }
        prop_assert_ne!(node_status(&all), NodeStatus::Generating);
    }

    #[test]
    fn the_current_take_is_a_finished_one_that_is_not_in_the_trash(all in any_takes(), choice in proptest::option::of(1u32..9), follow in any::<bool>()) {
        let (current, is_choice) = current_take(&all, choice, follow);
        let is_there = |number| all.iter().any(|take| take.take_number == number && take.state == Completed && !take.is_trashed);
        match current {
            Some(number) => prop_assert!(is_there(number)),
            None => prop_assert!(!all.iter().any(|take| is_there(take.take_number))),
        }
        if is_choice { prop_assert_eq!(current, choice); }
        if let Some(choice) = choice && is_there(choice) && !follow { prop_assert_eq!(current, Some(choice)); }
    }
}
