//! How much of a run came over one socket.

use crate::comfy::ComfyEvent;

/// What ComfyUI sends while there is no socket is lost (fact 2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RunSeen {
    /// Not its start, or the socket broke since.
    #[default]
    Partly,
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
            ComfyEvent::Executing(executing) if executing.node.is_none() && self == Self::FromStart => Self::Whole,
            _ => self,
        }
    }

    /// After the socket broke.
    #[must_use]
    pub fn after_break(self) -> Self {
        if self == Self::FromStart { Self::Partly } else { self }
    }
}
