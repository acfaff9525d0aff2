//! How much of a run came over one socket.

use crate::comfy::ComfyEvent;

/// What ComfyUI sends while there is no socket is lost (fact 2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RunSeen {
    /// Not its start, or the socket broke since.
    #[default]
    Partly,
    /// The socket broke, and the next one was opened while the run went on: the results of its present node and of later ones come over it.
    Resumed,
    /// All until now.
    FromStart,
    /// From its start to its end.
    Whole,
}

impl RunSeen {
    /// After this message of the run.
    #[must_use]
    pub fn after(self, event: &ComfyEvent) -> Self {
        match event {
            ComfyEvent::ExecutionStart(_) => Self::FromStart,
            ComfyEvent::Executing(executing) if executing.node.is_none() => match self {
                Self::FromStart => Self::Whole,
                // What comes over this socket has come.
                Self::Resumed => Self::Partly,
                seen => seen,
            },
            _ => self,
        }
    }

    /// After the socket broke.
    #[must_use]
    pub fn after_break(self) -> Self {
        if self == Self::Whole { self } else { Self::Partly }
    }

    /// After a new socket got the message that the run goes on, which ComfyUI sends once to such a socket (fact 2).
    #[must_use]
    pub fn after_resumption(self) -> Self {
        if self == Self::Partly { Self::Resumed } else { self }
    }

    /// Whether results that are missing may still come.
    #[must_use]
    pub fn goes_on(self) -> bool {
        matches!(self, Self::FromStart | Self::Resumed)
    }
}
