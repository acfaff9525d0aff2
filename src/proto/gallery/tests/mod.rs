mod changed_texts;
mod completions;
mod dates;
mod file_names;
mod numbers;
#[cfg(feature = "files")]
mod of_edits;
#[cfg(feature = "files")]
mod of_settings;
#[cfg(feature = "files")]
mod of_task;
mod parsing;
mod support;
#[cfg(feature = "files")]
mod tasks;
