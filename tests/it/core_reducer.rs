//! Clients converge: whoever starts at any point, and receives the rest in any batches, ends in the same state.

use std::collections::HashSet;

use crate::support::{
    recording,
    replay::{Replay, replay},
};
use darkroom::proto::task::{Numbered, Snapshot};
use proptest::prelude::*;

const RUNS: [&str; 6] = [
    "txt2img-rerun-cached",
    "execution-error",
    "interrupt-mid-run",
    "loops-and-subgraph-expansion",
    "parallel-async-nodes",
    "multiple-outputs",
];

fn runs() -> impl Strategy<Value = std::sync::Arc<Replay>> {
    let all: Vec<_> = RUNS.iter().map(|name| std::sync::Arc::new(replay(&recording(name)))).collect();
    proptest::sample::select(all)
}

fn state_at(run: &Replay, k: usize) -> Snapshot {
    let mut snapshot = Snapshot::default();
    run.changes[..k].iter().for_each(|change| {
        snapshot.apply(change);
    });
    snapshot
}

/// What a slow reader receives: only the newest of superseded progress changes.
fn merged(changes: &[Numbered]) -> Vec<&Numbered> {
    let mut seen = HashSet::new();
    let mut kept: Vec<_> = changes.iter().rev().filter(|numbered| numbered.change.merge_key().is_none_or(|key| seen.insert(key))).collect();
    kept.reverse();
    kept
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn a_snapshot_with_the_changes_after_it_gives_the_final_state(run in runs(), cut in 0.0f64..=1.0, overlap in 0usize..50) {
        let k = (run.changes.len() as f64 * cut) as usize;
        let mut state = state_at(&run, k);
        // Subscribed before the snapshot was taken: some received changes are already in it.
        for change in &run.changes[k.saturating_sub(overlap)..] {
            state.apply(change);
        }
        prop_assert_eq!(&state, &run.end);
    }

    #[test]
    fn duplicated_changes_change_nothing(run in runs(), twice in proptest::collection::vec(any::<bool>(), 64)) {
        let mut state = Snapshot::default();
        for (at, numbered) in run.changes.iter().enumerate() {
            state.push(numbered.change.clone());
            if twice[at % twice.len()] {
                state.push(numbered.change.clone());
            }
        }
        state.seq = run.end.seq;
        prop_assert_eq!(&state, &run.end);
    }

    #[test]
    fn merged_progress_gives_the_same_final_state(run in runs(), portions in proptest::collection::vec(1usize..200, 1..20)) {
        let mut state = Snapshot::default();
        let mut rest = run.changes.as_slice();
        for portion in portions.iter().cycle() {
            let (now, later) = rest.split_at((*portion).min(rest.len()));
            for change in merged(now) {
                state.apply(change);
            }
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(&state, &run.end);
    }

    #[test]
    fn a_snapshot_survives_json(run in runs(), cut in 0.0f64..=1.0) {
        let state = state_at(&run, (run.changes.len() as f64 * cut) as usize);
        let json = serde_json::to_string(&state).unwrap();
        prop_assert_eq!(serde_json::from_str::<Snapshot>(&json).unwrap(), state);
    }
}

#[test]
fn the_recorded_runs_have_enough_changes_for_these_tests() {
    for name in RUNS {
        assert!(replay(&recording(name)).changes.len() > 50, "{name}");
    }
}
