//! Through a Darkroom: the run is a task there. It is handed in once, whatever becomes of the answer, and followed as a page follows it.

mod api;
mod send;

use std::time::Duration;

pub(super) use api::{Api, ApiError};
use tokio::{
    task::JoinSet,
    time::{Instant, interval, sleep},
};
use uuid::Uuid;

use super::{
    ClientError, Options, Outcome, Progress,
    guard::{Guard, Why},
    outcome::Source,
    progress::Reporter,
    via_comfyui::{STOP_WITHIN, failed},
    watch::{Watch, WatchEvent},
};

use proto::{
    comfy::Workflow,
    ids::{SessionId, TaskId},
    submit::Submission,
    task::{Snapshot, Task, TaskState},
    wire::{ClientMessage, Command, Frame, News, PROTOCOL, Prefer, Resume, ServerMessage, Topic},
};

/// Progress need not come oftener than a terminal shows it.
const TICK_MS: u16 = 100;
/// How often limits are looked at.
const TICK: Duration = Duration::from_millis(250);

pub(super) async fn run<F: FnMut(Progress)>(
    url: url::Url,
    mut workflow: Workflow,
    options: Options,
    guard: Guard,
    mut reporter: Reporter<F>,
) -> Result<Outcome, ClientError> {
    let api = Api::new(url, options.authorization.clone()).map_err(|error| error.into_client(&options, None))?;
    guard.during(send::upload(&api, &mut workflow, &options, &mut reporter)).await?;
    let json = serde_json::to_string(&workflow).map_err(|error| ClientError::Unexpected(error.to_string()))?;
    let submission = Submission::Workflow { name: options.name.clone(), json };
    let (id, stop) = send::submit(&api, &submission, &options, &guard).await?;
    reporter.queued(id);
    let request = api.socket_request()?;
    let mut run = Run {
        watch: Watch::open(options.link.clone(), request, hello(id, None).into()),
        id,
        state: Snapshot::default(),
        jobs: JoinSet::new(),
        asking: false,
        contact: Instant::now(),
        trouble: None,
        stop: None,
        reporter,
        api,
        options,
    };
    if let Some(why) = stop {
        run.begin_to_stop(why);
    }
    let ended = run.until_ended(&guard).await;
    run.watch.line.close().await;
    let task = ended?;
    Ok(Outcome::new(&task, |number| Source::Darkroom(run.api.clone(), id, number)))
}

fn hello(id: TaskId, resume: Option<Resume>) -> String {
    let prefer = Prefer { previews: false, tick_ms: TICK_MS };
    let session = SessionId(Uuid::now_v7());
    let hello = ClientMessage::Hello { protocol: PROTOCOL, session, resume, topics: vec![Topic::Task(id)], prefer };
    serde_json::to_string(&hello).unwrap_or_default()
}

struct Run<F> {
    options: Options,
    api: Api,
    watch: Watch,
    id: TaskId,
    state: Snapshot,
    jobs: JoinSet<Done>,
    /// One question at a time.
    asking: bool,
    /// When Darkroom last said anything.
    contact: Instant,
    trouble: Option<String>,
    stop: Option<(Why, Instant)>,
    reporter: Reporter<F>,
}

enum Done {
    News(Result<News, ApiError>),
    /// The task, which is not among those that are live any more.
    Kept(Result<Option<Box<Task>>, ApiError>),
    Cancelled(Result<(), ApiError>),
}

impl<F: FnMut(Progress)> Run<F> {
    async fn until_ended(&mut self, guard: &Guard) -> Result<Task, ClientError> {
        let mut tick = interval(TICK);
        loop {
            tokio::select! {
                signal = self.watch.next() => self.signal(signal),
                Some(done) = self.jobs.join_next() => match done {
                    Ok(done) => self.done(done)?,
                    Err(_) => self.asking = false,
                },
                _ = tick.tick() => self.tick()?,
                why = guard.stopped(), if self.stop.is_none() => self.begin_to_stop(why),
            }
            let task = self.state.task(self.id);
            if let Some(task) = task {
                self.reporter.task(task, None);
            }
            if let Some(ended) = self.ended(task) {
                return ended;
            }
        }
    }

    fn signal(&mut self, event: WatchEvent) {
        use comfyui::LinkEvent;
        match event {
            WatchEvent::Link(LinkEvent::Opened) => self.contact = Instant::now(),
            WatchEvent::Link(LinkEvent::Binary(frame)) => {
                self.contact = Instant::now();
                self.frame(&frame);
            }
            WatchEvent::Link(LinkEvent::Lost | LinkEvent::Refused | LinkEvent::Poll | LinkEvent::Check) => self.ask(),
            WatchEvent::Link(LinkEvent::Text(_) | LinkEvent::Gone | LinkEvent::Pong | LinkEvent::State(_)) => {}
            WatchEvent::Connection(connection) => self.reporter.tell(Progress::Connection(connection)),
        }
    }

