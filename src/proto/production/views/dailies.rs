//! What the page of the dailies shows: the current takes in the order of the story.

use serde::{Deserialize, Serialize};

use super::project::PageProject;
use crate::production::{DrawnLine, SceneCode, ShotCode, ShotId, TakeId, TakeReview};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DailiesPage {
    pub project: PageProject,
    /// Frames per second.
    pub fps: f64,
    /// In the order of the story.
    pub shots: Vec<DailiesShot>,
    /// Those who have a link may look at it, and change nothing.
    pub is_shared: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DailiesShot {
    pub shot: ShotId,
    pub scene: SceneCode,
    pub code: ShotCode,
    pub title: String,
    /// How long it is in the cut. At least 1.
    pub frames: u64,
    /// `None`: it has none yet.
    pub take: Option<DailiesTake>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DailiesTake {
    pub id: TakeId,
    /// The version that a change names.
    pub version: u32,
    pub number: u32,
    /// The address of its file on this server. Empty: it has none that can be shown.
    pub file: String,
    pub is_video: bool,
    pub rating: u8,
    pub review: TakeReview,
    pub note: String,
    pub drawing: Vec<DrawnLine>,
}

impl DailiesPage {
    /// Frames of the whole cut.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.shots.iter().map(|shot| shot.frames).sum()
    }

    /// The shot at a frame of the cut (its place in the list), and the frame within it. A frame after the end is the last one.
    #[must_use]
    pub fn at(&self, frame: u64) -> Option<(usize, u64)> {
        let mut rest = frame;
        for (at, shot) in self.shots.iter().enumerate() {
            if rest < shot.frames {
                return Some((at, rest));
            }
            rest -= shot.frames;
        }
        let last = self.shots.len().checked_sub(1)?;
        Some((last, self.shots[last].frames.saturating_sub(1)))
    }

    /// The first frame of a shot.
    #[must_use]
    pub fn begin(&self, shot: usize) -> u64 {
        self.shots.iter().take(shot).map(|shot| shot.frames).sum()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::production::ProjectId;

    fn page(frames: &[u64]) -> DailiesPage {
        let shot = |frames: &u64| DailiesShot {
            shot: ShotId(Uuid::nil()),
            scene: SceneCode::new(1).unwrap(),
            code: ShotCode::new(1).unwrap(),
            title: String::new(),
            frames: *frames,
            take: None,
        };
        DailiesPage {
            project: PageProject { id: ProjectId(Uuid::nil()), title: String::new(), version: 1, is_trashed: false },
            fps: 24.0,
            shots: frames.iter().map(shot).collect(),
            is_shared: false,
        }
    }

    #[test]
    fn every_frame_is_in_one_shot() {
        let page = page(&[2, 1, 3]);
        let places: Vec<_> = (0..8).map(|frame| page.at(frame).unwrap()).collect();
        assert_eq!(places, [(0, 0), (0, 1), (1, 0), (2, 0), (2, 1), (2, 2), (2, 2), (2, 2)]);
        assert_eq!((page.frames(), page.begin(2), page.begin(9)), (6, 3, 6));
    }

    #[test]
    fn without_shots_there_is_no_frame() {
        assert_eq!(page(&[]).at(0), None);
    }
}
