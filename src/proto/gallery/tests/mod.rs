mod dates;
mod numbers;
#[cfg(feature = "files")]
mod of_task;
mod parsing;
mod support;
