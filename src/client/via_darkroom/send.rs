//! Uploads the files and submits the task.

use std::{path::Path, time::Duration};

use reqwest::StatusCode;
use serde_json::Value;
use tokio::time::{Instant, sleep, sleep_until};
use uuid::Uuid;

use super::{Api, ApiError};
use crate::{
    ClientError, Options, Progress,
    guard::{Guard, Why},
    progress::Reporter,
    upload,
    via_comfyui::STOP_WITHIN,
};
use proto::{comfy::Workflow, ids::TaskId, limits};

/// Delay between retries of submitting or cancelling the task.
pub(super) const RETRY_EVERY: Duration = Duration::from_secs(1);
/// A Darkroom that has accepted nothing for this long at the start counts as unreachable.
const FIRST_CONTACT: Duration = Duration::from_secs(15);

/// Uploads the files and writes their server names into the workflow.
pub(super) async fn upload<F: FnMut(Progress)>(
    api: &Api,
    workflow: &mut Workflow,
    options: &Options,
    reporter: &mut Reporter<F>,
) -> Result<(), ClientError> {
    for (place, path) in &options.uploads {
        let name = persistently(api, path).await?.map_err(|error| match error {
            ApiError::Status { status: StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED, .. } => ClientError::Unexpected(format!(
                "The Darkroom at {} takes no uploads (it has no /api/uploads). Update it, or upload to its ComfyUI and name the file with --set.",
                options.url()
            )),
            ApiError::Status { status: StatusCode::PAYLOAD_TOO_LARGE, text, .. } => {
                ClientError::Usage(format!("{} is larger than the Darkroom at {} takes. {text}", path.display(), options.url()))
            }
            error => error.into_client(options, None),
        })?;
        place.set(workflow, Value::String(name.clone()));
        reporter.report(Progress::Uploaded { node: place.node().clone(), input: place.input().to_owned(), name });
    }
    Ok(())
}

/// Uploads a file; retries when the connection breaks. A server may refuse before reading the whole body, and that answer is then lost: an
/// empty request asks for the reason.
async fn persistently(api: &Api, path: &Path) -> Result<Result<String, ApiError>, ClientError> {
    for _ in 1..upload::TRIES {
        match api.upload(path).await? {
            Err(ApiError::Unreachable(error)) if !error.is_connect() => {}
            other => return Ok(other),
        }
        if let Some(refused) = api.refuses_uploads().await {
            return Ok(Err(refused));
        }
        sleep(RETRY_EVERY).await;
    }
    api.upload(path).await
}

/// A file name that a Darkroom accepts, or none.
pub(super) fn task_name(name: &str) -> Option<String> {
    let name: String = name.chars().filter(|c| !c.is_control()).take(limits::NAME).collect();
    (!name.trim().is_empty()).then_some(name)
}

/// Submits the task. When the run is cancelled meanwhile, the answer is awaited all the same: cancelling needs the task's id.
pub(super) async fn submit(api: &Api, body: &str, options: &Options, guard: &Guard) -> Result<(TaskId, Option<Why>), ClientError> {
    let key = Uuid::now_v7().to_string();
    let began = Instant::now();
    let mut stop: Option<(Why, Instant)> = None;
    // Set back to false when the server certainly did not create the task.
    let mut maybe_there = false;
    loop {
        let patience = if maybe_there { options.give_up_after } else { FIRST_CONTACT.min(options.give_up_after) };
        let submitting = api.submit(body, &key);
        tokio::pin!(submitting);
        let submitted = loop {
            let late = async {
                match stop {
                    Some((_, since)) => sleep_until(since + STOP_WITHIN).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                submitted = &mut submitting => break submitted,
                why = guard.stopped(), if stop.is_none() => stop = Some((why, Instant::now())),
                () = late => return Err(stop.map_or(Why::Caller, |(why, _)| why).error(None, false)),
            }
        };
        match submitted {
            Ok(task) => return Ok((task, stop.map(|(why, _)| why))),
            Err(ApiError::Status { status: StatusCode::UNPROCESSABLE_ENTITY, text, problems }) => {
                return Err(ClientError::Refused { message: format!("The workflow is refused: {text}"), problems });
            }
            Err(error) if error.is_final() || error.never_arrived() && !maybe_there => return Err(error.into_client(options, None)),
            Err(error) if began.elapsed() >= patience => return Err(error.into_client(options, None)),
            Err(error) => maybe_there |= !error.never_arrived() && !matches!(error, ApiError::Status { .. }),
        }
        if let Some((why, _)) = stop.filter(|_| !maybe_there) {
            return Err(why.error(None, true));
        }
        sleep(RETRY_EVERY).await;
    }
}
