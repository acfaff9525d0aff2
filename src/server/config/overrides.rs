//! Settings from the command line and the environment.

use std::path::PathBuf;

use serde::Deserialize;

use super::secret::Secret;

/// What becomes of a task that ran on a ComfyUI that is lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum OnBackendLost {
    /// It runs again, as its next attempt.
    #[default]
    Rerun,
    /// It fails, and says why.
    Fail,
}

/// What may be said on the command line or in the environment; `None` was not said.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    pub addr: Option<String>,
    pub data: Option<PathBuf>,
    pub comfyui: Vec<String>,
    pub demo: bool,
    pub on_backend_lost: Option<OnBackendLost>,
    pub token: Option<Secret>,
    pub token_file: Option<PathBuf>,
    pub public_url: Option<String>,
    pub webhook_allow: Vec<String>,
    /// Allow an address that is not loopback although nobody has to sign in.
    pub insecure: bool,
}
