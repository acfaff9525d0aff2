//! The event loop of a run: socket, pending requests, timers, cancellation.

use std::{sync::Arc, time::Duration};

use tokio::{
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};
use uuid::Uuid;

use super::{
    results::RunResults,
    send,
    state::{ComfyRun, JobResult, SendState, failed},
};
use crate::{
    ClientError, Connection, Options, Outcome, Progress,
    guard::Guard,
    learned,
    outcome::Source,
    progress::Reporter,
    tracked::Tracked,
    watch::{LinkWatch, WatchEvent},
};
use comfyui::{self, ComfyClient, Endpoint, FEATURE_FLAGS, Presence};
use proto::{
    comfy::{ComfyEvent, Workflow, decode_text},
    ids::{BackendId, TaskId},
    link::BreakerConfig,
    task::{Node, TaskState},
};

/// Events sent before the socket is open are not repeated: the prompt is held back for at most this long until it is.
const SOCKET_WITHIN: Duration = Duration::from_secs(3);
/// A server that sends nothing for this long at the start counts as unreachable.
const FIRST_CONTACT: Duration = Duration::from_secs(15);
/// Interval for moving a time-based bar and for checking limits.
const TICK: Duration = Duration::from_millis(250);
pub(crate) async fn run<F: FnMut(Progress)>(
    mut endpoint: Endpoint,
    mut workflow: Workflow,
    options: Options,
    guard: Guard,
    mut reporter: Reporter<F>,
) -> Result<Outcome, ClientError> {
    let client_id = Uuid::now_v7().to_string();
    endpoint.access = options.access.clone();
    let client = ComfyClient::new(endpoint, BreakerConfig::default(), client_id, Arc::new(()), options.request_lag)
        .map_err(|error| ClientError::Unexpected(error.to_string()))?;
    guard.during(send::upload(&client, &mut workflow, &options, &mut reporter)).await?;
    let handshake = client.handshake().map_err(|error| ClientError::Usage(error.to_string()))?;
    let id = TaskId(Uuid::now_v7());
    reporter.blind = true;
    let backend = BackendId::from(options.url());
    let durations = options.learned.as_deref().map(learned::load).unwrap_or_default();
    let mut run = ComfyRun {
        watch: LinkWatch::open(options.link.clone(), handshake, FEATURE_FLAGS.into()),
        tracked: Tracked::new(id, &options.name, &workflow, backend.clone(), durations),
        backend,
        workflow: Arc::new(workflow),
        results: RunResults::default(),
        presence: Presence::default(),
        reporter,
        jobs: JoinSet::new(),
        sending: SendState::NotYet,
        post_at: Some(Instant::now() + SOCKET_WITHIN),
        broken: 0,
        is_polling: false,
        poll_requested: false,
        poll_at: None,
        polled_at: Instant::now(),
        ahead: None,
        began: Instant::now(),
        contact: None,
        trouble: None,
        stop: None,
        client,
        options,
    };
    let ended = run.until_ended(&guard).await;
    run.watch.driver.close().await;
    if let Some(file) = &run.options.learned {
        // Losing durations is harmless: they are learned again.
        let _ = learned::keep(file, run.tracked.durations());
    }
    ended?;
    let (client, results, task) = (run.client, run.results, run.tracked.task());
    Ok(Outcome::new(task, |output| results.source(task.attempt, output).unwrap_or_else(|| Source::ComfyUi(client.clone()))))
}

