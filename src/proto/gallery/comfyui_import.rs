//! The import of what a ComfyUI made before: which files, and how it goes.

use serde::{Deserialize, Serialize};

/// How the import of the old outputs of one ComfyUI goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComfyuiImport {
    pub state: ComfyuiImportState,
    /// Files that the ComfyUI names; 0 while it is asked for them.
    pub found: u64,
    /// Those that were looked at: the sum of the three below.
    pub done: u64,
    /// In the gallery now.
    pub new: u64,
    /// In the gallery before.
    pub known: u64,
    pub refused: u64,
    /// The first of those that are not taken, at most [`crate::limits::IMPORT_REFUSALS`].
    pub refusals: Vec<RefusedFile>,
    /// Why it ended early, for people.
    pub why: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComfyuiImportState {
    /// None was begun since the start of Darkroom.
    #[default]
    None,
    Running,
    Done,
    /// Somebody stopped it.
    Stopped,
    /// See [`ComfyuiImport::why`].
    Failed,
}

/// A file that is not taken, and why, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedFile {
    pub filename: String,
    pub why: String,
}

/// Endings of pictures, videos and sounds that the gallery takes.
const ENDINGS: [&str; 15] = ["png", "jpg", "jpeg", "webp", "gif", "avif", "mp4", "mov", "m4v", "webm", "mkv", "flac", "mp3", "ogg", "opus"];

/// Whether a file of this name may be one that the gallery takes. Others are passed over.
#[must_use]
pub fn may_be_imported(name: &str) -> bool {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_taken_by_their_endings() {
        for name in ["a.png", "a.b.WEBM", ".avif"] {
            assert!(may_be_imported(name), "{name}");
        }
        for name in ["a.latent", "a.png.txt", "png", "", "a."] {
            assert!(!may_be_imported(name), "{name}");
        }
    }
}
