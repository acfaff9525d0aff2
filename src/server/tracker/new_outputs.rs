//! What becomes of the outputs that a change adds.

use proto::task::{Change, Output, OutputContent, OutputStorage};

/// Says of new outputs whether they are to be copied; `keep`: they are.
pub(super) fn marked(change: Change, keep: bool) -> Change {
    let Change::OutputsAdded { task, mut outputs } = change else { return change };
    for Output { content, storage, .. } in &mut outputs {
        *storage = match content {
            OutputContent::Text { .. } => OutputStorage::Kept,
            // It came over the socket, and there are no bytes to copy.
            OutputContent::File { .. } if matches!(storage, OutputStorage::NotKept { .. }) => *storage,
            OutputContent::File { .. } if keep => OutputStorage::Copying { delay: None },
            OutputContent::File { .. } => OutputStorage::Remote,
        };
    }
    Change::OutputsAdded { task, outputs }
}
