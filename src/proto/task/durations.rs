//! Learned node durations: the weights of the task's progress bar, and the basis of the time left.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{
    Shape,
    plan::{FNV, Plan, Work, fnv},
};
use crate::{ids::BackendId, limits};

/// The newest runs of each node class, per workflow shape and without one, on each backend and on all together. Limited by
/// [`limits::DURATION_ROWS`]. Stored as JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Durations {
    rows: HashMap<u64, SampleRow>,
    /// Counts observations: a logical clock to find the least recently used rows.
    observed: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct SampleRow {
    last: u64,
    /// Amount of work and milliseconds, oldest first.
    runs: Vec<(u64, u32)>,
}

/// An expected duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The median of the latest runs, in milliseconds.
    pub ms: u32,
    /// The duration of a slow run, such as one that loads a model from disk, in milliseconds. `None`: `ms` is a guess, nothing was learned.
    pub slow_ms: Option<u32>,
}

/// The class name under which whole runs are stored.
const WHOLE_RUN: &str = "";
/// Runs whose work differs by less than this factor count as the same size.
const SAME_SIZE: f64 = 1.15;
/// Runs whose work differs by more than this factor are not compared.
const COMPARABLE: f64 = 256.0;

impl Durations {
    /// For a node of `class` on `backend`, or on any backend when the task has none yet.
    #[must_use]
    pub fn expected(&self, backend: Option<&BackendId>, shape: Shape, class: &str, work: Work) -> Expected {
        let learned = |backend, shape| self.rows.get(&key(backend, shape, class))?.expected(work.amount());
        let in_shape = backend.and_then(|_| learned(backend, Some(shape))).or_else(|| learned(None, Some(shape)));
        let of_class = || {
            let found = backend.and_then(|_| learned(backend, None)).or_else(|| learned(None, None))?;
            // Learned from other models and workflows: may be inaccurate.
            Some(Expected { ms: found.ms, slow_ms: found.slow_ms.map(|slow| slow.max(found.ms.saturating_mul(2))) })
        };
        in_shape.or_else(of_class).unwrap_or_else(|| Expected { ms: first_guess(class, work), slow_ms: None })
    }

    /// The duration of a whole run without queue wait, with the usual cache hits. `None` before a run of this shape was seen.
    #[must_use]
    pub fn expected_run(&self, backend: Option<&BackendId>, plan: &Plan) -> Option<Expected> {
        let learned = |backend| self.rows.get(&key(backend, Some(plan.shape()), WHOLE_RUN))?.expected(plan.total());
        backend.and_then(|_| learned(backend)).or_else(|| learned(None))
    }

    /// Records that a node of `class` took `ms`.
    pub fn observe(&mut self, backend: &BackendId, shape: Shape, class: &str, work: Work, ms: u64) {
        for backend in [Some(backend), None] {
            self.add(key(backend, Some(shape), class), work.amount(), ms);
            self.add(key(backend, None, class), work.amount(), ms);
        }
    }

    /// Records that a whole run took `ms`.
    pub fn observe_run(&mut self, backend: &BackendId, plan: &Plan, ms: u64) {
        for backend in [Some(backend), None] {
            self.add(key(backend, Some(plan.shape()), WHOLE_RUN), plan.total(), ms);
        }
    }

    /// Removes rows above [`limits::DURATION_ROWS`].
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    fn add(&mut self, key: u64, amount: u64, ms: u64) {
        if self.rows.len() >= limits::DURATION_ROWS
            && !self.rows.contains_key(&key)
            && let Some(oldest) = self.rows.iter().min_by_key(|(_, row)| row.last).map(|(key, _)| *key)
        {
            self.rows.remove(&oldest);
        }
        self.observed += 1;
        let row = self.rows.entry(key).or_default();
        row.last = self.observed;
        let surplus = (row.runs.len() + 1).saturating_sub(limits::DURATION_RUNS);
        row.runs.drain(..surplus);
        row.runs.push((amount, u32::try_from(ms).unwrap_or(u32::MAX)));
    }
}

