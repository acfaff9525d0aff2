//! Where the bytes of an output are: only at ComfyUI, or kept by Darkroom, too.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

/// What Darkroom has of an output. A text is part of its task, and so is always kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputStorage {
    /// Only at ComfyUI, and Darkroom is not going to copy it: `[media] keep` is off.
    #[default]
    Remote,
    /// To be copied, or being copied. `delay`: why that takes longer.
    Copying { delay: Option<CopyDelay> },
    /// Copied and checked.
    Kept,
    /// It could not be kept, or is not kept any more. Final.
    NotKept { reason: NotKeptReason },
}

/// Why a copy is tried again later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, EnumString)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum CopyDelay {
    /// Its ComfyUI cannot be reached, or broke off.
    ComfyuiUnreachable,
    /// The disk or the quota of the media store is full.
    StoreFull,
    /// The media store cannot be reached or written.
    StoreUnavailable,
    /// It came over ComfyUI's socket, and its file in the data folder cannot be read.
    FileUnreadable,
    /// Darkroom's database cannot be written, so that it cannot be recorded what is to be copied.
    DatabaseUnwritable,
}

/// Why there is no copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, EnumString)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum NotKeptReason {
    /// ComfyUI no longer had the file.
    Gone,
    /// ComfyUI does not hand out files of this folder.
    Forbidden,
    /// Larger than `[media] max_file_mb`.
    TooLarge,
    /// ComfyUI refused the request for another reason.
    Refused,
    /// Its ComfyUI is not configured any more.
    NotConfigured,
    /// Removed by `[media] keep_days` or `max_gb`.
    Expired,
    /// It came over the socket, and Darkroom stopped before it was on disk, or its file is gone from there.
    Interrupted,
    /// It came over the socket while `[media] keep` was off.
    KeepingOff,
    /// It came over the socket while the disk could not be written, and too many waited in memory.
    NoRoom,
}

impl CopyDelay {
    /// The word in the database. Never changes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// In words, for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::ComfyuiUnreachable => "its ComfyUI cannot be reached",
            Self::StoreFull => "the media store is full",
            Self::StoreUnavailable => "the media store cannot be written",
            Self::FileUnreadable => "its file in Darkroom's data folder cannot be read",
            Self::DatabaseUnwritable => "Darkroom's database cannot be written",
        }
    }
}

impl NotKeptReason {
    /// The word in the database. Never changes.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// In words, for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Gone => "ComfyUI no longer had the file",
            Self::Forbidden => "ComfyUI does not hand out files of this folder",
            Self::TooLarge => "the file is larger than [media] max_file_mb",
            Self::Refused => "ComfyUI refused to hand out the file",
            Self::NotConfigured => "its ComfyUI is not configured any more",
            Self::Expired => "its time or the room of the media store is over",
            Self::Interrupted => "it came over ComfyUI's socket, and Darkroom stopped before it was on disk",
            Self::KeepingOff => "it came over ComfyUI's socket, and [media] keep is off",
            Self::NoRoom => "it came over ComfyUI's socket, and the disk could not be written",
        }
    }
}

impl OutputStorage {
    /// The bytes are in the media store.
    #[must_use]
    pub fn is_kept(self) -> bool {
        self == Self::Kept
    }

    #[must_use]
    pub fn is_copying(self) -> bool {
        matches!(self, Self::Copying { .. })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        comfy::Catalog,
        ids::{NodeId, TaskId},
        recipe::TextToImage,
        task::{Change, Durations, Output, OutputContent, OutputKind, Snapshot, Task, TaskState},
        time::Timestamp,
    };

    const REASONS: [NotKeptReason; 9] = [
        NotKeptReason::Gone,
        NotKeptReason::Forbidden,
        NotKeptReason::TooLarge,
        NotKeptReason::Refused,
        NotKeptReason::NotConfigured,
        NotKeptReason::Expired,
        NotKeptReason::Interrupted,
        NotKeptReason::KeepingOff,
        NotKeptReason::NoRoom,
    ];
    const DELAYS: [CopyDelay; 5] = [
        CopyDelay::ComfyuiUnreachable,
        CopyDelay::StoreFull,
        CopyDelay::StoreUnavailable,
        CopyDelay::FileUnreadable,
        CopyDelay::DatabaseUnwritable,
    ];

    #[test]
    fn storage_reasons_are_equal_in_the_database_and_the_api() {
        for reason in REASONS {
            assert_eq!(reason.as_str().parse(), Ok(reason));
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
        for delay in DELAYS {
            assert_eq!(delay.as_str().parse(), Ok(delay));
            assert_eq!(serde_json::to_value(delay).unwrap(), delay.as_str());
        }
    }

    /// A task that put out a picture, and ended.
    fn ended() -> (Snapshot, TaskId) {
        let id = TaskId(Uuid::from_u128(7));
        let workflow = TextToImage::default().workflow();
        let task = Task::new(id, "A cat", &workflow, &Catalog::default(), &Durations::default(), Timestamp(1));
        let output = Output {
            id: 0,
            node: NodeId::from("9"),
            kind: OutputKind::Image,
            temporary: false,
            content: OutputContent::File { filename: "a.png".into(), subfolder: String::new(), folder: "output".into() },
            storage: OutputStorage::Copying { delay: None },
            outside: None,
        };
        let mut snapshot = Snapshot::default();
        snapshot.push(Change::TaskAdded(Box::new(task)));
        snapshot.push(Change::OutputsAdded { task: id, outputs: vec![output] });
        snapshot.push(Change::TaskEnded { task: id, state: TaskState::Completed, at: Timestamp(2), error: None });
        (snapshot, id)
    }

    #[test]
    fn an_output_is_kept_after_its_task_ended() {
        let (mut snapshot, task) = ended();
        snapshot.push(Change::OutputStored { task, attempt: 1, output: 0, storage: OutputStorage::Kept });
        assert_eq!(snapshot.task(task).unwrap().outputs[0].storage, OutputStorage::Kept);
        // Every other change of a task that ended still changes nothing.
        let before = snapshot.task(task).cloned();
        snapshot.push(Change::TaskWaiting { task, note: Some("late".into()) });
        assert_eq!(snapshot.task(task).cloned(), before);
    }

    #[test]
    fn a_change_of_another_attempt_or_output_is_ignored() {
        let (mut snapshot, task) = ended();
        let before = snapshot.task(task).cloned();
        for (attempt, output) in [(2, 0), (1, 1)] {
            snapshot.push(Change::OutputStored { task, attempt, output, storage: OutputStorage::Kept });
        }
        assert_eq!(snapshot.task(task).cloned(), before);
    }

    /// An output as an earlier Darkroom stored it.
    #[test]
    fn a_stored_output_without_storage_is_remote() {
        let text = r#"{"id":0,"node":"9","kind":"image","content":{"file":{"filename":"a.png","subfolder":"","folder":"output"}}}"#;
        assert_eq!(serde_json::from_str::<Output>(text).unwrap().storage, OutputStorage::Remote);
    }
}
