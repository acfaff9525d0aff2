//! What was on the page before the settings of a task were opened on it.

use super::choices::EditChoices;
use proto::{edit::PictureId, ids::TaskId, mask::Mask, recipe::Field};

/// The page has the settings of this task.
#[derive(Clone)]
pub(super) struct ReusedSettings {
    pub task: TaskId,
    pub has_mask: bool,
    /// The picture had a draft: under this name it is among the saved masks now.
    pub draft: Option<String>,
    /// What could not be brought back, and what to do, for people.
    pub missing: Vec<String>,
    /// `None`: nothing was there.
    pub before: Option<PageBefore>,
}

/// The masks of other pictures are drafts, too; the one here is there also where the browser stores nothing.
#[derive(Clone)]
pub(super) struct PageBefore {
    pub choices: EditChoices,
    pub texts: [String; Field::ALL.len()],
    pub new_seed: bool,
    pub reused_seed: bool,
    pub mask: Option<PictureMask>,
}

/// The mask of a picture.
#[derive(Clone)]
#[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only browsers have masks"))]
pub(super) struct PictureMask {
    pub picture: PictureId,
    pub mask: Mask,
}
