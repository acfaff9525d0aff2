//! The outputs of a workflow, and fetching them.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use reqwest::{Response, StatusCode};
use tempfile::TempPath;
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

/// A completed run.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub task: TaskId,
    /// More than 1: a ComfyUI forgot the run, and it was restarted.
    pub attempt: u32,
    /// All outputs, including temporary pictures. See [`Outcome::kept`].
    pub outputs: Vec<Output>,
    /// How long the run took, without queueing. Zero if unknown.
    pub ran: Duration,
}

/// An output file or text of a node.
#[derive(Clone, Debug)]
pub struct Output {
    pub node: NodeId,
    /// The node's title.
    pub title: String,
    pub class: String,
    pub kind: OutputKind,
    /// True for previews: ComfyUI deletes the file when it restarts.
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
    /// The task's output with this number.
    Darkroom(Api, TaskId, u32),
    /// It came over ComfyUI's socket, and is removed with the outcome.
    File(Arc<TempPath>),
    /// It came over ComfyUI's socket, and is lost for this reason.
    Lost(String),
}

impl std::fmt::Debug for Source {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::ComfyUi(_) => "ComfyUI",
            Self::Darkroom(..) => "Darkroom",
            Self::File(_) | Self::Lost(_) => "socket",
        })
    }
}

/// Why one try to fetch an output failed.
enum Miss {
    /// A retry may succeed.
    Passing(String),
    Final(String),
    Disk(std::io::Error),
}

/// Delays before each try to fetch an output, in milliseconds.
const TRIES: [u64; 6] = [0, 500, 1_000, 2_000, 4_000, 8_000];
/// Time without new bytes after which a response is aborted.
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

    /// The result files: the permanent ones, or the temporary ones if there are no others.
    pub fn kept(&self) -> impl Iterator<Item = &Output> {
        let stays = self.outputs.iter().any(|output| output.is_file() && !output.temporary);
        self.outputs.iter().filter(move |output| output.is_file() && output.temporary != stays)
    }

    /// The text outputs of nodes.
    pub fn texts(&self) -> impl Iterator<Item = (&Output, &str)> {
        self.outputs.iter().filter_map(|output| match &output.content {
            OutputContent::Text { text } => Some((output, text.as_str())),
            OutputContent::File { .. } => None,
        })
    }

    /// Writes all of [`Outcome::kept`] into `folder`, creating it if it is missing. See [`Output::save`].
    ///
    /// # Errors
    /// The first error; the remaining files are saved all the same.
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

    /// The file name used for saving: the server's name, made safe.
    #[must_use]
    pub fn file_name(&self) -> String {
        match &self.content {
            OutputContent::File { filename, .. } => files::safe_name(filename),
            OutputContent::Text { .. } => files::safe_name(&format!("{}.txt", self.title)),
        }
    }

    /// Fetches the whole output into memory.
    ///
    /// # Errors
    /// [`ClientError::Output`]: it could not be fetched after several tries.
    pub async fn bytes(&self) -> Result<Vec<u8>, ClientError> {
        self.tries(async || {
            let mut bytes = Vec::new();
            self.copy(&mut bytes).await.map(|_| bytes)
        })
        .await
    }

    /// Writes the output into `folder`, creating it if it is missing. Never overwrites a file: if the name is taken, tries `name (1).png`,
    /// then `name (2).png`, and so on. The write is atomic. The server's subfolders are dropped.
    ///
    /// # Errors
    /// [`ClientError::Output`]: it could not be fetched after several tries. [`ClientError::Write`]: it could not be written.
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
        if let Source::File(file) = &self.source {
            let mut file = fs::File::open(&**file).await.map_err(Miss::Disk)?;
            return tokio::io::copy(&mut file, into).await.map_err(Miss::Disk);
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
                Source::File(_) => Err(Miss::Final(GONE.to_owned())),
                Source::Lost(why) => Err(Miss::Final(why.clone())),
            }
        };
        timeout(STALLED, opening).await.unwrap_or_else(|_| Err(Miss::Passing("there was no answer".to_owned())))
    }
}

const GONE: &str = "the server no longer has it";

fn of_comfyui(error: ComfyError) -> Miss {
    match error {
        ComfyError::Status { status, .. } if status == StatusCode::NOT_FOUND => Miss::Final(GONE.to_owned()),
        error if error.is_permanent_refusal() || error.is_locked_out() => Miss::Final(error.to_string()),
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
