//! Pictures that people gave or chose, in Darkroom's media store, and their names at a ComfyUI.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::rect::PixelSize;
use crate::comfy::Workflow;

/// A stored picture: the SHA-256 of its bytes, 64 small hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PictureId(String);

/// No id of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The id of a picture is the SHA-256 of its bytes: 64 digits from 0 to 9 and a to f.")]
pub struct WrongPictureId;

impl PictureId {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PictureId {
    type Error = WrongPictureId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() == 64 && text.bytes().all(is_hex) { Ok(Self(text)) } else { Err(WrongPictureId) }
    }
}

impl FromStr for PictureId {
    type Err = WrongPictureId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.to_owned().try_into()
    }
}

impl From<PictureId> for String {
    fn from(id: PictureId) -> Self {
        id.0
    }
}

impl fmt::Display for PictureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The type of a stored picture. Others are not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PictureFormat {
    Png,
    Jpeg,
    Webp,
}

impl PictureFormat {
    pub const ALL: [Self; 3] = [Self::Png, Self::Jpeg, Self::Webp];

    /// Of its file name.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Webp => "webp",
        }
    }

    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
        }
    }

    #[must_use]
    pub fn of_media_type(media_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.media_type() == media_type)
    }
}

/// The folder below ComfyUI's input folder.
pub const INPUT_FOLDER: &str = "darkroom";

/// A stored picture as a file at a ComfyUI.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PictureFile {
    pub id: PictureId,
    extension: &'static str,
}

impl PictureFile {
    #[must_use]
    pub fn new(id: PictureId, format: PictureFormat) -> Self {
        Self { id, extension: format.extension() }
    }

    /// What to write as the input `image` of LoadImage or LoadImageMask: "darkroom/….png".
    #[must_use]
    pub fn input(&self) -> String {
        format!("{INPUT_FOLDER}/{}", self.file_name())
    }

    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}.{}", self.id, self.extension)
    }

    #[must_use]
    pub fn media_type(&self) -> &'static str {
        PictureFormat::ALL.into_iter().find(|format| format.extension() == self.extension).map_or("image/png", PictureFormat::media_type)
    }

    /// The file that this value of an input names, if it has the name of a stored picture.
    #[must_use]
    pub fn of_input(text: &str) -> Option<Self> {
        let name = text.strip_prefix(INPUT_FOLDER)?.strip_prefix(['/', '\\'])?;
        let (id, extension) = name.split_once('.')?;
        let format = PictureFormat::ALL.into_iter().find(|format| format.extension() == extension)?;
        Some(Self::new(id.parse().ok()?, format))
    }
}

/// The ids of the stored pictures whose files a text names, such as the JSON of a workflow; each once. What has the name of one counts, wherever it
/// is: a picture that is kept for nothing costs less than one that is missing.
#[must_use]
pub fn picture_ids_in(text: &str) -> Vec<PictureId> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices(INPUT_FOLDER) {
        let name = text.get(at + INPUT_FOLDER.len()..).and_then(|rest| rest.strip_prefix(['/', '\\']));
        // A backslash is doubled in JSON.
        let name = name.map(|name| name.trim_start_matches('\\'));
        if let Some(id) = name.and_then(|name| name.get(..64)).and_then(|id| id.parse::<PictureId>().ok())
            && !found.contains(&id)
        {
            found.push(id);
        }
    }
    found
}

/// The stored pictures that a workflow loads, each once, in its order.
#[must_use]
pub fn pictures_of(workflow: &Workflow) -> Vec<PictureFile> {
    let mut found = Vec::new();
    for node in workflow.0.values() {
        for (_, value) in node.inputs() {
            if let Some(file) = value.as_str().and_then(PictureFile::of_input)
                && !found.contains(&file)
            {
                found.push(file);
            }
        }
    }
    found
}

/// A stored picture, as pages and programs see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredPicture {
    pub id: PictureId,
    pub size: PixelSize,
    pub format: PictureFormat,
}

impl StoredPicture {
    #[must_use]
    pub fn file(&self) -> PictureFile {
        PictureFile::new(self.id.clone(), self.format)
    }
}
