//! A result from the socket.

use crate::{
    comfy::ImageFormat,
    ids::{NodeId, TaskId},
    task::OutputContent,
};

/// A picture that is an output of its task.
#[derive(Clone, Debug, PartialEq)]
pub struct SocketResult {
    pub task: TaskId,
    /// A node of the workflow.
    pub node: NodeId,
    pub format: ImageFormat,
    pub image: Vec<u8>,
}

impl OutputContent {
    /// The `folder` of a file that came over ComfyUI's socket: ComfyUI has no such file.
    pub const SOCKET: &str = "websocket";

    /// A file that came over ComfyUI's socket, under this name of [`OutputContent::SOCKET_NAME`] characters; `number`: counted from 1 in its task.
    #[must_use]
    pub fn from_socket(name: &str, number: usize, format: ImageFormat) -> Self {
        let filename = format!("websocket_{number:05}_.{}", if format == ImageFormat::Png { "png" } else { "jpg" });
        Self::File { filename, subfolder: name.to_owned(), folder: Self::SOCKET.to_owned() }
    }

    /// Hexadecimal digits of the name of a file that came over the socket.
    pub const SOCKET_NAME: usize = 32;

    /// Its name until it is in the media store, if it came over ComfyUI's socket. Only such a name may become a path.
    #[must_use]
    pub fn socket_name(&self) -> Option<&str> {
        let Self::File { subfolder, folder, .. } = self else { return None };
        let is_name = subfolder.len() == Self::SOCKET_NAME && subfolder.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        (folder == Self::SOCKET && is_name).then_some(subfolder)
    }

    /// It came over ComfyUI's socket, and only Darkroom has it.
    #[must_use]
    pub fn came_over_socket(&self) -> bool {
        self.socket_name().is_some()
    }
}