    fn frame(&mut self, frame: &[u8]) {
        match Frame::decode(frame) {
            Ok(Frame::Changes(changes)) => {
                for change in &changes {
                    self.state.apply(change);
                }
            }
            Ok(Frame::Message(ServerMessage::Snapshot { snapshot })) => self.take_over(*snapshot),
            Ok(Frame::Message(_) | Frame::Preview(_)) => {}
            // What is here may be wrong: everything is asked for anew.
            Err(_) => self.state = Snapshot::default(),
        }
        self.resume_here();
    }

    fn take_over(&mut self, snapshot: Snapshot) {
        self.state = snapshot;
        if self.state.task(self.id).is_none_or(|task| !task.detailed) {
            let (api, id) = (self.api.clone(), self.id);
            self.jobs.spawn(async move { Done::Kept(api.task(id).await.map(|task| task.map(Box::new))) });
        }
    }

    /// The next socket goes on where this one ends.
    fn resume_here(&mut self) {
        let known = self.state.task(self.id).is_some();
        self.watch.line.greeting = hello(self.id, known.then(|| self.state.resume())).into();
    }

    /// Asks over HTTP for what was missed.
    fn ask(&mut self) {
        if !self.asking {
            self.asking = true;
            let (api, known) = (self.api.clone(), self.state.resume());
            self.jobs.spawn(async move { Done::News(api.news(&known).await) });
        }
    }

    fn done(&mut self, done: Done) -> Result<(), ClientError> {
        let failed = match done {
            Done::News(news) => {
                self.asking = false;
                match news {
                    Ok(News::Changes { frame, .. }) if frame.is_empty() => None,
                    Ok(News::Changes { frame, .. }) => {
                        self.frame(&frame);
                        None
                    }
                    Ok(News::Snapshot(snapshot)) => {
                        self.take_over(*snapshot);
                        self.resume_here();
                        None
                    }
                    Err(error) => Some(error),
                }
            }
            Done::Kept(Ok(Some(task))) => {
                let id = self.id;
                self.state.tasks.retain(|known| known.id != id);
                self.state.tasks.push(*task);
                None
            }
            Done::Kept(Ok(None)) => {
                return Err(ClientError::Unexpected(format!("The Darkroom at {} no longer knows task {}.", self.options.url(), self.id)));
            }
            Done::Cancelled(told) => {
                if told.is_err() {
                    self.tell_to_stop(send::RETRY_EVERY);
                }
                told.err()
            }
            Done::Kept(Err(error)) => Some(error),
        };
        match failed {
            None => {
                self.contact = Instant::now();
                self.trouble = None;
                Ok(())
            }
            Some(error) if error.is_final() => Err(error.into_client(&self.options, Some(self.id))),
            Some(error) => {
                self.trouble = Some(error.to_string());
                Ok(())
            }
        }
    }

    fn tick(&self) -> Result<(), ClientError> {
        if self.contact.elapsed() < self.options.give_up_after {
            return Ok(());
        }
        let why = self.trouble.as_deref().unwrap_or("it does not answer");
        Err(ClientError::Unreachable {
            why: format!("The Darkroom at {} cannot be reached: {why}", self.options.url()),
            task: Some(self.id),
        })
    }

    fn begin_to_stop(&mut self, why: Why) {
        self.stop = Some((why, Instant::now()));
        self.tell_to_stop(Duration::ZERO);
    }

    fn tell_to_stop(&mut self, wait: Duration) {
        let (api, task) = (self.api.clone(), self.id);
        self.jobs.spawn(async move {
            sleep(wait).await;
            Done::Cancelled(api.command(&Command::Cancel { task }).await)
        });
    }

    fn ended(&self, task: Option<&Task>) -> Option<Result<Task, ClientError>> {
        // As a summary it has no nodes, and its error no traceback: the whole task is on its way.
        if let Some(task) = task.filter(|task| task.detailed) {
            match (task.state, self.stop) {
                (TaskState::Completed, _) => return Some(Ok(task.clone())),
                (TaskState::Cancelled, Some((why, _))) => return Some(Err(why.error(Some(task.id), true))),
                (TaskState::Cancelled, None) => return Some(Err(ClientError::cancelled_elsewhere(task.id))),
                (TaskState::Failed, _) => return Some(Err(failed(task))),
                (TaskState::Accepted | TaskState::Queued | TaskState::Running, _) => {}
            }
        }
        let (why, _) = self.stop.filter(|(_, since)| since.elapsed() >= STOP_WITHIN)?;
        Some(Err(why.error(Some(self.id), false)))
    }
}
