//! Sends the stored pictures that a task loads to the ComfyUI that gets the task, right before it is sent: any ComfyUI can run it, also one that
//! was empty a moment ago.

use std::{collections::HashSet, sync::Arc};

use parking_lot::Mutex;

use crate::{
    client_files::{ClientFiles, FileVersion},
    media::{MediaFailure, MediaFiles},
};
use comfyui::{ComfyClient, ComfyError};
use proto::{
    comfy::Workflow,
    edit::{PictureFile, pictures_of},
    task::Problem,
};

/// The stored pictures that a ComfyUI has, as far as is known.
pub(super) struct SentPictures {
    files: Arc<MediaFiles>,
    sent: Mutex<HashSet<PictureFile>>,
    /// What clients of ComfyUI uploaded.
    uploads: ClientFiles,
    sent_uploads: Mutex<HashSet<FileVersion>>,
}

/// Why a picture is not at a ComfyUI.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotSent {
    /// The picture is not in the media store any more.
    #[error("a picture that it loads is not in Darkroom any more")]
    Gone(PictureFile),
    #[error("the media store cannot be read: {0}")]
    Store(MediaFailure),
    #[error(transparent)]
    ComfyUi(#[from] ComfyError),
}

impl SentPictures {
    pub(super) fn new(files: Arc<MediaFiles>, uploads: ClientFiles) -> Self {
        Self { files, sent: Mutex::default(), uploads, sent_uploads: Mutex::default() }
    }

    /// Forgets what was sent: the ComfyUI may be another one, or its folder may have been emptied.
    pub(super) fn forget(&self) {
        self.sent.lock().clear();
        self.sent_uploads.lock().clear();
    }

    /// Sends the pictures that this workflow loads, unless they are known to be there. Sending one twice does no harm.
    ///
    /// # Errors
    /// See [`NotSent`].
    pub(super) async fn send(&self, workflow: &Workflow, client: &ComfyClient) -> Result<(), NotSent> {
        for file in pictures_of(workflow) {
            if self.sent.lock().contains(&file) {
                continue;
            }
            let bytes = match self.files.read_whole(file.id.as_str()).await {
                Ok(bytes) => bytes,
                Err(MediaFailure::Missing) => return Err(NotSent::Gone(file)),
                Err(failure) => return Err(NotSent::Store(failure)),
            };
            client.put_picture(&file, bytes).await?;
            self.sent.lock().insert(file);
        }
        for version in self.uploads.of_workflow(workflow).await {
            if self.sent_uploads.lock().contains(&version) {
                continue;
            }
            let place = &version.place;
            // One that is gone since is missed by ComfyUI, which says so.
            let Some(bytes) = self.uploads.read(place).await else { continue };
            client.put_file(place.folder, &place.subfolder, &place.name, bytes).await?;
            self.sent_uploads.lock().insert(version);
        }
        Ok(())
    }
}

/// Whether these are refusals of stored pictures: ComfyUI checks that the file of a LoadImage is there.
pub(super) fn lacks_pictures(problems: &[Problem], workflow: &Workflow) -> bool {
    let names_one = |problem: &Problem| {
        let node = problem.node.as_ref().and_then(|id| workflow.0.get(id));
        let value = problem.input.as_deref().and_then(|input| node?.input(input)?.as_str());
        value.is_some_and(|value| PictureFile::of_input(value).is_some())
    };
    problems.iter().any(names_one)
}
