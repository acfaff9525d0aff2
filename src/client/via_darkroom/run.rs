//! One task of a Darkroom, from its submission to its end.

use std::time::Duration;

use proto::{comfy::Workflow, ids::TaskId, task::TaskError};
use serde_json::json;
use tokio::{
    task::JoinSet,
    time::{Instant, Interval, interval, sleep},
};

use super::{
    Api, ApiError,
    events::{EventStream, StreamEvent},
    report::{OutputReport, Status, StatusReport, TaskReport},
    send,
};
use crate::{
    ClientError, Options, Outcome, Output, Progress, Running, RunningNode,
    guard::{Guard, Why},
    outcome::Source,
    progress::Reporter,
    via_comfyui::STOP_WITHIN,
    watch::ConnectionState,
};

/// Interval for checking limits, and for polling a task whose end was reported.
const TICK: Duration = Duration::from_millis(250);

pub(crate) async fn run<F: FnMut(Progress)>(
    url: url::Url,
    mut workflow: Workflow,
    options: Options,
    guard: Guard,
    mut reporter: Reporter<F>,
) -> Result<Outcome, ClientError> {
    let api = Api::new(url, &options.access).map_err(|error| error.into_client(&options, None))?;
    guard.during(send::upload(&api, &mut workflow, &options, &mut reporter)).await?;
    let mut body = json!({"workflow": workflow});
    if !options.extra_data.is_empty() {
        body["extra_data"] = options.extra_data.reveal();
    }
    if let Some(name) = send::task_name(&options.name) {
        body["name"] = name.into();
    }
    let (id, stop) = send::submit(&api, &body.to_string(), &options, &guard).await?;
    reporter.queued(id);
    let mut run = TaskRun {
        stream: EventStream::open(api.clone(), id, options.link.clone()),
        connection: ConnectionState::new("event stream"),
        polls: None,
        workflow,
        id,
        attempt: 1,
        jobs: JoinSet::new(),
        is_polling: false,
        over: false,
        contact: Instant::now(),
        trouble: None,
        stop: None,
        reporter,
        api,
        options,
    };
    if let Some(why) = stop {
        run.begin_cancel(why);
    }
    run.until_ended(&guard).await
}

struct TaskRun<F> {
    options: Options,
    api: Api,
    stream: EventStream,
    connection: ConnectionState,
    /// Streams are refused permanently: the task is polled at this interval.
    polls: Option<Interval>,
    workflow: Workflow,
    id: TaskId,
    attempt: u32,
    jobs: JoinSet<RequestResult>,
    /// One request for the task at a time.
    is_polling: bool,
    /// An event reported the end: poll the task for its details.
    over: bool,
    /// When Darkroom last answered or sent anything.
    contact: Instant,
    trouble: Option<String>,
    stop: Option<(Why, Instant)>,
    reporter: Reporter<F>,
}

/// The result of a request.
enum RequestResult {
    Task(Box<Result<TaskReport, ApiError>>),
    Cancelled(Result<(), ApiError>),
}

impl<F: FnMut(Progress)> TaskRun<F> {
    async fn until_ended(&mut self, guard: &Guard) -> Result<Outcome, ClientError> {
        let mut tick = interval(TICK);
        loop {
            let poll = async {
                match &mut self.polls {
                    Some(polls) => drop(polls.tick().await),
                    None => std::future::pending().await,
                }
            };
            let ended = tokio::select! {
                event = self.stream.next() => {
                    self.event(event);
                    None
                }
                () = poll => {
                    self.poll();
                    None
                }
                Some(done) = self.jobs.join_next() => match done {
                    Ok(done) => self.done(done)?,
                    Err(_) => {
                        self.is_polling = false;
                        None
                    }
                },
                _ = tick.tick() => {
                    self.tick()?;
                    None
                }
                why = guard.stopped(), if self.stop.is_none() => {
                    self.begin_cancel(why);
                    None
                }
            };
            if let Some(ended) = ended {
                return ended;
            }
        }
    }

    fn event(&mut self, event: StreamEvent) {
        match event {
            StreamEvent::Opened => self.contact = Instant::now(),
            StreamEvent::Report(report) => {
                self.contact = Instant::now();
                if report.status.is_final() {
                    self.over = true;
                    self.stream.close();
                    self.poll();
                } else {
                    self.report(&report);
                }
            }
            StreamEvent::Poll => self.poll(),
            StreamEvent::Refused => self.polls = Some(interval(self.options.link.poll_busy)),
            StreamEvent::State(state) => {
                if let Some(connection) = self.connection.changed(state, None) {
                    self.reporter.report(Progress::Connection(connection));
                }
            }
        }
    }

    /// Reports an unfinished task.
    fn report(&mut self, report: &StatusReport) {
        self.attempt = report.attempt.unwrap_or(self.attempt);
        let waits = report.status == Status::Queued || report.queue_position.is_some();
        self.reporter.if_new(if waits {
            Progress::Queued { task: self.id, ahead: report.queue_position.map(|position| position.saturating_sub(1)) }
        } else {
            Progress::Running(running(self.id, self.attempt, report))
        });
    }

