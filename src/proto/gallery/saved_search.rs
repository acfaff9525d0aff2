//! A search that people keep under a name: an album that fills itself.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedSearch {
    pub id: i64,
    /// 1 to [`limits::GALLERY_LABEL`](crate::limits::GALLERY_LABEL) characters.
    pub name: String,
    /// In the language of [`Search`](super::Search).
    pub text: String,
}
