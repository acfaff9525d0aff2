//! The `file_path` of an asset: where among ComfyUI's input files it belongs.

use std::fmt;

use crate::limits;

/// A path below ComfyUI's input folder, such as `photo.png` or `faces/anna.png`. Its parts are separated by `/`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AssetPath(String);

/// Why a `file_path` is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongAssetPath {
    #[error(
        "file_path is a path below ComfyUI's input folder, such as photo.png: relative, with \"/\" between its parts, and without \"..\"."
    )]
    Outside,
    #[error("file_path has 1 to {} bytes, and no control characters.", limits::ASSET_PATH)]
    Text,
    #[error("Darkroom cannot place models: ComfyUI takes them only as files in its own folders. Copy the model there.")]
    Model,
}

impl AssetPath {
    /// Reads a `file_path`. `input/` at its begin is left out: it is where all of them are.
    ///
    /// # Errors
    /// See [`WrongAssetPath`].
    pub fn parse(text: &str) -> Result<Self, WrongAssetPath> {
        if text.is_empty() || text.len() > limits::ASSET_PATH || text.contains(char::is_control) {
            return Err(WrongAssetPath::Text);
        }
        let path = text.strip_prefix("input/").unwrap_or(text);
        let is_part = |part: &str| !matches!(part, "" | "." | "..");
        if path.contains(['\\', ':']) || !path.split('/').all(is_part) {
            return Err(WrongAssetPath::Outside);
        }
        if text.starts_with("models/") {
            return Err(WrongAssetPath::Model);
        }
        Ok(Self(path.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Without its folders.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }
}

impl fmt::Display for AssetPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_stay_below_the_input_folder() {
        for (text, path, name) in [
            ("photo.png", "photo.png", "photo.png"),
            ("input/photo.png", "photo.png", "photo.png"),
            ("input/a/b c.png", "a/b c.png", "b c.png"),
        ] {
            let parsed = AssetPath::parse(text).unwrap();
            assert_eq!((parsed.as_str(), parsed.file_name()), (path, name));
        }
        for outside in [
            "../a.png",
            "input/../../a.png",
            "a/../b.png",
            "/etc/passwd",
            "a\\b.png",
            "C:a.png",
            "a//b.png",
            "a/",
            "input/",
            "./a.png",
            "..",
        ] {
            assert_eq!(AssetPath::parse(outside), Err(WrongAssetPath::Outside), "{outside}");
        }
        for text in ["", "a\nb.png"] {
            assert_eq!(AssetPath::parse(text), Err(WrongAssetPath::Text));
        }
        assert_eq!(AssetPath::parse("models/checkpoints/x.safetensors"), Err(WrongAssetPath::Model));
        assert_eq!(AssetPath::parse(&"x".repeat(limits::ASSET_PATH + 1)), Err(WrongAssetPath::Text));
    }

    proptest! {
        #[test]
        fn what_is_taken_never_leads_out(text in "[a./\\\\:\u{0}]{0,12}") {
            if let Ok(path) = AssetPath::parse(&text) {
                prop_assert!(path.as_str().split('/').all(|part| !part.is_empty() && part != "." && part != ".."));
                prop_assert!(!path.as_str().contains(['\\', ':', '\0']));
            }
        }
    }
}
