//! Record of every execution: tests check with it that a prompt ran once.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};

use crate::pace;

/// One started execution of a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    pub prompt_id: String,
    /// The engine lifetime it ran in; later lifetimes have higher numbers, also across processes.
    pub boot: u64,
    /// Milliseconds since 1970.
    pub started_at: u64,
    /// Milliseconds since 1970; `None` while it runs, and permanently if the process was killed during the run.
    pub finished_at: Option<u64>,
    /// `None` while it runs.
    pub outcome: Option<Ending>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    Success,
    Error,
    Interrupted,
    /// The engine was restarted and lost the prompt.
    Lost,
}

/// Executions of this process, also appended to a file that survives it: one JSON object per line, one line at the start
/// of an execution and one, with the same `prompt_id`, `boot` and `started_at`, at its end.
///
/// Records nothing when neither faults nor a file are enabled.
pub(crate) struct Executions {
    kept: bool,
    log: Mutex<Log>,
}

struct Log {
    list: Vec<Execution>,
    file: Option<File>,
    boot: u64,
}

impl Executions {
    /// # Errors
    /// When the file cannot be opened.
    pub(crate) fn new(kept: bool, file: Option<&Path>) -> io::Result<Self> {
        let file = file.map(|path| OpenOptions::new().create(true).append(true).open(path)).transpose()?;
        Ok(Self { kept: kept || file.is_some(), log: Mutex::new(Log { list: Vec::new(), file, boot: pace::now_ms() }) })
    }

    pub(crate) fn begin(&self, prompt_id: &str) {
        if !self.kept {
            return;
        }
        let mut log = self.lock();
        let begun =
            Execution { prompt_id: prompt_id.to_owned(), boot: log.boot, started_at: pace::now_ms(), finished_at: None, outcome: None };
        log.write(&begun);
        log.list.push(begun);
    }

    /// Ends the running execution, which is the last one started.
    pub(crate) fn end(&self, outcome: Ending) {
        let mut log = self.lock();
        if let Some(last) = log.list.last_mut() {
            last.finished_at = Some(pace::now_ms());
            last.outcome = Some(outcome);
            let ended = last.clone();
            log.write(&ended);
        }
    }

    /// Starts a new engine lifetime.
    pub(super) fn reboot(&self) {
        let mut log = self.lock();
        log.boot = pace::now_ms().max(log.boot + 1);
    }

    pub(super) fn boot(&self) -> u64 {
        self.lock().boot
    }

    pub(super) fn list(&self) -> Vec<Execution> {
        self.lock().list.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    /// A single write call: a killed process has written the whole line or nothing.
    fn write(&mut self, execution: &Execution) {
        let Some(file) = &mut self.file else { return };
        let written =
            serde_json::to_string(execution).map_err(io::Error::from).and_then(|line| file.write_all(format!("{line}\n").as_bytes()));
        if let Err(error) = written {
            tracing::error!(%error, "an execution is missing in the log");
        }
    }
}