impl<F: FnMut(Progress)> ComfyRun<F> {
    async fn until_ended(&mut self, guard: &Guard) -> Result<(), ClientError> {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let far = Instant::now() + Duration::from_secs(3600);
            let (post_at, poll_at) = (self.post_at.unwrap_or(far), self.poll_at.unwrap_or(far));
            tokio::select! {
                signal = self.watch.next() => self.signal(signal),
                Some(done) = self.jobs.join_next() => match done {
                    Ok(done) => self.done(done)?,
                    // A poll that panicked returns no result.
                    Err(_) => self.is_polling = false,
                },
                () = sleep_until(post_at) => self.post(),
                () = sleep_until(poll_at) => self.poll(),
                _ = tick.tick() => self.tick()?,
                why = guard.stopped(), if self.stop.is_none() => self.begin_cancel(why),
            }
            self.reporter.task(self.tracked.task(), self.ahead);
            if let Some(ended) = self.ended() {
                return ended;
            }
        }
    }

    fn signal(&mut self, event: WatchEvent) {
        use comfyui::LinkEvent;
        match event {
            WatchEvent::Link(LinkEvent::Opened) => {
                self.record_contact();
                self.results.socket_broke();
                self.send_or_poll();
            }
            WatchEvent::Link(LinkEvent::Text(text)) => {
                self.record_contact();
                self.frame(&text);
            }
            WatchEvent::Link(LinkEvent::Binary(frame)) => {
                self.record_contact();
                self.results.binary(&mut self.tracked, &self.workflow, &frame);
            }
            WatchEvent::Link(LinkEvent::Lost) => {
                self.presence.contact_lost();
                self.results.socket_broke();
                self.send_or_poll();
            }
            WatchEvent::Link(LinkEvent::Gone) => self.presence.gone(),
            WatchEvent::Link(LinkEvent::Poll) => self.send_or_poll(),
            WatchEvent::Link(LinkEvent::Check) => self.poll(),
            WatchEvent::Link(LinkEvent::Pong | LinkEvent::State(_)) => {}
            WatchEvent::Connection(connection) => {
                self.reporter.blind = connection != Connection::Live;
                self.reporter.report(Progress::Connection(connection));
            }
        }
    }

    fn send_or_poll(&mut self) {
        match self.sending {
            // A prompt that failed to send is retried by its own timer.
            SendState::NotYet if self.broken == 0 && self.trouble.is_none() => self.post(),
            SendState::NotYet | SendState::InFlight => {}
            SendState::Sent => self.poll(),
        }
    }

    fn frame(&mut self, text: &str) {
        // Unreadable frames are skipped: the next poll makes up for them.
        let Ok(event) = decode_text(&self.options.extra_data.hide(text)) else { return };
        match &event {
            // The position in the queue may have changed.
            ComfyEvent::Status(_) if self.tracked.task().state == TaskState::Queued => self.poll_soon(),
            // Only sent when a socket reconnects while its prompt runs (fact 2).
            ComfyEvent::Executing(executing) if executing.prompt_id.is_none() => self.poll_soon(),
            _ => {}
        }
        let is_ours = event.prompt_id() == Some(&self.prompt());
        self.results.event(&mut self.tracked, &self.workflow, &event, is_ours);
        if !is_ours {
            return;
        }
        self.presence.saw(self.id());
        self.tracked.event(&event);
        if matches!(&event, ComfyEvent::Executing(executing) if executing.node.is_none()) {
            self.poll();
        }
    }

    fn done(&mut self, done: JobResult) -> Result<(), ClientError> {
        match done {
            JobResult::Posted(posted) => self.posted(posted),
            JobResult::Polled(polled) => self.polled(polled),
            JobResult::Stopped(stopped) => {
                self.stopped(stopped);
                Ok(())
            }
        }
    }

    fn tick(&mut self) -> Result<(), ClientError> {
        let task = self.tracked.task();
        self.watch.driver.expect(task.state.is_handed_over());
        // There is no new information between two ticks of a slow step; the estimated end must not move away.
        if !self.reporter.blind && !task.current_node().is_some_and(Node::has_bar) {
            self.tracked.tick();
        }
        self.continue_cancel();
        let (silent, patience) = match self.contact {
            Some(contact) => (contact.elapsed(), self.options.give_up_after),
            None => (self.began.elapsed(), FIRST_CONTACT.min(self.options.give_up_after)),
        };
        if silent < patience {
            return Ok(());
        }
        Err(self.unreachable())
    }

    /// The result, if the run has ended.
    fn ended(&self) -> Option<Result<(), ClientError>> {
        let task = self.tracked.task();
        match (task.state, &self.stop) {
            (TaskState::Completed, _) => Some(Ok(())),
            (TaskState::Cancelled, Some(stop)) => Some(Err(stop.error(Some(task.id), true))),
            (TaskState::Cancelled, None) => Some(Err(ClientError::cancelled_elsewhere(task.id))),
            (TaskState::Failed, _) => Some(Err(failed(task))),
            (_, Some(stop)) if self.sending == SendState::NotYet => Some(Err(stop.error(None, true))),
            (_, Some(stop)) if stop.is_late() => Some(Err(stop.error(Some(task.id), false))),
            _ => None,
        }
    }
}
