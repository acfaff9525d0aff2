//! `darkroom run`, `darkroom import` and `darkroom healthcheck`: the client for a terminal, a pipe and a script.

mod args;
mod bar;
mod exit_code;
mod healthcheck;
mod import;
mod import_comfyui;
mod importer;
mod json;
mod lines;
mod output;
mod plan;
mod run;
mod signals;
mod view;
mod words;

pub use args::RunArgs;
pub use healthcheck::{Unhealthy, healthcheck};
pub use import::{ImportArgs, import};
pub use run::run;
