//! What is played.

use leptos::prelude::*;

use super::{super::page_data::PageData, playback::Playback};
use crate::components::reactive::memo;
use proto::production::views::{DailiesPage, DailiesShot};

/// Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct Player {
    pub data: PageData<DailiesPage>,
    pub playback: RwSignal<Playback>,
    /// The frame of the whole cut.
    pub frame: Memo<u64>,
    /// The shot that is shown: its place in the list, and the frame within it.
    pub place: Memo<(usize, u64)>,
    /// The shot that is shown: changes only with it.
    pub at: Memo<usize>,
    pub shot: Memo<Option<DailiesShot>>,
    /// Frames of the whole cut.
    pub frames: Memo<u64>,
    pub fps: Memo<f64>,
    /// Counts how often the playing began, so that only the last one goes on.
    pub begun: StoredValue<u32>,
}

impl Player {
    pub fn new(data: PageData<DailiesPage>) -> Self {
        let playback = RwSignal::new(Playback::default());
        let frame = memo(move || playback.with(Playback::frame));
        let place = memo(move || data.with(|page| page.at(frame.get()).unwrap_or_default()));
        let at = memo(move || place.get().0);
        let shot = memo(move || data.with(|page| page.shots.get(at.get()).cloned()));
        let frames = memo(move || data.with(DailiesPage::frames));
        let fps = memo(move || data.with(|page| page.fps));
        Self { data, playback, frame, place, at, shot, frames, fps, begun: StoredValue::new(0) }
    }

    pub fn advance(self, ms: f64) {
        let (fps, frames) = (self.fps.get_untracked(), self.frames.get_untracked());
        self.playback.update(|playback| playback.advance(ms, fps, frames));
    }

    /// Changes the playing, which knows how many frames there are.
    pub fn change(self, change: impl FnOnce(&mut Playback, u64)) {
        let frames = self.frames.get_untracked();
        self.playback.update(|playback| change(playback, frames));
    }

    /// Shows a shot from its beginning, and stands still there unless it plays.
    pub fn go_to_shot(self, shot: usize) {
        let frame = self.data.with_untracked(|page| page.begin(shot));
        self.change(|playback, frames| playback.go_to(frame, frames));
    }

    /// The shot before (−1) or after (1) the one that is shown.
    pub fn go_by(self, shots: i64) {
        let last = self.data.with_untracked(|page| page.shots.len()).saturating_sub(1);
        let at = i64::try_from(self.at.get_untracked()).unwrap_or_default().saturating_add(shots).max(0);
        self.go_to_shot(usize::try_from(at).unwrap_or_default().min(last));
    }

    pub fn stop(self) {
        self.playback.update(|playback| playback.speed = 0);
    }
}
