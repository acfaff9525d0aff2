//! `darkroom run` and `darkroom import`: the client for a terminal, a pipe and a script.

mod args;
mod bar;
mod exit_code;
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
pub use import::{ImportArgs, import};
pub use run::run;
