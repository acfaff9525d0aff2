//! What a workflow put out, and bringing it here.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use reqwest::{Response, StatusCode};
use tokio::{
    fs,
    io::{AsyncWrite, AsyncWriteExt},
    time::{sleep, timeout},
};

use super::{
    ClientError,
    error::cause,
    files,
    via_darkroom::{Api, ApiError},
};
use comfyui::{ComfyClient, ComfyError};
use proto::{
    ids::{NodeId, TaskId},
    task::{OutputContent, OutputKind, Task},
};

/// A run that came to its end.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub task: TaskId,
    /// More than 1: a ComfyUI forgot the run, and it was begun again.
    pub attempt: u32,
    /// Everything that was put out, temporary pictures too. See [`Outcome::kept`].
    pub outputs: Vec<Output>,
    /// How long it ran there, waiting excluded. Zero where that was not seen.
    pub ran: Duration,
}

/// A file or a text that a node put out.
#[derive(Clone, Debug)]
pub struct Output {
    pub node: NodeId,
    /// What people call the node.
    pub title: String,
    pub class: String,
    pub kind: OutputKind,
    /// It is gone when that ComfyUI restarts: what a preview node showed.
    pub temporary: bool,
    pub content: OutputContent,
    pub(super) source: Source,
}

/// A file that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    pub path: PathBuf,
    pub bytes: u64,
}

#[derive(Clone)]
pub(super) enum Source {
    ComfyUi(ComfyClient),
    /// The output with that number of that task.
    Darkroom(Api, TaskId, u32),
}

impl std::fmt::Debug for Source {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::ComfyUi(_) => "ComfyUI",
            Self::Darkroom(..) => "Darkroom",
        })
    }
}

/// Why one try brought nothing.
enum Miss {
    /// It may go well the next time.
    Passing(String),
    Final(String),
    Disk(std::io::Error),
}

/// Waits between tries to fetch an output, in milliseconds.
const TRIES: [u64; 6] = [0, 500, 1_000, 2_000, 4_000, 8_000];
/// An answer of which nothing comes for this long is given up.
const STALLED: Duration = Duration::from_secs(30);

impl Outcome {
    pub(super) fn new(task: &Task, source: impl Fn(u32) -> Source) -> Self {
        let output = |output: &proto::task::Output| {
            let node = task.node(&output.node);
            Output {
                node: output.node.clone(),
                title: node.map_or_else(|| output.node.0.clone(), |node| node.title.clone()),
                class: node.map(|node| node.class.clone()).unwrap_or_default(),
                kind: output.kind,
                temporary: output.temporary,
                content: output.content.clone(),
                source: source(output.id),
            }
        };
        let ran = task.started_at.zip(task.ended_at).map_or(0, |(started, ended)| ended.since(started));
        Self { task: task.id, attempt: task.attempt, outputs: task.outputs.iter().map(output).collect(), ran: Duration::from_millis(ran) }
    }

    /// The files that are the result: those that stay, and only if there are none, the temporary ones.
    pub fn kept(&self) -> impl Iterator<Item = &Output> {
        let stays = self.outputs.iter().any(|output| output.is_file() && !output.temporary);
        self.outputs.iter().filter(move |output| output.is_file() && output.temporary != stays)
    }

    /// What nodes put out as text.
    pub fn texts(&self) -> impl Iterator<Item = (&Output, &str)> {
        self.outputs.iter().filter_map(|output| match &output.content {
            OutputContent::Text { text } => Some((output, text.as_str())),
            OutputContent::File { .. } => None,
        })
    }

    /// Writes all of [`Outcome::kept`] into `folder`, which is made if it is missing. See [`Output::save`].
    ///
    /// # Errors
    /// Of the first that cannot be saved; the others are saved all the same.
    pub async fn save(&self, folder: &Path) -> Result<Vec<Saved>, ClientError> {
        let mut saved = Vec::new();
        let mut failed = None;
        for output in self.kept() {
            match output.save(folder).await {
                Ok(file) => saved.push(file),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(saved), Err)
    }
}

impl Output {
    #[must_use]
    pub fn is_file(&self) -> bool {
        matches!(self.content, OutputContent::File { .. })
    }

    /// The name it would be saved under: the server's, made safe.
    #[must_use]
    pub fn file_name(&self) -> String {
        match &self.content {
            OutputContent::File { filename, .. } => files::safe_name(filename),
            OutputContent::Text { .. } => files::safe_name(&format!("{}.txt", self.title)),
        }
    }

