//! A ComfyUI that accepts prompts and begins none, although none runs: its worker is dead, while its HTTP and its socket work.

use std::time::{Duration, Instant};

use proto::{comfy::Queue, ids::PromptId};

/// What its queue looked like, and since when.
#[derive(Debug, Default)]
pub(super) struct StuckDetector {
    /// The prompt that is to run next, and since when it is while nothing runs.
    idle: Option<(PromptId, Instant)>,
    stuck: Option<Stuck>,
    /// How often in a row it was found stuck, without a prompt that began in between.
    in_a_row: u32,
}

#[derive(Debug)]
struct Stuck {
    since: Instant,
    /// What waited there at the last look.
    waiting: Vec<PromptId>,
    /// When the last prompt was gone from its queue: with none left, only a new one can show whether it works again.
    empty_since: Option<Instant>,
}

/// A stuck ComfyUI without prompts gets one again after this long; twice as long each time.
const TRIAL: Duration = Duration::from_secs(300);
/// Doublings: up to 80 minutes.
const DOUBLINGS: u32 = 4;
/// How often it is looked at while something is wrong, at most and at least.
const LOOKS: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

impl StuckDetector {
    /// Looks at its queue. `patience`: how long a prompt may wait while nothing runs. Returns prompts that waited at a stuck ComfyUI and are gone:
    /// one that is in the history has run, and [`StuckDetector::began`] is to be called.
    pub(super) fn observe(&mut self, queue: &Queue, patience: Duration, now: Instant) -> Vec<PromptId> {
        let items = queue.items();
        if items.iter().any(|item| item.running) {
            self.began();
            return Vec::new();
        }
        let mut waiting: Vec<PromptId> = items.into_iter().map(|item| item.prompt).collect();
        if let Some(stuck) = &mut self.stuck {
            std::mem::swap(&mut stuck.waiting, &mut waiting);
            let gone = waiting.into_iter().filter(|prompt| !stuck.waiting.contains(prompt)).collect();
            match stuck.waiting.is_empty() {
                false => stuck.empty_since = None,
                true => {
                    let empty_since = *stuck.empty_since.get_or_insert(now);
                    let trial = TRIAL * (1 << self.in_a_row.saturating_sub(1).min(DOUBLINGS));
                    if now.duration_since(empty_since) >= trial {
                        self.stuck = None;
                    }
                }
            }
            return gone;
        }
        // Another prompt is next: the one before started, or the queue was changed.
        let since = match (&self.idle, waiting.first()) {
            (Some((before, since)), Some(next)) if before == next => *since,
            _ => now,
        };
        self.idle = waiting.first().map(|next| (next.clone(), since));
        if self.idle.is_some() && now.duration_since(since) >= patience {
            self.idle = None;
            self.stuck = Some(Stuck { since, waiting, empty_since: None });
            self.in_a_row += 1;
        }
        Vec::new()
    }

    /// A prompt runs, or began to.
    pub(super) fn began(&mut self) {
        *self = Self::default();
    }

    /// It may be another process now, or a person requested another try.
    pub(super) fn forget(&mut self) {
        (self.idle, self.stuck) = (None, None);
    }

    /// Since when prompts wait there although nothing runs. `None`: no sign that it is stuck.
    pub(super) fn since(&self) -> Option<Instant> {
        self.stuck.as_ref().map(|stuck| stuck.since)
    }

    /// When to look again. `None`: nothing is suspicious.
    pub(super) fn next_look(&self, patience: Duration) -> Option<Duration> {
        (self.idle.is_some() || self.stuck.is_some()).then(|| (patience / 4).clamp(LOOKS.0, LOOKS.1))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    /// A queue with these prompts, running and waiting.
    fn queue(running: &[&str], pending: &[&str]) -> Queue {
        let items =
            |ids: &[&str], first: usize| ids.iter().enumerate().map(|(at, id)| json!([first + at, id, {}, {}, []])).collect::<Vec<Value>>();
        serde_json::from_value(json!({"queue_running": items(running, 0), "queue_pending": items(pending, 10)})).unwrap()
    }

    /// A detector, and looks at a time in seconds.
    struct Looks(StuckDetector, Instant);

    impl Looks {
        fn new() -> Self {
            Self(StuckDetector::default(), Instant::now())
        }

        fn at(&mut self, second: u64, queue: &Queue) -> Option<u64> {
            self.0.observe(queue, PATIENCE, self.1 + Duration::from_secs(second));
            self.0.since().map(|since| since.duration_since(self.1).as_secs())
        }
    }

    #[test]
    fn a_prompt_that_waits_a_minute_while_nothing_runs_is_stuck() {
        let mut looks = Looks::new();
        assert_eq!(looks.at(0, &queue(&[], &[])), None);
        assert_eq!(looks.0.next_look(PATIENCE), None, "an empty queue is no reason to look");
        assert_eq!(looks.at(10, &queue(&[], &["a", "b"])), None);
        assert_eq!(looks.0.next_look(PATIENCE), Some(Duration::from_secs(5)));
        assert_eq!(looks.at(69, &queue(&[], &["a", "b", "c"])), None);
        assert_eq!(looks.at(70, &queue(&[], &["a", "b", "c"])), Some(10));
        assert_eq!(looks.at(80, &queue(&[], &["c"])), Some(10), "what was taken away did not begin");
        let gone = looks.0.observe(&queue(&[], &[]), PATIENCE, looks.1 + Duration::from_secs(81));
        assert_eq!(gone, [PromptId::from("c")], "its history tells whether it ran");
        assert_eq!(looks.at(90, &queue(&["c"], &[])), None, "it works again");
    }

    #[test]
    fn a_long_running_node_without_events_is_not_stuck() {
        let mut looks = Looks::new();
        for second in 0..10_000 {
            assert_eq!(looks.at(second, &queue(&["a"], &["b"])), None);
        }
        assert_eq!(looks.at(10_000, &queue(&[], &["b"])), None, "between two prompts");
    }

    #[test]
    fn prompts_seen_only_between_runs_count_as_progress() {
        let mut looks = Looks::new();
        for second in (0..6_000).step_by(59) {
            assert_eq!(looks.at(second, &queue(&[], &[&second.to_string(), "later"])), None);
        }
        looks.at(6_000, &queue(&[], &["later"]));
        looks.0.began();
        assert_eq!(looks.at(6_059, &queue(&[], &["later"])), None);
    }

    #[test]
    fn an_empty_stuck_backend_is_tried_at_growing_intervals() {
        let mut looks = Looks::new();
        let mut now = 0;
        for chance in [300, 600, 1_200, 2_400, 4_800, 4_800] {
            looks.at(now, &queue(&[], &["a"]));
            assert_eq!(looks.at(now + 60, &queue(&[], &["a"])), Some(now), "again");
            looks.at(now + 61, &queue(&[], &[]));
            assert_eq!(looks.at(now + 60 + chance, &queue(&[], &[])), Some(now), "{chance}");
            now += 61 + chance;
            assert_eq!(looks.at(now, &queue(&[], &[])), None, "{chance}");
        }
    }
}