    /// Requests the task over HTTP.
    fn poll(&mut self) {
        if !self.is_polling {
            self.is_polling = true;
            let (api, id) = (self.api.clone(), self.id);
            self.jobs.spawn(async move { RequestResult::Task(Box::new(api.task(id).await)) });
        }
    }

    fn done(&mut self, done: RequestResult) -> Result<Option<Result<Outcome, ClientError>>, ClientError> {
        let failed = match done {
            RequestResult::Task(task) => {
                self.is_polling = false;
                match *task {
                    Ok(task) => {
                        self.record_contact();
                        if task.state.status.is_final() {
                            return Ok(Some(self.end(task)));
                        }
                        self.report(&task.state);
                        return Ok(None);
                    }
                    Err(error) if error.is_not_found() => {
                        let url = self.options.url();
                        return Err(ClientError::Unexpected(format!("The Darkroom at {url} no longer knows task {}.", self.id)));
                    }
                    Err(error) => error,
                }
            }
            RequestResult::Cancelled(Ok(())) => {
                self.record_contact();
                return Ok(None);
            }
            RequestResult::Cancelled(Err(error)) => {
                self.cancel_task(send::RETRY_EVERY);
                error
            }
        };
        if failed.is_final() {
            return Err(failed.into_client(&self.options, Some(self.id)));
        }
        self.trouble = Some(failed.to_string());
        Ok(None)
    }

    fn record_contact(&mut self) {
        self.contact = Instant::now();
        self.trouble = None;
    }

    fn tick(&mut self) -> Result<(), ClientError> {
        if let Some((why, _)) = self.stop.filter(|(_, since)| since.elapsed() >= STOP_WITHIN) {
            return Err(why.error(Some(self.id), false));
        }
        if self.over {
            self.poll();
        }
        if self.contact.elapsed() < self.options.give_up_after {
            return Ok(());
        }
        let why = self.trouble.as_deref().unwrap_or("it does not answer");
        Err(ClientError::Unreachable {
            why: format!("The Darkroom at {} cannot be reached: {why}", self.options.url()),
            task: Some(self.id),
        })
    }

    fn begin_cancel(&mut self, why: Why) {
        self.stop = Some((why, Instant::now()));
        self.cancel_task(Duration::ZERO);
    }

    fn cancel_task(&mut self, wait: Duration) {
        let (api, id) = (self.api.clone(), self.id);
        self.jobs.spawn(async move {
            sleep(wait).await;
            RequestResult::Cancelled(api.cancel(id).await)
        });
    }

    fn end(&self, task: TaskReport) -> Result<Outcome, ClientError> {
        match (task.state.status, self.stop) {
            (Status::Completed, _) => Ok(self.outcome(&task)),
            (Status::Cancelled, Some((why, _))) => Err(why.error(Some(self.id), true)),
            (Status::Cancelled, None) => Err(ClientError::cancelled_elsewhere(self.id)),
            _ => {
                let error = task.error.map_or_else(|| TaskError::plain("The run failed, and nothing says why."), TaskError::from);
                Err(ClientError::Failed { task: self.id, error: Box::new(error) })
            }
        }
    }

    fn outcome(&self, task: &TaskReport) -> Outcome {
        let ran = task.started_at.zip(task.ended_at).map(|(started, ended)| ended.duration_since(started).unsigned_abs());
        let outputs = task.outputs.iter().zip(0..).map(|(output, number)| self.output(output, number)).collect();
        Outcome { task: self.id, attempt: task.state.attempt.unwrap_or(self.attempt), outputs, ran: ran.unwrap_or_default() }
    }

    /// `number`: the output's index in the task, used in URLs.
    fn output(&self, output: &OutputReport, number: u32) -> Output {
        let node = self.workflow.0.get(&output.node);
        let class = node.map(|node| node.class_type().to_owned());
        let title = node.and_then(|node| node.title().map(str::to_owned)).or_else(|| class.clone());
        Output {
            title: title.unwrap_or_else(|| output.node.0.clone()),
            class: class.unwrap_or_default(),
            node: output.node.clone(),
            kind: output.kind.into(),
            temporary: output.temporary,
            content: output.content(),
            source: Source::Darkroom(self.api.clone(), self.id, number),
        }
    }
}

fn running(task: TaskId, attempt: u32, report: &StatusReport) -> Running {
    let progress = &report.progress;
    let (value, max) = (progress.current_value, progress.max_value);
    let node = progress.node.as_ref().map(|node| RunningNode {
        id: node.id.clone(),
        title: node.title.clone(),
        class: node.class.clone(),
        value,
        // 0 of 1 means no progress bar.
        max: if max > 1 { max } else { 0 },
    });
    let step = progress.current_step.trim_end_matches("...");
    let words = match &progress.node {
        Some(node) if node.counts_steps => format!("{step}, step {value} of {max}"),
        _ => step.to_owned(),
    };
    Running {
        task,
        attempt,
        permille: progress.percentage.saturating_mul(10).min(1000),
        words,
        node,
        time_left_ms: report.time_left_ms,
        within_ms: report.time_left_within_ms,
    }
}
