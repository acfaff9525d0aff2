//! The reducer: what reports make of a task.
//!
//! Reports come doubled, late and out of order: Celery tells the same thing over its result backend and over events, which it collects before it sends them. So
//! nothing is taken in the order in which it comes. Of one attempt the highest state counts; which attempt a report is about follows from the number of retries
//! in it, from the worker's own clock, or, within the result backend, from the order.

use super::{
    fact::{FactOrigin, ProgressReading, ProgressScale, TaskFact, WorkerFact},
    join::ExternalJoin,
    task::{ExternalError, ExternalResult, ExternalState, ExternalTask, ResultFormat},
    worker::ExternalWorker,
};
use crate::time::Timestamp;

/// Which attempt a report is about.
enum FactAttempt {
    Earlier,
    Present,
    /// The one with this many before it.
    Next(u32),
}

impl ExternalTask {
    /// A task of which nothing is known yet but what the first report says.
    #[must_use]
    pub fn first(fact: &TaskFact, now: Timestamp) -> Self {
        let mut task = Self {
            id: fact.id.clone(),
            source: fact.source.clone(),
            join: ExternalJoin::of_task_id(&fact.id),
            first_seen: now,
            retries: fact.retries.unwrap_or_default(),
            ..Self::default()
        };
        // The retries before it were told before anybody listened.
        (task.attempt.retry_events, task.attempt.retry_results) = (task.retries, task.retries);
        task.apply(fact, now);
        task
    }

    /// Takes a report in. Returns whether it tells something new.
    pub fn apply(&mut self, fact: &TaskFact, now: Timestamp) -> bool {
        if fact.origin.is_result() && fact.content != 0 {
            if self.attempt.last_result == fact.content {
                return false;
            }
            self.attempt.last_result = fact.content;
        }
        let before = self.clone();
        if fact.origin != FactOrigin::StoredResult {
            self.last_seen = self.last_seen.max(now);
            self.stale = false;
        }
        self.last_seen = self.last_seen.max(self.first_seen);
        self.confirmed |= fact.state != Some(ExternalState::Revoked) || !fact.origin.is_result();
        self.join.merge(&fact.join);
        fill(&mut self.name, fact.name.as_ref());
        fill(&mut self.parent_id, fact.parent_id.as_ref());
        match self.attempt_of(fact) {
            FactAttempt::Earlier => {}
            FactAttempt::Present => self.advance(fact, now),
            FactAttempt::Next(retries) => {
                self.begin_attempt(retries);
                self.advance(fact, now);
            }
        }
        if fact.state == Some(ExternalState::Received)
            && fact.retries == Some(self.retries)
            && fact.worker_us.is_some_and(|us| self.attempt.received_us.is_none_or(|known| known < us))
        {
            self.attempt.received_us = fact.worker_us;
        }
        Self { last_seen: before.last_seen, attempt: before.attempt.clone(), ..self.clone() } != before
    }

    fn attempt_of(&mut self, fact: &TaskFact) -> FactAttempt {
        let state = fact.state.unwrap_or_default();
        // A retry ends an attempt: the nth one that with n - 1 before it.
        let ended = (state == ExternalState::Retry).then(|| self.count_retry(fact));
        if state.is_final() || self.state.is_final() {
            // Nothing begins anew, but it is known better how many attempts there were.
            let before = fact.retries.or(ended.map(|ended| ended + 1)).unwrap_or_default();
            let is_earlier = !state.is_final() && fact.retries.or(ended).is_some_and(|retries| retries < self.retries);
            self.retries = self.retries.max(before);
            return if is_earlier { FactAttempt::Earlier } else { FactAttempt::Present };
        }
        match fact.retries.or(ended) {
            Some(retries) if retries > self.retries => return FactAttempt::Next(retries),
            Some(retries) if retries < self.retries => return FactAttempt::Earlier,
            Some(_) if state == ExternalState::Retry => return FactAttempt::Present,
            _ => {}
        }
        if self.state == ExternalState::Retry && state > ExternalState::Pending && state < ExternalState::Retry {
            // Something goes on after the retry: the next attempt. Or it is late.
            let is_later = match (fact.worker_us, self.attempt.retried_us) {
                (Some(at), Some(retried)) => at > retried,
                (Some(_), None) => false,
                (None, _) => true,
            };
            return if is_later { FactAttempt::Next(self.retries + 1) } else { FactAttempt::Earlier };
        }
        match (fact.worker_us, self.attempt.received_us) {
            (Some(at), Some(received)) if at < received && fact.retries.is_none() => FactAttempt::Earlier,
            _ => FactAttempt::Present,
        }
    }

    /// Counts a retry. Returns how many attempts were before the one that it ended.
    fn count_retry(&mut self, fact: &TaskFact) -> u32 {
        if let Some(retries) = fact.retries {
            let counter = if fact.origin.is_result() { &mut self.attempt.retry_results } else { &mut self.attempt.retry_events };
            *counter = (*counter).max(retries + 1);
            return retries;
        }
        let counter = if fact.origin.is_result() { &mut self.attempt.retry_results } else { &mut self.attempt.retry_events };
        *counter += 1;
        *counter - 1
    }

