//! Imports the old outputs of a ComfyUI: one after another, through the requests by which the outputs of tasks are copied.
//!
//! What the gallery has already is recognized by its bytes, so that an import can be stopped, and begun again, at any time. Within one process, files that
//! were looked at before an import ended early are not fetched again.

use std::{
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use futures::TryStreamExt;
use proto::{
    gallery::{ComfyuiImport, ComfyuiImportState, RefusedFile},
    ids::BackendId,
    limits,
    time::Timestamp,
};
use reqwest::{Response, StatusCode, header};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::{
    comfyui_files::{ListError, PastFile, past_files},
    import::{ImportError, ImportedFrom},
    library::Gallery,
};
use crate::{
    backend::{Backend, ComfyError},
    media::patient,
};

/// Pauses before a ComfyUI that cannot be reached is asked again, in seconds.
const PAUSES: [u64; 5] = [1, 2, 5, 10, 30];

/// Why an import ends before all files are looked at.
#[derive(Debug, thiserror::Error)]
enum ImportEnd {
    #[error("somebody stopped it")]
    Stopped,
    #[error("The ComfyUI cannot be reached: {0}. Begin the import again later: it goes on.")]
    Unreachable(String),
    #[error("{0} Begin the import again later: it goes on.")]
    Here(String),
}

impl From<ListError> for ImportEnd {
    fn from(error: ListError) -> Self {
        match error {
            ListError::Comfyui(error) => Self::Unreachable(error.to_string()),
            ListError::Store(error) => Self::Here(format!("The database cannot be read: {error}.")),
        }
    }
}

/// What came of one file.
enum FileResult {
    New,
    Known,
    Refused(String),
}

impl Gallery {
    /// Begins to import what this ComfyUI made before. If that is under way, it goes on. `None`: there is no such ComfyUI.
    pub fn begin_import(self: &Arc<Self>, backend: &BackendId) -> Option<ComfyuiImport> {
        let found = self.pool.get(backend)?.clone();
        let stop = self.imports.change(backend, |import| {
            if import.progress.state == ComfyuiImportState::Running {
                return None;
            }
            import.progress = ComfyuiImport { state: ComfyuiImportState::Running, ..ComfyuiImport::default() };
            import.stop = self.imports.stop.child_token();
            Some(import.stop.clone())
        });
        if let Some(stop) = stop {
            let gallery = self.clone();
            tokio::spawn(gallery.import_to_end(found, stop));
        }
        self.import_progress(backend)
    }

    /// How the last import of this ComfyUI goes, or ended. `None`: there is no such ComfyUI.
    pub fn import_progress(&self, backend: &BackendId) -> Option<ComfyuiImport> {
        self.pool.get(backend)?;
        Some(self.imports.change(backend, |import| import.progress.clone()))
    }

    /// Stops the import after the file that is being fetched. `None`: there is no such ComfyUI.
    pub fn stop_import(&self, backend: &BackendId) -> Option<ComfyuiImport> {
        self.pool.get(backend)?;
        Some(self.imports.change(backend, |import| {
            import.stop.cancel();
            if import.progress.state == ComfyuiImportState::Running {
                import.progress.state = ComfyuiImportState::Stopped;
            }
            import.progress.clone()
        }))
    }

    async fn import_to_end(self: Arc<Self>, backend: Arc<Backend>, stop: CancellationToken) {
        let (gallery, id) = (self.clone(), backend.id.clone());
        let all = tokio::spawn(async move { gallery.import_all(&backend, stop).await });
        if all.await.is_err() {
            // A panic, which is logged: nobody is to wait for its end.
            self.imports.change(&id, |import| import.progress.state = ComfyuiImportState::Failed);
        }
    }

    async fn import_all(&self, backend: &Backend, stop: CancellationToken) {
        let ended = tokio::select! {
            () = stop.cancelled() => Err(ImportEnd::Stopped),
            ended = self.import_each(backend, &stop) => ended,
        };
        // It may have been begun again.
        self.imports.change(&backend.id, |import| {
            if stop.is_cancelled() || import.progress.state != ComfyuiImportState::Running {
                return;
            }
            (import.progress.state, import.progress.why) = match ended {
                Ok(()) => {
                    // The next one looks at all of them again: files may have been replaced.
                    import.seen.clear();
                    (ComfyuiImportState::Done, None)
                }
                Err(ImportEnd::Stopped) => (ComfyuiImportState::Stopped, None),
                Err(error) => {
                    tracing::warn!(backend = %backend.id, %error, "the import of a ComfyUI's outputs ended early");
                    (ComfyuiImportState::Failed, Some(error.to_string()))
                }
            };
        });
    }

    async fn import_each(&self, backend: &Backend, stop: &CancellationToken) -> Result<(), ImportEnd> {
        let mut pauses = PAUSES.iter();
        let files = loop {
            match past_files(&backend.client, &self.store).await.map_err(ImportEnd::from) {
                Err(ImportEnd::Unreachable(why)) => pause(&mut pauses, why).await?,
                listed => break listed?,
            }
        };
        self.note(backend, stop, |progress| progress.found = files.len() as u64);
        for file in files {
            let key = (file.subfolder.clone(), file.filename.clone());
            let is_seen = self.imports.change(&backend.id, |import| import.seen.contains(&key));
            let result = if is_seen { FileResult::Known } else { self.import_patiently(backend, &file).await? };
            if !matches!(result, FileResult::Refused(_)) {
                self.imports.change(&backend.id, |import| import.seen.insert(key));
            }
            self.note(backend, stop, |progress| {
                progress.done += 1;
                match result {
                    FileResult::New => progress.new += 1,
                    FileResult::Known => progress.known += 1,
                    FileResult::Refused(why) => {
                        progress.refused += 1;
                        if progress.refusals.len() < limits::IMPORT_REFUSALS {
                            progress.refusals.push(RefusedFile { filename: file.content().path(), why });
                        }
                    }
                }
            });
        }
        Ok(())
    }

    /// Notes how it goes, unless it was stopped.
    fn note(&self, backend: &Backend, stop: &CancellationToken, change: impl FnOnce(&mut ComfyuiImport)) {
        self.imports.change(&backend.id, |import| {
            if !stop.is_cancelled() {
                change(&mut import.progress);
            }
        });
    }

    async fn import_patiently(&self, backend: &Backend, file: &PastFile) -> Result<FileResult, ImportEnd> {
        let mut pauses = PAUSES.iter();
        loop {
            match self.import_one(backend, file).await {
                Err(ImportEnd::Unreachable(why)) => pause(&mut pauses, why).await?,
                ended => return ended,
            }
        }
    }

    async fn import_one(&self, backend: &Backend, file: &PastFile) -> Result<FileResult, ImportEnd> {
        let unreachable = |why: &dyn std::fmt::Display| ImportEnd::Unreachable(why.to_string());
        let response = match timeout(limits::COPY_STALL, backend.client.view(&file.content(), false)).await {
            Ok(Ok(response)) => response,
            Ok(Err(ComfyError::Status { status: StatusCode::NOT_FOUND, .. })) => {
                return Ok(FileResult::Refused("It is not there any more.".to_owned()));
            }
            Ok(Err(error)) if error.is_permanent_refusal() || matches!(error, ComfyError::NotServed { .. }) => {
                return Ok(FileResult::Refused(format!("{error}.")));
            }
            Ok(Err(error)) => return Err(unreachable(&error)),
            Err(_) => return Err(unreachable(&"nothing came")),
        };
        let made_at = file.made_at.or_else(|| last_modified(&response));
        let from = ImportedFrom { backend, run: file.run.as_ref() };
        let length = response.content_length();
        let source = patient(response, limits::COPY_STALL).map_err(drop);
        match self.import_from(file.filename.clone(), made_at, source, length, Some(from)).await {
            Ok(imported) if imported.is_new => Ok(FileResult::New),
            Ok(_) => Ok(FileResult::Known),
            Err(ImportError::BrokenOff) => Err(unreachable(&"the file ended before it was complete")),
            Err(error @ (ImportError::UnsupportedType | ImportError::Damaged(_) | ImportError::TooLarge)) => {
                Ok(FileResult::Refused(error.to_string()))
            }
            Err(error @ (ImportError::Stopping | ImportError::Media(_) | ImportError::Store(_))) => {
                Err(ImportEnd::Here(format!("A file cannot be stored: {error}.")))
            }
        }
    }
}

/// The time of a file, which ComfyUI's web server sends with it.
fn last_modified(response: &Response) -> Option<Timestamp> {
    let text = response.headers().get(header::LAST_MODIFIED)?.to_str().ok()?;
    let since = httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(Timestamp(u64::try_from(since.as_millis()).ok()?))
}

/// Waits before the ComfyUI is asked again, or ends the import.
async fn pause(pauses: &mut impl Iterator<Item = &u64>, why: String) -> Result<(), ImportEnd> {
    let Some(seconds) = pauses.next() else { return Err(ImportEnd::Unreachable(why)) };
    tracing::debug!(why, "a ComfyUI whose outputs are imported is asked again");
    sleep(Duration::from_secs(*seconds)).await;
    Ok(())
}
