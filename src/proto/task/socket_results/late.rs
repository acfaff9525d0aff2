//! Results of a run that is over which are still on their way: HTTP can be faster than the socket, on which they come before the end.

use std::time::Duration;

use super::{missing::missing_results, room::result_count, seen::RunSeen};
use crate::{comfy::HistoryEntry, limits, task::Task};

/// How long the results of one run have been missing.
#[derive(Debug, Default)]
pub struct LateResults {
    /// How many had arrived, and since when it is so many.
    arrived: Option<(usize, Duration)>,
}

impl LateResults {
    /// Whether to wait on: results are missing, there is a socket that they come over (`seen`), and the last one arrived within [`limits::RESULTS_LAG`].
    /// `now`: the time since any moment that is the same in all calls.
    pub fn awaits(&mut self, seen: RunSeen, task: &Task, entry: &HistoryEntry, now: Duration) -> bool {
        if !seen.goes_on() || missing_results(task, entry).is_empty() {
            return false;
        }
        let count = result_count(task);
        let since = self.arrived.filter(|(before, _)| *before == count).map_or(now, |(_, since)| since);
        self.arrived = Some((count, since));
        now.saturating_sub(since) < limits::RESULTS_LAG
    }
}
