//! Settings from the command line and the environment.

use std::{convert::Infallible, path::PathBuf};

use serde::Deserialize;

use super::secret::Secret;

/// What becomes of a task that ran on a ComfyUI that is lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum OnBackendLost {
    /// It runs again, as its next attempt.
    #[default]
    Rerun,
    /// It fails, with the reason.
    Fail,
}

/// The options of `darkroom serve`. `None` or empty: not given.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Overrides {
    /// Address to listen on [default: 127.0.0.1:3000].
    #[arg(long, env = "DARKROOM_ADDR")]
    pub addr: Option<String>,
    /// A ComfyUI, such as http://127.0.0.1:8188; several times for several (in the environment: separated by commas).
    #[arg(long, value_name = "URL", env = "DARKROOM_COMFYUI", value_delimiter = ',')]
    pub comfyui: Vec<String>,
    /// Run the demo engine too; without any ComfyUI it runs anyway.
    #[arg(long, env = "DARKROOM_DEMO")]
    pub demo: bool,
    /// Make a production to look around in, where there was never one, with agents that play through it [default: true without any ComfyUI].
    #[arg(long, env = "DARKROOM_DEMO_PRODUCTION", num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    pub demo_production: Option<bool>,
    /// Folder of the database and of the demo engine's pictures [default: data].
    #[arg(long, value_name = "DIR", env = "DARKROOM_DATA")]
    pub data: Option<PathBuf>,
    /// What becomes of a task that ran on a ComfyUI that is lost [default: rerun].
    #[arg(long, value_enum, env = "DARKROOM_ON_BACKEND_LOST")]
    pub on_backend_lost: Option<OnBackendLost>,
    /// Everybody needs this token: programs as "Authorization: Bearer TOKEN", people on the sign-in page. On a command line others on this
    /// machine see it: better in a file.
    #[arg(long, value_name = "TOKEN", env = "DARKROOM_TOKEN", hide_env_values = true, value_parser = trimmed)]
    pub token: Option<Secret>,
    /// Read the token from this file.
    #[arg(long, value_name = "FILE", env = "DARKROOM_TOKEN_FILE")]
    pub token_file: Option<PathBuf>,
    /// The path below which Darkroom is served, such as /darkroom, where a proxy gives it only a part of a site [default: the whole site].
    #[arg(long, value_name = "PATH", env = "DARKROOM_BASE_PATH")]
    pub base_path: Option<String>,
    /// How others reach Darkroom, such as https://darkroom.example: links in webhooks begin with it [default: http:// and the address].
    #[arg(long, value_name = "URL", env = "DARKROOM_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// Where browsers reach the live connection, where that is not /ws of the address of the page, such as wss://studio.example/darkroom/ws.
    #[arg(long, value_name = "URL", env = "DARKROOM_PUBLIC_WS_URL")]
    pub public_ws_url: Option<String>,
    /// Let webhooks go there, too: a network, an address or a host that is not on the public internet; several times for several.
    #[arg(long, value_name = "NETWORK", env = "DARKROOM_WEBHOOK_ALLOW", value_delimiter = ',')]
    pub webhook_allow: Vec<String>,
    /// Redis, at which Celery and other programs report: such as redis://127.0.0.1:6379/0, or rediss://… with TLS.
    #[arg(long, value_name = "URL", env = "DARKROOM_REDIS", hide_env_values = true, value_parser = trimmed)]
    pub redis: Option<Secret>,
    /// PostgreSQL, where everything is kept besides the data folder, so that another machine can take over: postgres://user:password@host/database. On a
    /// command line others on this machine see it: better in a file.
    #[arg(long, value_name = "URL", env = "DARKROOM_STORE", hide_env_values = true, value_parser = trimmed)]
    pub store: Option<Secret>,
    /// Read the password of PostgreSQL from this file. Then the url has only the user.
    #[arg(long, value_name = "FILE", env = "DARKROOM_STORE_PASSWORD_FILE")]
    pub store_password_file: Option<PathBuf>,
    /// Serve clients of ComfyUI on this address, such as 127.0.0.1:8188, and below /comfy/ of the other one.
    #[arg(long, value_name = "ADDR", env = "DARKROOM_GATEWAY")]
    pub gateway: Option<String>,
    /// Listen where others can reach it although there is no sign-in.
    #[arg(long)]
    pub insecure: bool,
}

fn trimmed(text: &str) -> Result<Secret, Infallible> {
    Ok(Secret::new(text.trim().to_owned()))
}
