//! What a series of runs does next. Pure.

use proto::{ids::TaskId, limits, task::TaskState};

/// Why a series ended before all of its runs were sent, or was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SeriesEnd {
    /// All of its runs were sent.
    Complete,
    Stopped,
    /// One of its tasks failed.
    Failed,
    /// Darkroom refused a run: the form shows why.
    Refused,
    /// Darkroom cannot be reached: what was ordered last waits in this browser.
    Away,
    /// The next run would be the same as the last one.
    Same,
}

/// Runs of the form, one after another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Series {
    /// `None`: until it is stopped. Then only [`limits::SERIES_AT_ONCE`] of its tasks are in the queue at a time.
    runs: Option<u32>,
    sent: u32,
    /// Its tasks that have not ended.
    open: Vec<TaskId>,
    /// The answer to an order is awaited.
    sending: bool,
    end: Option<SeriesEnd>,
}

impl Series {
    pub(super) fn new(runs: Option<u32>) -> Self {
        Self { runs: runs.map(|runs| runs.clamp(1, limits::SERIES)), sent: 0, open: Vec::new(), sending: false, end: None }
    }

    /// Whether a run is to be sent now. The caller sends it, and then calls [`Series::accepted`] or [`Series::stop`].
    pub(super) fn next(&mut self) -> bool {
        let has_room = self.runs.is_some() || self.open.len() < limits::SERIES_AT_ONCE;
        let sends = self.end.is_none() && !self.sending && has_room;
        self.sending |= sends;
        sends
    }

    pub(super) fn accepted(&mut self, task: TaskId) {
        self.sending = false;
        self.sent += 1;
        self.open.push(task);
        if self.runs.is_some_and(|runs| self.sent >= runs) {
            self.stop(SeriesEnd::Complete);
        }
    }

    /// A task has ended. A failure ends a series without a number: the next run would most likely fail, too.
    pub(super) fn ended(&mut self, task: TaskId, state: TaskState) {
        let before = self.open.len();
        self.open.retain(|open| *open != task);
        if self.open.len() < before && state == TaskState::Failed && self.runs.is_none() {
            self.stop(SeriesEnd::Failed);
        }
    }

    /// Ends the series, unless it has ended. Its tasks that wait stay in the queue.
    pub(super) fn stop(&mut self, why: SeriesEnd) {
        self.sending = false;
        self.end = self.end.or(Some(why));
    }

    pub(super) fn is_running(&self) -> bool {
        self.end.is_none()
    }

    pub(super) fn open(&self) -> &[TaskId] {
        &self.open
    }

    /// What it does, as a sentence.
    pub(super) fn words(&self) -> String {
        let sent = self.sent;
        let waiting = match self.open.len() {
            0 => String::new(),
            count => format!(" {count} of them not done yet."),
        };
        match (self.end, self.runs) {
            (None, Some(runs)) => format!("{sent} of {runs} sent."),
            (None, None) => format!("Goes on until stopped. {sent} sent.{waiting}"),
            (Some(SeriesEnd::Complete), _) => format!("All {sent} sent.{waiting}"),
            (Some(SeriesEnd::Stopped), _) => format!("Stopped after {sent}.{waiting}"),
            (Some(SeriesEnd::Failed), _) => format!("Stopped after {sent}, because one failed.{waiting}"),
            (Some(SeriesEnd::Refused), _) => format!("Stopped after {sent}: the next was refused."),
            (Some(SeriesEnd::Away), _) => format!("Stopped after {sent}: Darkroom cannot be reached."),
            (Some(SeriesEnd::Same), _) => {
                format!("Stopped after {sent}: all seeds are fixed, so the next picture would be the same. Set a seed to random.")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn id(number: u32) -> TaskId {
        TaskId(Uuid::from_u128(number.into()))
    }

    #[test]
    fn a_number_of_runs_is_sent_one_by_one_and_not_more() {
        let mut series = Series::new(Some(3));
        for number in 0..3 {
            assert!(series.next(), "run {number}");
            assert!(!series.next(), "one order at a time");
            series.accepted(id(number));
        }
        assert!(!series.next() && !series.is_running());
        assert_eq!(series.words(), "All 3 sent. 3 of them not done yet.");
        (0..3).for_each(|number| series.ended(id(number), TaskState::Completed));
        assert_eq!(series.words(), "All 3 sent.");
        assert_eq!(Series::new(Some(0)), Series::new(Some(1)));
        assert_eq!(Series::new(Some(u32::MAX)), Series::new(Some(limits::SERIES)));
    }

    #[test]
    fn without_a_number_only_few_wait_and_each_end_makes_room() {
        let mut series = Series::new(None);
        let mut number = 0;
        let mut fill = |series: &mut Series| {
            while series.next() {
                series.accepted(id(number));
                number += 1;
            }
            number
        };
        let most = u32::try_from(limits::SERIES_AT_ONCE).unwrap();
        assert_eq!(fill(&mut series), most);
        for ended in 0..50 {
            series.ended(id(ended), TaskState::Completed);
            assert_eq!(fill(&mut series), most + ended + 1);
            assert_eq!(series.open().len(), limits::SERIES_AT_ONCE);
        }
        series.ended(id(999), TaskState::Failed);
        assert!(series.is_running(), "a task of somebody else");
    }

    #[test]
    fn a_series_ends_with_the_first_reason_and_sends_nothing_more() {
        let mut series = Series::new(None);
        assert!(series.next());
        series.accepted(id(1));
        series.ended(id(1), TaskState::Failed);
        series.stop(SeriesEnd::Stopped);
        assert!(!series.next());
        assert_eq!(series.words(), "Stopped after 1, because one failed.");
        let mut numbered = Series::new(Some(5));
        assert!(numbered.next());
        numbered.accepted(id(1));
        numbered.ended(id(1), TaskState::Failed);
        assert!(numbered.is_running(), "the others may succeed");
        assert!(numbered.next());
        numbered.stop(SeriesEnd::Away);
        assert!(!numbered.next());
    }
}
