//! Pictures of a run, and which sockets get them in which form. ComfyUI sends a preview with its metadata (type 4) before the `progress` that it belongs to, and to
//! sockets that did not ask for that a plain one (type 1) behind it (fact 9). Darkroom always gets the first.

use bytes::Bytes;

/// A binary message for sockets.
#[derive(Clone)]
pub(super) struct RunPicture {
    pub(super) frame: Bytes,
    pub(super) form: ShownForm,
    /// Its node runs for it, so it must arrive. Of previews, a socket that is late gets the next one.
    pub(super) is_result: bool,
    /// Also for sockets that did not ask for previews.
    pub(super) is_for_all: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ShownForm {
    /// As the ComfyUI sent it, for all: it has no metadata.
    AsSent,
    /// With metadata, for sockets that asked for that.
    Whole,
    /// Without, for those that did not.
    Plain,
    /// Without, for all: what ComfyUI does where a prompt has no client (fact 35).
    PlainForAll,
}

impl ShownForm {
    pub(super) fn is_for(self, has_metadata: bool) -> bool {
        match self {
            Self::AsSent | Self::PlainForAll => true,
            Self::Whole => has_metadata,
            Self::Plain => !has_metadata,
        }
    }

    pub(super) fn is_plain(self) -> bool {
        matches!(self, Self::Plain | Self::PlainForAll)
    }
}
