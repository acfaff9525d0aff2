//! Runs a workflow from a program: submits it, follows it to its end, and fetches its outputs. `darkroom run` does this for a terminal.
//!
//! The run goes directly to a ComfyUI ([`Options::comfyui`]) or through a Darkroom ([`Options::darkroom`]). Updates arrive over a
//! WebSocket, or as server-sent events from a Darkroom; while that connection is down, the server is polled over HTTP once a second. A
//! broken connection neither loses nor duplicates a run: its id is chosen before it is sent, and looked up at the server before a
//! retry.
//!
//! ```no_run
//! use std::path::Path;
//!
//! use darkroom_client::{ClientError, InputPath, Options, Progress, execute_workflow};
//! use proto::workflow_file;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let options = Options::comfyui("http://127.0.0.1:8188")?;
//! let mut workflow = options.workflow_of(workflow_file::open(&std::fs::read("txt2img.json")?)?).await?.workflow;
//! InputPath::find(&workflow, "KSampler.seed")?.set(&mut workflow, 42.into());
//!
//! let outcome = execute_workflow(workflow, options, |progress| {
//!     if let Progress::Running(running) = progress {
//!         println!("{} %: {}", running.permille / 10, running.words);
//!     }
//! })
//! .await;
//! match outcome {
//!     Ok(outcome) => {
//!         for saved in outcome.save(Path::new("pictures")).await? {
//!             println!("{} ({} bytes)", saved.path.display(), saved.bytes);
//!         }
//!     }
//!     Err(ClientError::Failed { error, .. }) => println!("node {:?} failed: {}", error.node, error.message),
//!     Err(other) => return Err(other.into()),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! With uploads, a limit, and a way to cancel:
//!
//! ```no_run
//! # use std::time::Duration;
//! # use darkroom_client::{CancellationToken, ClientError, InputPath, Options, execute_workflow};
//! # use proto::comfy::Workflow;
//! # async fn example(workflow: Workflow) -> Result<(), ClientError> {
//! let cancel = CancellationToken::new();
//! let picture = InputPath::find(&workflow, "Load Image.image")?;
//! let options = Options::darkroom("https://darkroom.example.com")?
//!     .token("secret")?
//!     .upload(picture, "portrait.png")
//!     .timeout(Duration::from_secs(600))
//!     .cancel_with(cancel.clone()); // cancel.cancel() ends the run at the server too
//! let outcome = execute_workflow(workflow, options, |_| {}).await?;
//! let first = outcome.outputs[0].bytes().await?;
//! # Ok(())
//! # }
//! ```

pub mod cli;
mod editor_file;
mod error;
mod files;
mod guard;
mod input_path;
mod input_value;
mod learned;
mod options;
mod outcome;
mod progress;
mod tracked;
mod upload;
mod via_comfyui;
mod via_darkroom;
mod watch;

pub use error::{CancelledBy, ClientError};
pub use files::safe_name;
pub use input_path::InputPath;
pub use options::Options;
pub use outcome::{Outcome, Output, Saved};
pub use progress::{Connection, Progress, Running, RunningNode};
pub use tokio_util::sync::CancellationToken;

use self::{guard::Guard, options::Target, progress::Reporter};
use proto::comfy::Workflow;

/// Runs a workflow to its end. Each step calls `on_progress`, which should not block.
///
/// Does not fetch outputs: see [`Output::bytes`] and [`Outcome::save`]. If the future is dropped early, the run continues on the server; to
/// cancel it there too, see [`Options::cancel_with`].
///
/// # Errors
/// See [`ClientError`]. A run that completes while it is being cancelled is no error.
pub async fn execute_workflow(workflow: Workflow, options: Options, on_progress: impl FnMut(Progress)) -> Result<Outcome, ClientError> {
    options.check_uploads()?;
    let (guard, reporter) = (Guard::new(&options), Reporter::new(on_progress));
    match options.target.clone() {
        Target::ComfyUi(url) => via_comfyui::run(url, workflow, options, guard, reporter).await,
        Target::Darkroom(url) => via_darkroom::run(url, workflow, options, guard, reporter).await,
    }
}
