//! The ComfyUIs: which there are, who gets the next task, and what becomes of the tasks of one that is lost.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::{
    backend::Backend,
    clock::now,
    config::Config,
    tracker::{PoolSeat, Tracker},
};
use proto::{
    comfy::{Missing, Needs},
    ids::BackendId,
    task::{Problem, RetryPolicy, Task, retry},
};

pub(crate) struct Pool {
    backends: Vec<Arc<Backend>>,
    tracker: Arc<Tracker>,
    /// Prompts that one ComfyUI gets at a time.
    pub(crate) at_once: usize,
    lost_after: Duration,
    retry_policy: RetryPolicy,
}

/// What time alone changes is seen this late at most: a ComfyUI that is lost by now, or has rested.
const TICK: Duration = Duration::from_secs(1);

impl Pool {
    pub(crate) fn new(backends: Vec<Arc<Backend>>, tracker: Arc<Tracker>, config: &Config) -> Self {
        Self { backends, tracker, at_once: config.prompts_at_once, lost_after: config.lost_after, retry_policy: config.retry_policy() }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Backend>> {
        self.backends.iter()
    }

    pub(crate) fn get(&self, id: &BackendId) -> Option<&Arc<Backend>> {
        self.backends.iter().find(|backend| backend.id == *id)
    }

    pub(crate) fn seats(&self) -> Vec<PoolSeat> {
        self.backends.iter().map(|backend| backend.seat()).collect()
    }

    /// Some ComfyUI is there to take tasks.
    pub(crate) fn is_ready(&self) -> bool {
        self.backends.iter().any(|backend| backend.takes_tasks())
    }

    /// Sends what can be sent, whenever that may have changed, until `stop`.
    pub(crate) async fn run(self: Arc<Self>, stop: CancellationToken) {
        self.leave_unknown();
        let mut tick = interval(TICK);
        let mut expected = Instant::now();
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.tracker.changed() => {}
                _ = tick.tick() => {}
            }
            self.leave_lost();
            let seats = self.seats();
            for (task, backend) in self.tracker.to_recall(&seats) {
                if let Some(backend) = self.get(&backend).filter(|backend| backend.begin_recall(task)).cloned() {
                    tokio::spawn(async move { backend.recall(task).await });
                }
            }
            while let Some((task, backend)) = self.tracker.assign_next(&seats, self.at_once) {
                let Some(backend) = self.get(&backend).cloned() else { continue };
                backend.send_soon(task);
            }
            if expected.elapsed() >= TICK {
                expected = Instant::now();
                self.tracker.expect_starts(&seats);
            }
        }
    }

    /// Tasks of an earlier life whose ComfyUI is no longer in the settings are lost there.
    fn leave_unknown(&self) {
        let is_unknown = |task: &Task| task.backend.as_ref().is_some_and(|id| self.get(id).is_none());
        for task in self.tracker.unfinished(is_unknown) {
            self.tracker.decide(task, |task| {
                let name = task.backend.as_ref().map_or("", BackendId::as_str);
                retry(task, &format!("{name} was taken out of the settings"), self.retry_policy, now())
            });
        }
    }

    /// The tasks of a ComfyUI that is away for too long go to others that have what they need. Where there is no other they wait for it.
    fn leave_lost(&self) {
        for backend in &self.backends {
            let Some(away) = backend.away_for().filter(|away| *away >= self.lost_after) else { continue };
            let others: Vec<PoolSeat> = self.seats().into_iter().filter(|seat| seat.open && seat.id != backend.id).collect();
            for task in backend.in_flight() {
                let elsewhere = self.tracker.job(task).is_some_and(|job| others.iter().any(|seat| job.needs.met_by(&seat.catalog)));
                if elsewhere || !self.retry_policy.rerun {
                    backend.lose(task, &format!("ComfyUI could not be reached for {} s", away.as_secs()));
                }
            }
        }
    }

    /// What no ComfyUI has of all that a workflow needs, told of the one that lacks least. Empty when one has everything, or nothing is
    /// known of any. Choices that may be old are read again before they are held against anybody.
    pub(crate) async fn lacking(&self, needs: &Needs) -> Vec<Problem> {
        if self.backends.iter().any(|backend| needs.met_by(&backend.catalog())) {
            return Vec::new();
        }
        for backend in &self.backends {
            backend.refresh_catalog().await;
        }
        let missing = self.backends.iter().map(|backend| needs.missing(&backend.catalog()));
        let least = missing.min_by_key(Vec::len).unwrap_or_default();
        least.into_iter().map(|missing| self.problem(missing)).collect()
    }

    fn problem(&self, missing: Missing) -> Problem {
        let among = match self.backends.len() {
            1 => "ComfyUI does not have",
            _ => "None of these ComfyUIs has",
        };
        let (input, message) = match missing.model {
            Some((input, file)) => (Some(input), format!("{among} the file {file}")),
            None => (None, format!("{among} the node class {}", missing.class)),
        };
        Problem { node: Some(missing.node), title: Some(missing.title), input, message }
    }
}
