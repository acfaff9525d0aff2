//! Whether the outputs of completed tasks are kept, with the bytes that an engine wrote.

use std::{
    cell::Cell,
    collections::HashSet,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use darkroom::proto::task::{NotKeptReason, Output, OutputContent, OutputStorage, Task, TaskState};
use sha2::{Digest, Sha256};

use crate::client::socket_result;

/// The name of the tasks that have a picture over the socket, which no engine writes to a file.
const SOCKET_NAME: &str = "blur and send";

/// The hashes of everything that the engines ever wrote.
pub struct EngineFiles(HashSet<[u8; 32]>);

impl EngineFiles {
    /// Takes note of all files of these engines, and deletes them.
    pub fn take<'a>(engines: impl Iterator<Item = &'a Path>) -> Self {
        let mut hashes = HashSet::new();
        let mut folders: Vec<PathBuf> = engines.flat_map(|engine| ["output", "temp"].map(|kind| engine.join("comfy").join(kind))).collect();
        let roots = folders.clone();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                    Ok(_) => drop(hashes.insert(Sha256::digest(std::fs::read(entry.path()).expect("a file")).into())),
                    Err(_) => {}
                }
            }
        }
        for root in roots {
            let _ = std::fs::remove_dir_all(root);
        }
        Self(hashes)
    }
}

pub struct OutputJudge<'f> {
    base: String,
    http: reqwest::Client,
    files: &'f EngineFiles,
    never_arrived: Cell<usize>,
    left_behind: Cell<usize>,
}

impl<'f> OutputJudge<'f> {
    pub fn new(balancer: SocketAddr, files: &'f EngineFiles) -> Self {
        Self {
            base: format!("http://{balancer}"),
            http: reqwest::Client::new(),
            files,
            never_arrived: Cell::new(0),
            left_behind: Cell::new(0),
        }
    }

    /// Pictures that ComfyUI sent once, over the socket, while no Darkroom heard it: each is named as missing.
    pub fn never_arrived(&self) -> usize {
        self.never_arrived.get()
    }

    /// Those that arrived at a Darkroom, and were still in its folder alone when another took over: each is named as not kept.
    pub fn left_behind(&self) -> usize {
        self.left_behind.get()
    }

    /// Whether the task has a picture, and how many of its outputs are gone.
    pub async fn judge(&self, task: &Task, complaints: &mut Vec<String>) -> (bool, usize) {
        let (mut has_picture, mut lost) = (false, 0);
        if task.state != TaskState::Completed {
            return (false, 0);
        }
        if task.name.starts_with(SOCKET_NAME) {
            match socket_result(task) {
                Some(true) => {}
                Some(false) => self.never_arrived.set(self.never_arrived.get() + 1),
                None => lost += 1,
            }
        }
        for output in task.outputs.iter().filter(|output| matches!(output.content, OutputContent::File { .. })) {
            if output.storage == (OutputStorage::NotKept { reason: NotKeptReason::Interrupted }) {
                self.left_behind.set(self.left_behind.get() + 1);
                continue;
            }
            match self.whats_wrong(task, output).await {
                None => has_picture = true,
                Some(why) => {
                    lost += 1;
                    complaints.push(format!("output {} of {}, {:?}: {why}", output.id, task.id, output.storage));
                }
            }
        }
        (has_picture, lost)
    }

    async fn whats_wrong(&self, task: &Task, output: &Output) -> Option<String> {
        let answer = match self.http.get(format!("{}/api/tasks/{}/outputs/{}", self.base, task.id, output.id)).send().await {
            Ok(answer) if answer.status().is_success() => answer,
            Ok(answer) => return Some(answer.status().to_string()),
            Err(error) => return Some(error.to_string()),
        };
        let Ok(bytes) = answer.bytes().await else { return Some("it breaks off".to_owned()) };
        // No engine has a file of it.
        if output.content.socket_name().is_some() {
            return (!bytes.starts_with(b"\x89PNG")).then(|| "it is no picture".to_owned());
        }
        let hash: [u8; 32] = Sha256::digest(&bytes).into();
        (!self.files.0.contains(&hash)).then(|| "no engine ever wrote these bytes".to_owned())
    }
}
