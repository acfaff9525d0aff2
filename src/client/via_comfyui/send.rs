//! Uploads the files and sends the prompt.

use std::{path::Path, time::Duration};

use reqwest::StatusCode;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::state::{ComfyRun, JobResult, SendState};
use crate::{ClientError, Options, Progress, error::cause, progress::Reporter, upload};
use comfyui::{ComfyClient, ComfyError, Posted, Uploaded};
use proto::{
    comfy::{PromptAnswer, Workflow},
    ids::PromptId,
    submit::Refusal,
    task::{Change, problems},
};

/// A prompt that did not arrive is retried after this long.
const POST_AGAIN: Duration = Duration::from_secs(1);
/// This many consecutive 500 responses to the same prompt are final: the prompt makes ComfyUI's handler fail (fact 33).
const BROKEN_AFTER: u32 = 3;

/// Uploads the files and writes their server names into the workflow.
pub(super) async fn upload<F: FnMut(Progress)>(
    client: &ComfyClient,
    workflow: &mut Workflow,
    options: &Options,
    reporter: &mut Reporter<F>,
) -> Result<(), ClientError> {
    for (place, path) in &options.uploads {
        let uploaded = persistently(client, path).await?.map_err(|error| match error {
            ComfyError::Unreachable(error) => ClientError::Unreachable {
                why: format!("The ComfyUI at {} cannot be reached: {}", options.url(), cause(&error)),
                task: None,
            },
            ComfyError::Status { status: StatusCode::PAYLOAD_TOO_LARGE, .. } => {
                ClientError::Usage(format!("{} is larger than the ComfyUI at {} takes.", path.display(), options.url()))
            }
            error if error.is_locked_out() => locked_out(options),
            ComfyError::Redirected(words) => elsewhere(options, &words),
            error => ClientError::Unexpected(format!("{} was not uploaded: {error}", path.display())),
        })?;
        let name = uploaded.input();
        place.set(workflow, Value::String(name.clone()));
        reporter.report(Progress::Uploaded { node: place.node().clone(), input: place.input().to_owned(), name });
    }
    Ok(())
}

/// Uploads a file; retries when the connection breaks. A repeated upload with the same bytes and name yields the same file.
async fn persistently(client: &ComfyClient, path: &Path) -> Result<Result<Uploaded, ComfyError>, ClientError> {
    for _ in 1..upload::TRIES {
        match client.upload(upload::part(path).await?).await {
            Err(ComfyError::Unreachable(error)) if !error.is_connect() => sleep(POST_AGAIN).await,
            other => return Ok(other),
        }
    }
    Ok(client.upload(upload::part(path).await?).await)
}

fn elsewhere(options: &Options, words: &str) -> ClientError {
    ClientError::Usage(format!("The ComfyUI at {} is not there: {words}.", options.url()))
}

fn locked_out(options: &Options) -> ClientError {
    let token = options.lockout();
    ClientError::Usage(format!("The ComfyUI at {} does not let us in: {token}.", options.url()))
}

impl<F: FnMut(Progress)> ComfyRun<F> {
    pub(super) fn post(&mut self) {
        self.post_at = None;
        if self.sending != SendState::NotYet || self.stop.is_some() {
            return;
        }
        self.sending = SendState::InFlight;
        let id = self.id();
        self.presence.saw(id);
        let (client, workflow, is_again) = (self.client.clone(), self.workflow.clone(), self.tracked.task().attempt > 1);
        let extra_data = self.options.extra_data.clone();
        self.jobs.spawn(async move {
            // An earlier attempt may have left a history entry, which must not be mistaken for this attempt's.
            if is_again && let Err(error) = client.delete_history(&PromptId::from(id)).await {
                return JobResult::Posted(Err(error));
            }
            JobResult::Posted(client.post_prompt(id, &workflow, &extra_data, false).await)
        });
    }

    pub(super) fn posted(&mut self, posted: Result<Posted, ComfyError>) -> Result<(), ClientError> {
        self.watch.driver.http(ComfyError::answer(&posted));
        match posted {
            Ok(Posted::Accepted(answer)) => {
                self.accepted(&answer);
                Ok(())
            }
            Ok(Posted::Rejected(rejection)) => {
                let Refusal { message, problems } = Refusal::new(problems(&rejection, &self.workflow));
                Err(ClientError::Refused { message: format!("ComfyUI refuses the workflow: {message}"), problems })
            }
            Err(error) => self.not_accepted(&error),
        }
    }

    fn accepted(&mut self, answer: &PromptAnswer) {
        self.sending = SendState::Sent;
        self.record_contact();
        self.trouble = None;
        self.broken = 0;
        self.presence.saw(self.id());
        self.queued();
        if !answer.node_errors.is_empty() {
            let nodes: Vec<&str> = answer.node_errors.keys().map(|node| node.as_str()).collect();
            self.reporter.note(format!("ComfyUI leaves a part of the workflow out, because of node {}", nodes.join(", ")));
        }
        self.poll();
    }

    /// The prompt is in ComfyUI's queue.
    pub(super) fn queued(&mut self) {
        let queued = Change::TaskQueued { task: self.id(), backend: self.backend.clone() };
        self.tracked.carry_out([queued]);
    }

    fn not_accepted(&mut self, error: &ComfyError) -> Result<(), ClientError> {
        self.sending = SendState::NotYet;
        if error.is_locked_out() {
            return Err(locked_out(&self.options));
        }
        if let ComfyError::Status { status: status @ (StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED), .. } = error {
            return Err(ClientError::Unexpected(format!("There is no ComfyUI at {}: it answered {status}.", self.options.url())));
        }
        if let ComfyError::Redirected(words) = error {
            return Err(elsewhere(&self.options, words));
        }
        if let ComfyError::Status { status, .. } = error
            && status.is_redirection()
        {
            return Err(ClientError::Usage(format!("{} leads elsewhere ({status}): is it https?", self.options.url())));
        }
        if error.is_permanent_refusal() {
            return Err(ClientError::Refused { message: error.to_string(), problems: Vec::new() });
        }
        self.not_reached(error);
        if error.never_arrived() {
            if self.contact.is_none() {
                return Err(self.unreachable());
            }
            self.post_at = Some(Instant::now() + POST_AGAIN);
            return Ok(());
        }
        if error.is_internal_error() {
            self.broken += 1;
            if self.broken >= BROKEN_AFTER {
                return Err(ClientError::Refused { message: error.to_string(), problems: Vec::new() });
            }
        }
        // The prompt may have arrived: query ComfyUI before sending it again.
        self.sending = SendState::Sent;
        self.poll();
        Ok(())
    }
}