    fn begin_attempt(&mut self, retries: u32) {
        self.retries = retries;
        self.state = ExternalState::Pending;
        (self.stage, self.progress, self.message, self.current, self.total) = (None, None, None, None, None);
        self.attempt.reached = None;
        self.attempt.received_us = None;
        self.attempt.error_by_result = false;
    }

    /// What a report says about the present attempt.
    fn advance(&mut self, fact: &TaskFact, now: Timestamp) {
        let told = fact.state.unwrap_or_default();
        let is_more = told > self.state;
        self.note_progress(fact);
        self.note_error(fact, is_more);
        if let Some(worker) = &fact.worker
            && (told >= self.state || self.worker.is_none())
        {
            self.worker = Some(worker.clone());
        }
        if told == ExternalState::Retry {
            self.attempt.retried_us = fact.worker_us.or(self.attempt.retried_us);
        }
        if told == ExternalState::Progress && told >= self.state {
            self.stage.clone_from(&fact.stage);
        }
        if is_more {
            self.state = told;
        }
        if !self.state.is_final() {
            return;
        }
        self.stage = None;
        self.stale = false;
        if is_more {
            self.ended_at = Some(fact.done_at.unwrap_or(now));
        }
        if self.state == ExternalState::Success {
            self.progress = Some(1000);
            self.error = None;
            note_result(&mut self.result, fact.result.as_ref().filter(|_| told == ExternalState::Success));
        }
    }

    fn note_progress(&mut self, fact: &TaskFact) {
        let Some(reading) = fact.progress else {
            if let Some(message) = &fact.message
                && !self.state.is_final()
            {
                self.message = Some(message.clone());
            }
            return;
        };
        let was_in_percent = self.attempt.in_percent;
        let permille = self.permille(reading);
        // What was taken for a share of 1 was percent.
        let is_corrected = self.attempt.in_percent && !was_in_percent;
        if !is_corrected && self.attempt.reached.is_some_and(|reached| reached > permille) {
            return;
        }
        self.attempt.reached = Some(permille);
        if self.state != ExternalState::Success {
            self.progress = Some(permille);
        }
        if let ProgressReading::Steps { current, total } = reading {
            (self.current, self.total) = (Some(current), Some(total));
        }
        if fact.message.is_some() {
            self.message.clone_from(&fact.message);
        }
    }

    fn permille(&mut self, reading: ProgressReading) -> u16 {
        let permille = match reading {
            ProgressReading::Steps { current, total } => u128::from(current) * 1000 / u128::from(total.max(1)),
            ProgressReading::Number { thousandths, scale } => {
                self.attempt.in_percent = match scale {
                    ProgressScale::Auto => self.attempt.in_percent || thousandths > 1000,
                    ProgressScale::Fraction => false,
                    ProgressScale::Percent => true,
                };
                u128::from(if self.attempt.in_percent { thousandths / 100 } else { thousandths })
            }
        };
        u16::try_from(permille.min(1000)).unwrap_or(1000)
    }

    /// `is_more`: the state that comes with the error is a new one, so the error before is another one's.
    fn note_error(&mut self, fact: &TaskFact, is_more: bool) {
        let by_result = fact.origin.is_result();
        if is_more {
            if fact.state >= Some(ExternalState::Retry) {
                self.error.clone_from(&fact.error);
                self.attempt.error_by_result = by_result && fact.error.is_some();
            }
            return;
        }
        let Some(error) = fact.error.as_ref().filter(|_| fact.state == Some(self.state)) else { return };
        let known = self.error.take();
        let of_known = known.as_ref().and_then(|known| known.traceback.clone());
        let (kept, other) = match known {
            Some(known) if self.attempt.error_by_result && !by_result => (known, error.traceback.clone()),
            _ => (error.clone(), of_known),
        };
        self.error = Some(ExternalError { traceback: kept.traceback.clone().or(other), ..kept });
        self.attempt.error_by_result |= by_result;
    }
}

/// The value is worth more than a text about it.
fn note_result(known: &mut Option<ExternalResult>, told: Option<&ExternalResult>) {
    if let Some(told) = told
        && known.as_ref().is_none_or(|known| known.format == ResultFormat::Python && told.format == ResultFormat::Json)
    {
        *known = Some(told.clone());
    }
}

fn fill(known: &mut Option<String>, told: Option<&String>) {
    if known.is_none() {
        *known = told.cloned();
    }
}

impl ExternalWorker {
    /// A worker of which nothing is known yet but what the first event says.
    #[must_use]
    pub fn first(fact: &WorkerFact, now: Timestamp) -> Self {
        let mut worker = Self { hostname: fact.hostname.clone(), first_seen: now, ..Self::default() };
        worker.apply(fact, now);
        worker
    }

    /// Takes an event in, unless it is older than the last one of the same process.
    pub fn apply(&mut self, fact: &WorkerFact, now: Timestamp) {
        if self.pid == fact.pid && fact.clock < self.clock {
            return;
        }
        self.pid = fact.pid;
        self.clock = fact.clock;
        self.last_seen = self.last_seen.max(now);
        self.stopped_at = fact.stops.then_some(now);
        for (known, told) in [(&mut self.active, fact.active), (&mut self.processed, fact.processed)] {
            *known = told.or(*known);
        }
        self.load = fact.load.or(self.load);
        for (known, told) in [(&mut self.software, &fact.software), (&mut self.system, &fact.system)] {
            if told.is_some() {
                known.clone_from(told);
            }
        }
    }
}
