//! What a page changes in a production.

use serde::{Deserialize, Serialize};

use super::super::{
    Asset, Cast, Chapter, EmotionalBeat, ObjectKind, ProductionEvent, ProductionNode, ProductionNodeId, ProjectId, Scene, Shot, TakeId,
    ToldObject,
};
use super::AsJson;

/// A change that a person makes on a page. `fields` are a part of an object's fields as a text of JSON (JSON Merge Patch). `version`: the one that was read; `None`: any.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ProductionChange {
    CreateProject {
        fields: String,
    },
    ChangeProject {
        project: ProjectId,
        version: Option<u32>,
        fields: String,
        /// Puts it away, or takes it up again.
        archived: Option<bool>,
    },
    /// Into the trash, or out of it.
    TrashProject {
        project: ProjectId,
        trashed: bool,
    },
    /// `parent`, `name` and `before` as in requests of programs: the scene of a shot, the asset of a cast, the object that it comes before.
    Create {
        project: ProjectId,
        kind: ObjectKind,
        parent: Option<String>,
        name: Option<String>,
        before: Option<String>,
        fields: String,
    },
    Change {
        project: ProjectId,
        kind: ObjectKind,
        id: String,
        version: Option<u32>,
        fields: String,
    },
    /// `before`: the object that it comes before; `None`: it is the last. `parent`: where it goes; `None`: it stays.
    Move {
        project: ProjectId,
        kind: ObjectKind,
        id: String,
        version: Option<u32>,
        before: Option<String>,
        parent: Option<String>,
    },
    Trash {
        project: ProjectId,
        kind: ObjectKind,
        id: String,
        version: Option<u32>,
    },
    Restore {
        project: ProjectId,
        kind: ObjectKind,
        id: String,
    },
    /// `None`: nobody chooses any more, so that it is the newest.
    ChooseTake {
        project: ProjectId,
        node: ProductionNodeId,
        version: Option<u32>,
        take_number: Option<u32>,
    },
    ReviewTake {
        project: ProjectId,
        take: TakeId,
        version: Option<u32>,
        fields: String,
    },
    TrashTake {
        project: ProjectId,
        take: TakeId,
        trashed: bool,
    },
}

impl ProductionChange {
    /// The same change of the version that there is now, whoever made it.
    #[must_use]
    pub fn of_version(mut self, now: u32) -> Self {
        match &mut self {
            Self::ChangeProject { version, .. }
            | Self::Change { version, .. }
            | Self::Move { version, .. }
            | Self::Trash { version, .. }
            | Self::ChooseTake { version, .. }
            | Self::ReviewTake { version, .. } => *version = Some(now),
            _ => {}
        }
        self
    }

    /// The fields that it changes, as JSON.
    #[must_use]
    pub fn fields(&self) -> &str {
        match self {
            Self::ChangeProject { fields, .. } | Self::Change { fields, .. } | Self::ReviewTake { fields, .. } => fields,
            _ => "",
        }
    }

    /// The event that tells `current`, the object that was to be changed, as JSON.
    #[must_use]
    pub fn current_state(&self, current: &str) -> Option<ProductionEvent> {
        fn object<T: ToldObject>(current: &str) -> Option<ProductionEvent> {
            serde_json::from_str::<T>(current).ok().map(T::changed)
        }
        let take = |current| serde_json::from_str(current).ok().map(|take| ProductionEvent::TakeReviewed { take });
        match self {
            Self::Change { kind, .. } | Self::Move { kind, .. } | Self::Trash { kind, .. } => match kind {
                ObjectKind::Chapter => object::<Chapter>(current),
                ObjectKind::Scene => object::<Scene>(current),
                ObjectKind::Shot => object::<Shot>(current),
                ObjectKind::Node => object::<ProductionNode>(current),
                ObjectKind::Asset => object::<Asset>(current),
                ObjectKind::Cast => object::<Cast>(current),
                ObjectKind::Beat => object::<EmotionalBeat>(current),
            },
            Self::ChooseTake { .. } => object::<ProductionNode>(current),
            Self::ReviewTake { .. } => take(current),
            Self::ChangeProject { .. } => serde_json::from_str(current).ok().map(|data| ProductionEvent::ProjectUpdated { data }),
            _ => None,
        }
    }
}

/// The event that tells what a change did, as everybody is told.
pub type ChangedProduction = AsJson<ProductionEvent>;

/// Why a page does not get what it asked for. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProductionProblem {
    /// It is not there (any more). A sentence.
    NotFound(String),
    /// Somebody else changed it since it was read.
    Conflict {
        version: u32,
        /// The object as it is now, as JSON.
        current: String,
        /// The names of the fields that are different since then; `None`: not known.
        changed: Option<Vec<String>>,
    },
    /// What is wrong, for people. `field`: which field has it; empty: none.
    Refused { field: String, message: String },
    /// Not possible now: the database cannot be used. A sentence.
    Unavailable(String),
}

impl ProductionProblem {
    /// What people are told.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::NotFound(message) | Self::Refused { message, .. } | Self::Unavailable(message) => message.clone(),
            Self::Conflict { changed, .. } => conflict_words(changed.as_deref()),
        }
    }
}

/// What people are told about an object that was changed since they read it. `changed`: the names of the fields that are different since then; `None`: not known.
#[must_use]
pub fn conflict_words(changed: Option<&[String]>) -> String {
    match changed {
        None => "Somebody else changed it meanwhile.".into(),
        // Changed there and back.
        Some([]) => "Somebody else changed it meanwhile, and it is as it was.".into(),
        Some(changed) => format!("Somebody else changed: {}.", changed.join(", ").replace('_', " ")),
    }
}
