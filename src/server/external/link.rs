//! Keeps Redis connected, by the rules of every link of Darkroom ([`proto::link`]): waits with jitter that double, pings, and a state to show.

use std::sync::{Arc, atomic::Ordering};

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
            pings: None,
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
    open: Option<AbortHandle>,
    pings: Option<mpsc::Sender<()>>,
    /// Why the last connection ended.
    why: Option<String>,
}

impl RedisDriver {
    fn event(&mut self, generation: Generation, event: ConnectionEvent) {
        match event {
            ConnectionEvent::Opened => {
                if self.link.link().counters().reconnects > 0 {
                    self.programs.counters.reconnects.store(self.link.link().counters().reconnects.into(), Ordering::Relaxed);
                }
                self.why = None;
                self.input(Input::Opened(generation));
            }
            ConnectionEvent::Received => self.input(Input::Received(generation)),
            ConnectionEvent::Pong => self.input(Input::Pong(generation)),
            ConnectionEvent::Lost { why, is_refusal } => {
                tracing::warn!(%why, "Redis is not connected");
                self.why = Some(why.clone());
                self.disconnected();
                self.input(Input::Lost(generation, if is_refusal { Loss::Refused(why) } else { Loss::Dropped }));
            }
        }
    }

    fn input(&mut self, input: Input) {
        for output in self.link.handle(input) {
            self.carry_out(output);
        }
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Connect(generation) => {
                let (pings, asked) = mpsc::channel(1);
                let job = ConnectionJob { programs: self.programs.clone(), generation, events: self.events.clone(), pings: asked };
                self.pings = Some(pings);
                self.open = Some(self.jobs.spawn(job.run()));
            }
            Output::Close(_) => {
                if let Some(open) = self.open.take() {
                    open.abort();
                }
                self.why.get_or_insert_with(|| "it did not answer in time".to_owned());
                self.disconnected();
            }
            Output::Ping(_) => {
                if let Some(pings) = &self.pings {
                    // One that waits already will do.
                    let _ = pings.try_send(());
                }
            }
            // Redis answered that it refuses, as the connection said.
            Output::Poll => {
                let answer = self.why.clone().map_or(HttpAnswer::Unreachable, HttpAnswer::Refused);
                self.input(Input::Http(answer));
            }
            Output::State(state) => {
                if state == LinkState::Connected {
                    tracing::info!("Redis is connected");
                }
                self.programs.status.link(&state, self.why.clone());
            }
            Output::Check | Output::Wake(..) => {}
        }
    }

    fn disconnected(&mut self) {
        self.pings = None;
        self.programs.status.listening(false);
        if let Some(redis) = &self.programs.redis {
            *redis.commands.lock() = None;
        }
    }
}
