//! A board as lines from top to bottom, and which of them are drawn. Lengths in CSS pixels.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use proto::production::{Board, BoardFilter, BoardState, ChapterId, SceneId, ShotId};

/// Drawn above and below what is visible, so that scrolling does not show empty places at once.
const SPARE: u64 = 600;

/// Without a look at the window, all cards of a scene are one line, which wraps.
const UNMEASURED_COLUMNS: usize = usize::MAX;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BoardLine {
    Chapter(ChapterId),
    Scene(SceneId),
    /// Some cards of a scene beside each other, the first of which is its `first`.
    Cards {
        scene: SceneId,
        first: usize,
        shots: Vec<ShotId>,
    },
}

impl BoardLine {
    /// The same for the same place of a board, whatever is there now.
    pub fn key(&self) -> u128 {
        match self {
            Self::Chapter(chapter) => chapter.0.as_u128(),
            Self::Scene(scene) => scene.0.as_u128(),
            Self::Cards { scene, first, .. } => {
                // Far from the other ids, which differ in their random bits.
                let place = u128::try_from(*first).unwrap_or_default() + 1;
                scene.0.as_u128() ^ place.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)
            }
        }
    }
}

/// What the stylesheet says of the heights of lines, and the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BoardSizes {
    pub columns: usize,
    pub chapter: u64,
    pub scene: u64,
    pub cards: u64,
}

impl BoardSizes {
    fn of(&self, line: &BoardLine) -> u64 {
        match line {
            BoardLine::Chapter(_) => self.chapter,
            BoardLine::Scene(_) => self.scene,
            BoardLine::Cards { .. } => self.cards,
        }
    }
}

/// The lines of a board that a filter shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct BoardLines {
    lines: Vec<BoardLine>,
    places: HashMap<u128, usize>,
    /// Where each line begins, and where the last one ends. Empty: not measured.
    tops: Vec<u64>,
    /// The shots that are shown, in order.
    pub shots: Vec<ShotId>,
}

/// Which lines are drawn, and the heights of what is not drawn above and below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct DrawnLines {
    pub first: usize,
    pub end: usize,
    pub above: u64,
    pub below: u64,
}

impl BoardLines {
    pub fn new(board: &Board, filter: &BoardFilter, stale: &BTreeSet<ShotId>, sizes: Option<BoardSizes>) -> Self {
        let columns = sizes.map_or(UNMEASURED_COLUMNS, |sizes| sizes.columns.max(1));
        let (by_scene, by_shot) = (board.shots_by_scene(), board.nodes_by_shot());
        let is_filtered = !filter.is_empty();
        let mut scenes: BTreeMap<ChapterId, Vec<_>> = BTreeMap::new();
        for scene in board.scenes.values().filter(|scene| !scene.is_gone) {
            scenes.entry(scene.chapter).or_default().push(scene);
        }
        let mut found = Self::default();
        for chapter in board.chapters_in_order() {
            let chapter_at = found.lines.len();
            let mut in_chapter = scenes.remove(&chapter.id).unwrap_or_default();
            in_chapter.sort_by_key(|scene| (scene.position, scene.id));
            for scene in in_chapter {
                let shots = by_scene.get(&scene.id).map_or(&[][..], Vec::as_slice);
                let state = |id: &ShotId| BoardState::of(by_shot.get(id).map_or(&[], Vec::as_slice));
                let shown = shots.iter().filter(|shot| !is_filtered || filter.shows(board, shot, state(&shot.id), stale));
                let shown: Vec<ShotId> = shown.map(|shot| shot.id).collect();
                if shown.is_empty() && is_filtered {
                    continue;
                }
                found.lines.push(BoardLine::Scene(scene.id));
                for (at, shots) in shown.chunks(columns.min(shown.len().max(1))).enumerate() {
                    let first = at.saturating_mul(columns);
                    found.lines.push(BoardLine::Cards { scene: scene.id, first, shots: shots.to_vec() });
                }
                found.shots.extend(shown);
            }
            if !is_filtered || found.lines.len() > chapter_at {
                found.lines.insert(chapter_at, BoardLine::Chapter(chapter.id));
            }
        }
        found.places = found.lines.iter().enumerate().map(|(at, line)| (line.key(), at)).collect();
        if let Some(sizes) = sizes {
            let mut top = 0;
            found.tops.push(0);
            for line in &found.lines {
                top += sizes.of(line);
                found.tops.push(top);
            }
        }
        found
    }

    pub fn line(&self, key: u128) -> Option<&BoardLine> {
        self.lines.get(*self.places.get(&key)?)
    }

    /// The keys of these lines.
    pub fn keys(&self, drawn: DrawnLines) -> Vec<u128> {
        self.lines.get(drawn.first..drawn.end.min(self.lines.len())).unwrap_or_default().iter().map(BoardLine::key).collect()
    }

    /// The lines to draw when `top` pixels of the board are above the window, which shows `height` pixels. All of them, if they are not measured.
    pub fn drawn(&self, top: u64, height: u64) -> DrawnLines {
        let Some(total) = self.tops.last().copied() else { return DrawnLines { end: self.lines.len(), ..DrawnLines::default() } };
        let (from, to) = (top.saturating_sub(SPARE), top.saturating_add(height).saturating_add(SPARE));
        let first = self.tops.partition_point(|top| *top <= from).saturating_sub(1).min(self.lines.len());
        let end = self.tops.partition_point(|top| *top < to).min(self.lines.len());
        let at = |place: usize| self.tops.get(place).copied().unwrap_or(total);
        DrawnLines { first, end: end.max(first), above: at(first), below: total - at(end.max(first)) }
    }

    /// The shot beside one: `right` cards to the right, or `down` lines of cards further down in the same column.
    pub fn beside(&self, shot: ShotId, right: isize, down: isize) -> Option<ShotId> {
        if down == 0 {
            let at = self.shots.iter().position(|other| *other == shot)?;
            return self.shots.get(at.checked_add_signed(right)?).copied();
        }
        let cards: Vec<&Vec<ShotId>> =
            self.lines.iter().filter_map(|line| if let BoardLine::Cards { shots, .. } = line { Some(shots) } else { None }).collect();
        let (at, column) = cards.iter().enumerate().find_map(|(at, shots)| Some((at, shots.iter().position(|other| *other == shot)?)))?;
        let shots = cards.get(at.checked_add_signed(down)?)?;
        shots.get(column).or(shots.last()).copied()
    }

    /// Where the line with a shot begins and ends. `None`: it is not shown, or not measured.
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only browsers scroll"))]
    pub fn place_of(&self, shot: ShotId) -> Option<(u64, u64)> {
        let holds = |line: &BoardLine| matches!(line, BoardLine::Cards { shots, .. } if shots.contains(&shot));
        let at = self.lines.iter().position(holds)?;
        Some((*self.tops.get(at)?, *self.tops.get(at + 1)?))
    }
}

#[cfg(test)]
#[path = "lines_tests.rs"]
mod tests;
