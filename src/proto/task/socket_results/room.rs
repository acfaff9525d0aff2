//! What a picture from the socket becomes in its task, and how many a task takes.

use crate::{
    comfy::ImageFormat,
    ids::NodeId,
    limits,
    task::{Output, OutputContent, OutputKind, OutputStorage, Task},
};

/// In place of the first result over [`limits::SOCKET_RESULTS`] or [`limits::OUTPUTS`].
const RESULTS_FULL: &str =
    "There were more pictures over ComfyUI's socket than Darkroom keeps of one task. The rest is lost: spread them over several tasks.";

/// How many outputs of a task came over the socket.
pub(super) fn result_count(task: &Task) -> usize {
    task.outputs.iter().filter(|output| output.content.came_over_socket()).count()
}

/// Whether a task takes another result from the socket.
#[must_use]
pub fn has_room_for_result(task: &Task) -> bool {
    // The last output is for the note.
    result_count(task) < limits::SOCKET_RESULTS && task.outputs.len() + 1 < limits::OUTPUTS
}

/// The output that a result from the socket becomes; without room for it, a note in its place. `name`: see [`OutputContent::from_socket`]. `None`: the
/// task is over, or has the note.
#[must_use]
pub fn result_output(task: &Task, node: NodeId, format: ImageFormat, name: &str, storage: OutputStorage) -> Option<Output> {
    if task.state.is_final() || task.outputs.len() >= limits::OUTPUTS {
        return None;
    }
    let id = u32::try_from(task.outputs.len()).ok()?;
    if has_room_for_result(task) {
        let content = OutputContent::from_socket(name, result_count(task) + 1, format);
        return Some(Output { id, node, kind: OutputKind::Image, temporary: false, content, storage, outside: None });
    }
    let content = OutputContent::Text { text: RESULTS_FULL.to_owned() };
    let is_noted = task.outputs.iter().any(|output| output.content == content);
    (!is_noted).then(|| Output {
        id,
        node,
        kind: OutputKind::Text,
        temporary: false,
        content,
        storage: OutputStorage::default(),
        outside: None,
    })
}
