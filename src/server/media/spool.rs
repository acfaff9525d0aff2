//! Results that came over ComfyUI's socket, until they are in the media store: ComfyUI has no file of them.

use std::{
    collections::{HashMap, HashSet},
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::{
    sync::oneshot,
    time::{sleep, timeout},
};
use uuid::Uuid;

use super::files::make_folder;
use proto::limits;

/// Of a file that is being written.
const PART: &str = ".part";

/// Files in the data folder, each of one output, under a name of its own.
pub struct FrameSpool {
    folder: PathBuf,
    /// Those that are not on disk yet.
    memory: Mutex<HashMap<String, Bytes>>,
    /// Those that no task has yet.
    fresh: Mutex<HashSet<String>>,
}

/// Nothing more fits into memory, and the disk cannot be written.
#[derive(Debug)]
pub struct SpoolFull;

impl FrameSpool {
    /// Removes what was being written when the previous process ended. `data`: the data folder.
    #[must_use]
    pub fn new(data: &Path) -> Self {
        let folder = data.join("frames");
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().ends_with(PART)
                && let Err(error) = fs::remove_file(entry.path())
            {
                tracing::warn!(%error, "a part of a result that came over the socket stays in its folder");
            }
        }
        Self { folder, memory: Mutex::default(), fresh: Mutex::default() }
    }

    /// Takes in a result, and returns its name when it is on disk. If the disk cannot be written (or takes longer than
    /// [`limits::RESULT_WRITE`]) it is held in memory, and written as soon as possible.
    ///
    /// It stays until [`FrameSpool::remove`]. The caller says by [`FrameSpool::referenced`] that a task has it.
    ///
    /// # Errors
    /// Too many are held in memory.
    pub async fn take(self: &Arc<Self>, image: Bytes) -> Result<String, SpoolFull> {
        let name = Uuid::now_v7().simple().to_string();
        {
            let mut memory = self.memory.lock();
            let held: usize = memory.values().map(Bytes::len).sum();
            if held + image.len() > limits::RESULTS_IN_MEMORY {
                return Err(SpoolFull);
            }
            memory.insert(name.clone(), image.clone());
        }
        self.fresh.lock().insert(name.clone());
        let (tried, first_try) = oneshot::channel();
        tokio::spawn(self.clone().write_until_done(name.clone(), image, tried));
        if timeout(limits::RESULT_WRITE, first_try).await.is_err() {
            tracing::warn!("the disk takes long for a result that came over the socket");
        }
        Ok(name)
    }

    async fn write_until_done(self: Arc<Self>, name: String, image: Bytes, tried: oneshot::Sender<()>) {
        let mut tried = Some(tried);
        while self.memory.lock().contains_key(&name) {
            let (writer, at, bytes) = (self.clone(), name.clone(), image.clone());
            let written = tokio::task::spawn_blocking(move || writer.write(&at, &bytes)).await;
            let written = written.unwrap_or_else(|error| Err(io::Error::other(error)));
            let is_written = written.is_ok();
            if is_written && self.memory.lock().remove(&name).is_none() {
                // It was removed meanwhile.
                self.remove(&name).await;
            }
            if let Some(tried) = tried.take() {
                let _ = tried.send(());
                if let Err(error) = written {
                    tracing::error!(%error, "a result that came over the socket is held in memory: it cannot be written to the data folder yet");
                }
            }
            if is_written {
                return;
            }
            sleep(limits::STORE_RETRY).await;
        }
    }

    /// A task has it now.
    pub fn referenced(&self, name: &str) {
        self.fresh.lock().remove(name);
    }

    /// `None`: it is neither in memory nor on disk, and never will be. Waits for the disk. A result is at most as large as a message of the socket.
    pub(super) fn read(&self, name: &str) -> io::Result<Option<Bytes>> {
        // In this order: it is on disk before it leaves memory.
        if let Some(image) = self.memory.lock().get(name) {
            return Ok(Some(image.clone()));
        }
        match fs::read(self.folder.join(name)) {
            Ok(bytes) => Ok(Some(bytes.into())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// It is in the media store now, or no task refers to it.
    pub async fn remove(&self, name: &str) {
        self.memory.lock().remove(name);
        self.fresh.lock().remove(name);
        let path = self.folder.join(name);
        let removed = tokio::task::spawn_blocking(move || fs::remove_file(path)).await;
        match removed.unwrap_or_else(|error| Err(io::Error::other(error))) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%error, "a result that came over the socket stays in its folder");
            }
            _ => {}
        }
    }

    /// The names of what is on disk, without those that no task has yet.
    pub(super) fn on_disk(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.retain(|name| !name.ends_with(PART));
        let fresh = self.fresh.lock();
        names.retain(|name| !fresh.contains(name));
        names
    }

    /// When this returns, the file survives a power failure.
    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        make_folder(&self.folder)?;
        let part = self.folder.join(format!("{name}{PART}"));
        let written = fs::File::create(&part).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
        if written.is_err() {
            // It takes room of a disk that may be full.
            let _ = fs::remove_file(&part);
        }
        written?;
        fs::rename(part, self.folder.join(name))?;
        fs::File::open(&self.folder)?.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMAGE: Bytes = Bytes::from_static(b"\x89PNG");

    fn spool() -> (tempfile::TempDir, Arc<FrameSpool>) {
        let folder = tempfile::tempdir().unwrap();
        let spool = Arc::new(FrameSpool::new(folder.path()));
        (folder, spool)
    }

    #[tokio::test]
    async fn a_result_is_on_disk_and_there_for_the_next_process_until_it_is_removed() {
        let (folder, spool) = spool();
        let name = spool.take(IMAGE).await.unwrap();
        assert_eq!(fs::read(folder.path().join("frames").join(&name)).unwrap(), IMAGE, "on disk when its name is known");
        assert_eq!(spool.read(&name).unwrap(), Some(IMAGE));
        assert_eq!(spool.on_disk(), [""; 0], "no task has it yet");
        spool.referenced(&name);
        assert_eq!(spool.on_disk().first(), Some(&name));
        fs::write(folder.path().join("frames/x.part"), b"\x89").unwrap();
        let next = FrameSpool::new(folder.path());
        assert_eq!(next.read(&name).unwrap(), Some(IMAGE));
        assert_eq!(next.on_disk().first(), Some(&name));
        next.remove(&name).await;
        assert_eq!(next.read(&name).unwrap(), None);
        assert_eq!(fs::read_dir(folder.path().join("frames")).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn the_same_bytes_twice_are_two_results() {
        let (_folder, spool) = spool();
        let (first, second) = (spool.take(IMAGE).await.unwrap(), spool.take(IMAGE).await.unwrap());
        spool.remove(&first).await;
        assert_eq!(spool.read(&second).unwrap(), Some(IMAGE));
    }

    /// A file in the place of the folder: nothing can be written there, not even by root.
    #[tokio::test(start_paused = true)]
    async fn what_cannot_be_written_is_held_in_memory_and_written_later() {
        let (folder, spool) = spool();
        fs::write(folder.path().join("frames"), "").unwrap();
        let name = spool.take(IMAGE).await.unwrap();
        assert_eq!(spool.read(&name).unwrap(), Some(IMAGE));
        let gone = spool.take(IMAGE).await.unwrap();
        spool.remove(&gone).await;
        assert_eq!(spool.memory.lock().len(), 1, "the other was removed");
        fs::remove_file(folder.path().join("frames")).unwrap();
        while !spool.memory.lock().is_empty() {
            sleep(limits::STORE_RETRY).await;
        }
        assert_eq!(fs::read(folder.path().join("frames").join(&name)).unwrap(), IMAGE);
    }

    #[tokio::test(start_paused = true)]
    async fn memory_takes_only_so_much() {
        let (folder, spool) = spool();
        fs::write(folder.path().join("frames"), "").unwrap();
        let large = Bytes::from(vec![0; limits::RESULTS_IN_MEMORY]);
        spool.take(large).await.unwrap();
        assert!(spool.take(IMAGE).await.is_err());
    }
}