impl SampleRow {
    /// From the runs nearest in size, scaled by the remaining difference.
    fn expected(&self, amount: u64) -> Option<Expected> {
        let factor = |run: &(u64, u32)| amount.max(1) as f64 / run.0.max(1) as f64;
        let distance = |run: &(u64, u32)| factor(run).max(1.0 / factor(run));
        let nearest = self.runs.iter().map(distance).min_by(f64::total_cmp).filter(|nearest| *nearest <= COMPARABLE)?;
        let of_this_size = self.runs.iter().filter(|run| distance(run) <= nearest * SAME_SIZE);
        let mut took: Vec<u32> = of_this_size.map(|run| (f64::from(run.1) * factor(run)).clamp(1.0, f64::from(u32::MAX)) as u32).collect();
        took.sort_unstable();
        let count = took.len();
        let ms = *took.get((count.checked_sub(1)?) / 2)?;
        // One slow run of seven is an outlier, one of three may be the rule.
        let slow = *took.get((count * 5).div_ceil(6).checked_sub(1)?)?;
        // Few runs, or runs of another size, may all have been fast by chance.
        let unsure = (1.0 / (count as f64 + 1.0)).max(0.5 * (1.0 - 1.0 / nearest));
        let slow = slow.max((f64::from(ms) * (1.0 + unsure)) as u32);
        Some(Expected { ms, slow_ms: Some(slow) })
    }
}

/// A hash, so that long class names and ids take no space. Stored, so it must be the same in every build.
fn key(backend: Option<&BackendId>, shape: Option<Shape>, class: &str) -> u64 {
    let backend = fnv(FNV, backend.map_or("", |id| id.as_str()).as_bytes());
    let shape = shape.map_or_else(|| fnv(backend, &[]), |shape| fnv(backend, &shape.0.to_le_bytes()));
    fnv(shape, class.as_bytes())
}