    /// The whole of it, in memory.
    ///
    /// # Errors
    /// [`ClientError::Output`]: it cannot be fetched, after some tries.
    pub async fn bytes(&self) -> Result<Vec<u8>, ClientError> {
        self.tries(async || {
            let mut bytes = Vec::new();
            self.copy(&mut bytes).await.map(|_| bytes)
        })
        .await
    }

    /// Writes it into `folder`, which is made if it is missing. No other file is ever overwritten: if the name is taken, `name (1).png`
    /// is tried, then `name (2).png`, and so on. The file appears when it is whole. Folders that the server put it in are left out.
    ///
    /// # Errors
    /// [`ClientError::Output`]: it cannot be fetched, after some tries. [`ClientError::Write`]: it cannot be written.
    pub async fn save(&self, folder: &Path) -> Result<Saved, ClientError> {
        let name = self.file_name();
        fs::create_dir_all(folder).await.map_err(|error| ClientError::Write { path: folder.to_owned(), error })?;
        self.tries(async || {
            let file = files::temporary(folder).map_err(Miss::Disk)?;
            let mut writer = fs::File::from_std(file.reopen().map_err(Miss::Disk)?);
            let bytes = self.copy(&mut writer).await?;
            writer.sync_all().await.map_err(Miss::Disk)?;
            let path = files::keep(file, folder, &name).map_err(Miss::Disk)?;
            Ok(Saved { path, bytes })
        })
        .await
        .map_err(|error| match error {
            ClientError::Write { error, .. } => ClientError::Write { path: folder.join(&name), error },
            error => error,
        })
    }

    async fn tries<T>(&self, mut once: impl AsyncFnMut() -> Result<T, Miss>) -> Result<T, ClientError> {
        let mut why = String::new();
        for wait in TRIES {
            sleep(Duration::from_millis(wait)).await;
            match once().await {
                Ok(got) => return Ok(got),
                Err(Miss::Passing(passing)) => why = passing,
                Err(Miss::Final(why)) => return Err(ClientError::Output { name: self.file_name(), why }),
                Err(Miss::Disk(error)) => return Err(ClientError::Write { path: PathBuf::new(), error }),
            }
        }
        Err(ClientError::Output { name: self.file_name(), why })
    }

    async fn copy(&self, into: &mut (impl AsyncWrite + Unpin)) -> Result<u64, Miss> {
        if let OutputContent::Text { text } = &self.content {
            into.write_all(text.as_bytes()).await.map_err(Miss::Disk)?;
            return Ok(text.len() as u64);
        }
        let mut response = self.open().await?;
        let mut bytes = 0;
        loop {
            let chunk = timeout(STALLED, response.chunk()).await.map_err(|_| Miss::Passing("nothing more came".to_owned()))?;
            let Some(chunk) = chunk.map_err(|error| Miss::Passing(cause(&error)))? else { break };
            into.write_all(&chunk).await.map_err(Miss::Disk)?;
            bytes += chunk.len() as u64;
        }
        into.flush().await.map_err(Miss::Disk)?;
        Ok(bytes)
    }

    async fn open(&self) -> Result<Response, Miss> {
        let opening = async {
            match &self.source {
                Source::ComfyUi(client) => client.view(&self.content, false).await.map_err(of_comfyui),
                Source::Darkroom(api, task, number) => api.output(*task, *number).await.map_err(of_darkroom),
            }
        };
        timeout(STALLED, opening).await.unwrap_or_else(|_| Err(Miss::Passing("there was no answer".to_owned())))
    }
}

const GONE: &str = "the server no longer has it";

fn of_comfyui(error: ComfyError) -> Miss {
    match error {
        ComfyError::Status { status, .. } if status == StatusCode::NOT_FOUND => Miss::Final(GONE.to_owned()),
        error if error.is_final_no() || error.is_locked_out() => Miss::Final(error.to_string()),
        error => Miss::Passing(cause(&error)),
    }
}

fn of_darkroom(error: ApiError) -> Miss {
    match error {
        ApiError::Status { status, .. } if status == StatusCode::NOT_FOUND => Miss::Final(GONE.to_owned()),
        ApiError::Status { status, .. } if status.is_client_error() => Miss::Final(error.to_string()),
        error => Miss::Passing(cause(&error)),
    }
}
