//! Why the metadata of a file is not removed.

/// The text is for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StripError {
    #[error(
        "The metadata of files of this type cannot be removed, only of PNG, JPEG, WebP, GIF, MP4, MOV, WebM, FLAC, MP3 and Ogg. Download it as it is."
    )]
    UnknownType,
    /// What is in it.
    #[error("The metadata of this file cannot be removed: it has {0}. Download it as it is.")]
    Unsupported(&'static str),
    /// What is wrong.
    #[error("The metadata of this file cannot be removed, because the file is damaged: {0}.")]
    Damaged(&'static str),
}

/// A part is longer than the file.
pub(super) const CUT_OFF: StripError = StripError::Damaged("it ends too early");