/// Used before anything was measured, in milliseconds. Only the ratios matter: sampling dominates, loading and decoding follow.
fn first_guess(class: &str, work: Work) -> u32 {
    let size = work.pixels.map_or(1.0, |pixels| pixels as f64 / f64::from(512 * 512)).clamp(0.5, 100.0);
    let samples = work.steps.is_some() || class.starts_with("KSampler") || class.starts_with("SamplerCustom");
    let guess = match class {
        _ if class.ends_with("Scheduler") || class.ends_with("Select") => 10.0,
        _ if samples => 300.0 * work.steps.unwrap_or(20).min(10_000) as f64 * size,
        _ if class.contains("Loader") => 1_500.0,
        _ if class.starts_with("VAE") || class.contains("Upscale") => 600.0 * size,
        _ if class.contains("Encode") => 200.0,
        _ => 60.0,
    };
    guess as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SHAPE: Shape = Shape(7);
    const OTHER: Shape = Shape(8);

    fn steps(steps: u64) -> Work {
        Work { steps: Some(steps), pixels: Some(512 * 512) }
    }

    fn backend(id: &str) -> BackendId {
        BackendId::from(id)
    }

    fn took(runs: &[(u64, u64)]) -> Durations {
        let mut durations = Durations::default();
        for (of, ms) in runs {
            durations.observe(&backend("a"), SHAPE, "KSampler", steps(*of), *ms);
        }
        durations
    }

    fn ms(durations: &Durations, of: u64) -> u32 {
        durations.expected(Some(&backend("a")), SHAPE, "KSampler", steps(of)).ms
    }

    #[test]
    fn durations_are_scaled_only_for_sizes_not_seen_before() {
        assert_eq!(ms(&took(&[(20, 2_000)]), 30), 3_000);
        // Runs of ten steps include a startup cost; the expectation for ten steps is the duration of ten steps.
        let both = took(&[(20, 2_000), (10, 1_500)]);
        assert_eq!([ms(&both, 10), ms(&both, 20)], [1_500, 2_000]);
    }

    #[test]
    fn one_outlier_changes_nothing_and_a_new_duration_is_learned() {
        let usual = [(20, 2_000), (20, 2_100), (20, 1_900), (20, 90_000), (20, 2_000)];
        assert_eq!(ms(&took(&usual), 20), 2_000);
        assert_eq!(ms(&took(&[&usual[..], &[(20, 500); 4]].concat()), 20), 500);
    }

    #[test]
    fn cold_and_warm_runs_are_distinguished() {
        let runs = [(1, 300), (1, 5_000), (1, 310), (1, 5_200), (1, 290)];
        let expected = took(&runs).expected(None, SHAPE, "KSampler", steps(1));
        assert!(expected.ms <= 310 && expected.slow_ms >= Some(5_000), "{expected:?}");
    }

    #[test]
    fn durations_of_the_backend_go_first_then_of_the_shape_then_of_the_class() {
        let mut durations = Durations::default();
        let expected = |durations: &Durations, id: Option<&str>, shape| {
            let id = id.map(backend);
            durations.expected(id.as_ref(), shape, "KSampler", steps(1))
        };
        assert_eq!(expected(&durations, None, SHAPE), Expected { ms: 300, slow_ms: None });
        durations.observe(&backend("fast"), SHAPE, "KSampler", steps(1), 100);
        assert_eq!(expected(&durations, Some("slow"), SHAPE).ms, 100, "better than nothing");
        durations.observe(&backend("slow"), SHAPE, "KSampler", steps(1), 900);
        durations.observe(&backend("slow"), OTHER, "KSampler", steps(1), 2_000);
        assert_eq!([expected(&durations, Some("fast"), SHAPE).ms, expected(&durations, Some("slow"), SHAPE).ms], [100, 900]);
        assert_eq!(expected(&durations, Some("slow"), OTHER).ms, 2_000);
        let by_class = expected(&durations, Some("fast"), Shape(9));
        assert_eq!(by_class.ms, 100);
        assert_eq!(by_class.slow_ms, Some(200));
    }

    #[test]
    fn durations_of_an_older_version_are_refused() {
        assert!(serde_json::from_str::<Durations>(r#"{"KSampler": 93.5}"#).is_err());
        let durations = took(&[(20, 2_000), (10, 900)]);
        let json = serde_json::to_string(&durations).unwrap();
        assert_eq!(serde_json::from_str::<Durations>(&json).unwrap(), durations);
    }

    #[test]
    fn the_table_is_bounded_and_keeps_what_is_used() {
        let mut durations = Durations::default();
        for shape in 0..limits::DURATION_ROWS as u64 {
            durations.observe(&backend("a"), Shape(shape), "KSampler", steps(1), shape + 1);
        }
        assert_eq!(durations.rows(), limits::DURATION_ROWS);
        let newest = Shape(limits::DURATION_ROWS as u64 - 1);
        assert_eq!(durations.expected(None, newest, "KSampler", steps(1)).ms as usize, limits::DURATION_ROWS);
        assert!(durations.rows.values().all(|row| row.runs.len() <= limits::DURATION_RUNS));
    }

    proptest! {
        #[test]
        fn expectations_are_sane_for_any_observations(
            runs in proptest::collection::vec((0u64.., 0u64..), 0..30), steps in proptest::option::of(0u64..), pixels in proptest::option::of(0u64..)
        ) {
            let mut durations = Durations::default();
            for (amount, ms) in runs {
                durations.observe(&backend("a"), SHAPE, "A", Work { steps: Some(amount), pixels: None }, ms);
            }
            let expected = durations.expected(None, SHAPE, "A", Work { steps, pixels });
            prop_assert!(expected.ms >= 1 && expected.slow_ms.is_none_or(|slow| slow >= expected.ms), "{expected:?}");
        }
    }
}
