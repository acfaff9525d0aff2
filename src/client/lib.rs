//! Running a workflow from a program: handed in, followed to its end, its outputs fetched. `darkroom run` is this for a terminal.
//!
//! Straight to a ComfyUI ([`Options::comfyui`]) or through a Darkroom ([`Options::darkroom`]), in the same way: over a WebSocket, or a
//! Darkroom's server-sent events, first; when that cannot be had, the server is asked over HTTP once a second while it is tried on. A run is neither lost nor doubled by
//! a connection that breaks: its id is known before it is sent, and the server is asked for it before it is sent again.
//!
//! ```no_run
//! use std::path::Path;
//!
//! use darkroom::{
//!     client::{ClientError, Options, InputPath, Progress, execute_workflow},
//!     proto::comfy::Workflow,
//! };
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let mut workflow = Workflow::parse(&std::fs::read_to_string("txt2img.json")?)?;
//! InputPath::find(&workflow, "KSampler.seed")?.set(&mut workflow, 42.into());
//!
//! let options = Options::comfyui("http://127.0.0.1:8188")?;
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
//! # use darkroom::{client::{CancellationToken, ClientError, Options, InputPath, execute_workflow}, proto::comfy::Workflow};
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
mod error;
mod files;
mod guard;
mod input_path;
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

/// Runs a workflow to its end. `on_progress` is told of each step; it should not wait for anything.
///
/// Nothing is fetched yet when this returns: see [`Outcome::save`] and [`Output::bytes`]. When the future is dropped before its end, the run
/// goes on at the server; to end it there too, see [`Options::cancel_with`].
///
/// # Errors
/// See [`ClientError`]. A run that completes although it was being cancelled is no error.
pub async fn execute_workflow(workflow: Workflow, options: Options, on_progress: impl FnMut(Progress)) -> Result<Outcome, ClientError> {
    options.check_uploads()?;
    let (guard, reporter) = (Guard::new(&options), Reporter::new(on_progress));
    match options.target.clone() {
        Target::ComfyUi(url) => via_comfyui::run(url, workflow, options, guard, reporter).await,
        Target::Darkroom(url) => via_darkroom::run(url, workflow, options, guard, reporter).await,
    }
}
