//! Keeps Redis connected, by the rules of every link of Darkroom ([`proto::link`]): waits with jitter that double, pings, and a state to show.

use std::{
    collections::VecDeque,
    sync::{Arc, atomic::Ordering},
};

use comfyui::TimedLink;
use proto::link::{Generation, HttpAnswer, Input, LinkState, Loss, Output};
use tokio::{
    sync::mpsc,
    task::{AbortHandle, JoinSet},
};

use super::{
    connection::{ConnectionEvent, ConnectionJob},
    programs::{ExternalPrograms, Redis},
};

impl ExternalPrograms {
    /// For ever.
    pub(super) async fn keep_linked(self: Arc<Self>, redis: &Redis) {
        let (events, mut inbox) = mpsc::channel(64);
        let mut driver = RedisDriver {
            programs: self.clone(),
            link: TimedLink::new(redis.link.clone()),
            events,
            jobs: JoinSet::new(),
            open: None,
            why: None,
        };
        driver.input(Input::Start);
        loop {
            tokio::select! {
                () = driver.link.due() => driver.input(Input::Wake),
                Some((generation, event)) = inbox.recv() => driver.event(generation, event),
                // Jobs that ended are taken out.
                Some(_) = driver.jobs.join_next() => {}
            }
        }
    }
}

/// The link and its connection.
struct RedisDriver {
    programs: Arc<ExternalPrograms>,
    link: TimedLink,
    events: mpsc::Sender<(Generation, ConnectionEvent)>,
    jobs: JoinSet<()>,
    open: Option<OpenConnection>,
    /// Why the last connection ended.
    why: Option<String>,
}

/// The connection that is there, or is being made.
struct OpenConnection {
    generation: Generation,
    job: AbortHandle,
    pings: mpsc::Sender<()>,
}

impl RedisDriver {
    fn event(&mut self, generation: Generation, event: ConnectionEvent) {
        if self.open.as_ref().is_none_or(|open| open.generation != generation) {
            return;
        }
        match event {
            ConnectionEvent::Opened(commands) => {
                self.why = None;
                self.programs.connected(commands);
                self.input(Input::Opened(generation));
                self.programs.counters.reconnects.store(self.link.link().counters().reconnects.into(), Ordering::Relaxed);
            }
            ConnectionEvent::Received => self.input(Input::Received(generation)),
            ConnectionEvent::Pong => self.input(Input::Pong(generation)),
            ConnectionEvent::Lost { why, is_refusal } => {
                tracing::warn!(%why, "Redis is not connected");
                self.why = Some(why.clone());
                self.open = None;
                self.programs.disconnected();
                self.input(Input::Lost(generation, if is_refusal { Loss::Refused(why) } else { Loss::Dropped }));
            }
        }
    }

    /// Carries out everything that follows from an input.
    fn input(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            for output in self.link.handle(input) {
                inputs.extend(self.carry_out(output));
            }
        }
    }

    /// Returns what is answered at once.
    fn carry_out(&mut self, output: Output) -> Option<Input> {
        match output {
            Output::Connect(generation) => {
                let (pings, asked) = mpsc::channel(1);
                let job = ConnectionJob { programs: self.programs.clone(), generation, events: self.events.clone(), pings: asked };
                self.open = Some(OpenConnection { generation, job: self.jobs.spawn(job.run()), pings });
            }
            Output::Close(_) => {
                if let Some(open) = self.open.take() {
                    open.job.abort();
                }
                self.why.get_or_insert_with(|| "it did not answer in time".to_owned());
                self.programs.disconnected();
            }
            Output::Ping(_) => {
                // One that waits already will do.
                let _ = self.open.as_ref().map(|open| open.pings.try_send(()));
            }
            // Redis answered that it refuses, as the connection said. There is no other way to ask.
            Output::Poll => return Some(Input::Http(self.why.clone().map_or(HttpAnswer::Unreachable, HttpAnswer::Refused))),
            Output::State(state) => {
                if state == LinkState::Connected {
                    tracing::info!("Redis is connected");
                }
                self.programs.status.link(&state, self.why.clone());
            }
            Output::Check | Output::Wake(..) => {}
        }
        None
    }
}
