//! Sends the stored pictures and the assets that a task loads to the ComfyUI that gets the task, right before it is sent: any ComfyUI can run it, also
//! one that was empty a moment ago.

use std::{collections::HashSet, sync::Arc};

use parking_lot::Mutex;
use serde_json::Value;

use crate::{
    client_files::{ClientFiles, FilePlace, FileVersion},
    media::{MediaFailure, MediaFiles},
    named_files::NamedFiles,
};
use comfyui::{ComfyClient, ComfyError};
use proto::{
    comfy::Workflow,
    comfy_v2::{AssetFile, asset_files_of},
    edit::{PictureFile, pictures_of},
    task::Problem,
};

/// The stored pictures and assets that a ComfyUI has, as far as is known.
pub(super) struct SentPictures {
    files: Arc<MediaFiles>,
    sent: Mutex<HashSet<SentFile>>,
    /// What clients of ComfyUI uploaded.
    uploads: ClientFiles,
    sent_uploads: Mutex<HashSet<FileVersion>>,
    /// Files of other ComfyUIs.
    named: Arc<NamedFiles>,
    /// Those that are here, too.
    here: Mutex<HashSet<FilePlace>>,
}

/// A file of the media store that a workflow loads.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum SentFile {
    Picture(PictureFile),
    Asset(AssetFile),
}

impl SentFile {
    fn all_of(workflow: &Workflow) -> impl Iterator<Item = Self> {
        pictures_of(workflow).into_iter().map(Self::Picture).chain(asset_files_of(workflow).into_iter().map(Self::Asset))
    }

    /// The value of an input that names it.
    fn input(&self) -> String {
        match self {
            Self::Picture(file) => file.input(),
            Self::Asset(file) => file.input(),
        }
    }

    fn hash(&self) -> &str {
        match self {
            Self::Picture(file) => file.id.as_str(),
            Self::Asset(file) => &file.hash,
        }
    }
}

/// Why a picture is not at a ComfyUI.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotSent {
    /// The file with this input is not in the media store any more.
    #[error("a file that it loads is not in Darkroom any more")]
    Gone(String),
    #[error("the media store cannot be read: {0}")]
    Store(MediaFailure),
    #[error(transparent)]
    ComfyUi(#[from] ComfyError),
}

impl SentPictures {
    pub(super) fn new(files: Arc<MediaFiles>, uploads: ClientFiles, named: Arc<NamedFiles>) -> Self {
        Self { files, sent: Mutex::default(), uploads, sent_uploads: Mutex::default(), named, here: Mutex::default() }
    }

    /// Forgets what was sent: the ComfyUI may be another one, or its folder may have been emptied.
    pub(super) fn forget(&self) {
        self.sent.lock().clear();
        self.sent_uploads.lock().clear();
        self.here.lock().clear();
    }

    /// Sends the files that this workflow loads, unless they are known to be there. Sending one twice does no harm.
    ///
    /// # Errors
    /// See [`NotSent`].
    pub(super) async fn send(&self, workflow: &Workflow, client: &ComfyClient) -> Result<(), NotSent> {
        for file in SentFile::all_of(workflow) {
            if self.sent.lock().contains(&file) {
                continue;
            }
            match &file {
                SentFile::Picture(picture) => {
                    let bytes = self.files.read_whole(file.hash()).await.map_err(|failure| not_read(&file, failure))?;
                    client.put_picture(picture, bytes).await?;
                }
                SentFile::Asset(asset) => {
                    // It may be large, so it is sent as it is read.
                    let bytes = self.files.read(file.hash(), None).await.map_err(|failure| not_read(&file, failure))?;
                    let body = reqwest::Body::wrap_stream(bytes);
                    client.put_input(&asset.folder(), &asset.name, "application/octet-stream", body).await?;
                }
            }
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
        self.bring(workflow, client).await
    }

    /// Brings the files that a workflow names by their folder, and that are elsewhere. One that is nowhere is missed by ComfyUI, which says so.
    async fn bring(&self, workflow: &Workflow, client: &ComfyClient) -> Result<(), NotSent> {
        let Some(finder) = self.named.finder() else { return Ok(()) };
        let values = workflow.0.values().flat_map(|node| node.inputs()).filter_map(|(_, value)| Value::as_str(value));
        let places: HashSet<FilePlace> = values.filter_map(FilePlace::annotated).collect();
        for place in places {
            let is_here = self.here.lock().contains(&place);
            if is_here || self.uploads.has(&place).await {
                continue;
            }
            let FilePlace { subfolder, name, .. } = &place;
            // One of its own is not replaced.
            let is_own = !finder.is_named_by_darkroom(&place) && client.has_file(place.folder, subfolder, name).await?;
            if !is_own {
                let Some(bytes) = finder.find(&place).await else { continue };
                client.put_file(place.folder, subfolder, name, bytes.into()).await?;
            }
            self.here.lock().insert(place);
        }
        Ok(())
    }
}

fn not_read(file: &SentFile, failure: MediaFailure) -> NotSent {
    match failure {
        MediaFailure::Missing => NotSent::Gone(file.input()),
        failure => NotSent::Store(failure),
    }
}

/// Whether these are refusals of files that Darkroom sent: ComfyUI checks that the file of a LoadImage is there.
pub(super) fn lacks_pictures(problems: &[Problem], workflow: &Workflow) -> bool {
    let names_one = |problem: &Problem| {
        let node = problem.node.as_ref().and_then(|id| workflow.0.get(id));
        let value = problem.input.as_deref().and_then(|input| node?.input(input)?.as_str());
        value.is_some_and(|value| {
            PictureFile::of_input(value).is_some() || AssetFile::of_input(value).is_some() || FilePlace::annotated(value).is_some()
        })
    };
    problems.iter().any(names_one)
}
