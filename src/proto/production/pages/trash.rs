//! What was thrown away on a board.

use serde::{Deserialize, Serialize};

use super::super::ObjectKind;
use crate::time::Timestamp;

/// What can be brought back, what was thrown away last first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BoardTrash {
    pub items: Vec<TrashedItem>,
    /// There is more than is listed.
    pub has_more: bool,
}

/// One of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrashedItem {
    /// `None`: it is a take.
    pub kind: Option<ObjectKind>,
    pub id: String,
    /// For people: `S001_P002 The rail`.
    pub name: String,
    pub at: Timestamp,
}

impl TrashedItem {
    /// What it is, in a word.
    #[must_use]
    pub fn kind_word(&self) -> &'static str {
        self.kind.map_or("take", ObjectKind::word)
    }
}
