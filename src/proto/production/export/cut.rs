//! What is exported: the shots of a project in the order of the story, each with its current take.

use super::timecode::FrameRate;
use crate::{
    limits,
    production::{QualityPreset, ReviewState, SceneCode, ShotCode, TakeReview},
};

/// A project as one cut.
#[derive(Clone, Debug, PartialEq)]
pub struct CutList {
    pub title: String,
    pub rate: FrameRate,
    /// In the order of the story.
    pub clips: Vec<CutClip>,
}

/// A shot.
#[derive(Clone, Debug, PartialEq)]
pub struct CutClip {
    pub chapter: String,
    pub scene: SceneCode,
    pub scene_title: String,
    pub shot: ShotCode,
    pub title: String,
    pub shot_type: String,
    pub dialogue: String,
    pub status: ReviewState,
    /// Frames; 0: not known.
    pub duration_frames: u32,
    /// `None`: it has none yet.
    pub take: Option<CutTake>,
}

/// The current take of a shot.
#[derive(Clone, Debug, PartialEq)]
pub struct CutTake {
    pub node: String,
    pub number: u32,
    /// By the folder convention: `03_Renders/S001/P001/S001_P001_T001.png`.
    pub path: String,
    pub quality: QualityPreset,
    pub seed: Option<u64>,
    pub rating: u8,
    pub review: TakeReview,
    pub note: String,
    pub prompt: String,
}

impl CutClip {
    /// `S001_P001`.
    #[must_use]
    pub fn code(&self) -> String {
        format!("{}_{}", self.scene, self.shot)
    }

    /// How many frames it takes in a cut: [`limits::EXPORT_SHOT_SECONDS`] where that is not known.
    #[must_use]
    pub fn frames(&self, rate: FrameRate) -> u64 {
        if self.duration_frames > 0 { self.duration_frames.into() } else { rate.nominal() * limits::EXPORT_SHOT_SECONDS }
    }
}

impl CutTake {
    /// The name of its file.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

impl CutList {
    /// Each clip with the frame at which it begins, counted from the beginning of the cut, and its frames.
    pub fn placed(&self) -> impl Iterator<Item = (&CutClip, u64, u64)> {
        self.clips.iter().scan(0_u64, |at, clip| {
            let (begin, frames) = (*at, clip.frames(self.rate));
            *at = begin.saturating_add(frames);
            Some((clip, begin, frames))
        })
    }
}

/// A cut for the tests of the writers.
#[cfg(test)]
pub(super) fn sample(rate: f64) -> CutList {
    let clip = |scene: u32, shot: u32, frames: u32, take: Option<u32>| {
        let (scene, shot) = (SceneCode::new(scene).unwrap(), ShotCode::new(shot).unwrap());
        CutClip {
            chapter: "Arrival".into(),
            scene,
            scene_title: "The pier".into(),
            shot,
            title: format!("Shot {shot}"),
            shot_type: "wide".into(),
            dialogue: String::new(),
            status: ReviewState::Review,
            duration_frames: frames,
            take: take.map(|number| CutTake {
                node: "node-1".into(),
                number,
                path: crate::production::render_path(Some((scene, shot)), "node-1", number, "png"),
                quality: QualityPreset::High,
                seed: Some(u64::MAX),
                rating: 4,
                review: TakeReview::Approved,
                note: "=good, \"very\"".into(),
                prompt: "Anna at the rail".into(),
            }),
        }
    };
    CutList {
        title: "The Lighthouse".into(),
        rate: FrameRate::new(rate),
        clips: vec![clip(1, 1, 48, Some(3)), clip(1, 2, 0, Some(1)), clip(2, 1, 10, None)],
    }
}
