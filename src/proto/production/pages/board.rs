//! A board: the chapters, scenes and shots of a project, and what their nodes do.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::{AssetId, CastId, ChapterId, ProductionNodeId, Project, SceneId, ShotId, TakeId};
use super::{
    AsJson,
    board_item::{BoardAsset, BoardCast, BoardChapter, BoardItem, BoardNode, BoardScene, BoardShot},
};
use crate::ids::TaskId;

/// A take that is made now, or was while the board was open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BoardRun {
    pub node: ProductionNodeId,
    pub take_number: u32,
    pub task: TaskId,
    pub version: u32,
    pub is_live: bool,
}

/// What a board shows. Kept up to date by [`Board::apply`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Board {
    pub project: AsJson<Project>,
    /// Events up to this number are in it, perhaps also later ones.
    pub at: u64,
    pub chapters: BTreeMap<ChapterId, BoardChapter>,
    pub scenes: BTreeMap<SceneId, BoardScene>,
    pub shots: BTreeMap<ShotId, BoardShot>,
    pub nodes: BTreeMap<ProductionNodeId, BoardNode>,
    pub assets: BTreeMap<AssetId, BoardAsset>,
    pub casts: BTreeMap<CastId, BoardCast>,
    pub runs: BTreeMap<TakeId, BoardRun>,
    /// What other programs say of the nodes that they work on: percent, and words.
    pub told: BTreeMap<ProductionNodeId, (u8, String)>,
    /// How many shots there are; larger than the number of those here while only the first are.
    pub shot_count: usize,
}

/// Puts a newer version in the place of an older one. Returns whether it is newer.
pub(super) fn put<T: BoardItem>(items: &mut BTreeMap<T::Key, T>, item: T) -> bool {
    let is_newer = items.get(&item.key()).is_none_or(|known| known.version() < item.version());
    if is_newer {
        items.insert(item.key(), item);
    }
    is_newer
}

impl Board {
    #[must_use]
    pub fn new(project: Project, at: u64) -> Self {
        Self {
            project: AsJson(project),
            at,
            chapters: BTreeMap::new(),
            scenes: BTreeMap::new(),
            shots: BTreeMap::new(),
            nodes: BTreeMap::new(),
            assets: BTreeMap::new(),
            casts: BTreeMap::new(),
            runs: BTreeMap::new(),
            told: BTreeMap::new(),
            shot_count: 0,
        }
    }

    /// In order, without those in the trash.
    #[must_use]
    pub fn chapters_in_order(&self) -> Vec<&BoardChapter> {
        let mut chapters: Vec<_> = self.chapters.values().filter(|chapter| !chapter.is_gone).collect();
        chapters.sort_by_key(|chapter| (chapter.position, chapter.id));
        chapters
    }

    /// The scenes of a chapter, in order, without those in the trash.
    #[must_use]
    pub fn scenes_of(&self, chapter: ChapterId) -> Vec<&BoardScene> {
        let mut scenes: Vec<_> = self.scenes.values().filter(|scene| scene.chapter == chapter && !scene.is_gone).collect();
        scenes.sort_by_key(|scene| (scene.position, scene.id));
        scenes
    }

    /// The shots of each scene, in order, without those in the trash.
    #[must_use]
    pub fn shots_by_scene(&self) -> BTreeMap<SceneId, Vec<&BoardShot>> {
        let mut by_scene: BTreeMap<SceneId, Vec<&BoardShot>> = BTreeMap::new();
        for shot in self.shots.values().filter(|shot| !shot.is_gone) {
            by_scene.entry(shot.scene).or_default().push(shot);
        }
        for shots in by_scene.values_mut() {
            shots.sort_by_key(|shot| (shot.position, shot.id));
        }
        by_scene
    }

    /// The nodes of each shot, in order, without those in the trash.
    #[must_use]
    pub fn nodes_by_shot(&self) -> BTreeMap<ShotId, Vec<&BoardNode>> {
        let mut by_shot: BTreeMap<ShotId, Vec<&BoardNode>> = BTreeMap::new();
        for node in self.nodes.values().filter(|node| !node.is_gone) {
            if let Some(shot) = node.shot {
                by_shot.entry(shot).or_default().push(node);
            }
        }
        for nodes in by_shot.values_mut() {
            nodes.sort_by(|one, other| (one.position, &one.id).cmp(&(other.position, &other.id)));
        }
        by_shot
    }

    /// The name of a shot: `S001_P001`.
    #[must_use]
    pub fn shot_name(&self, shot: &BoardShot) -> String {
        match self.scenes.get(&shot.scene) {
            Some(scene) => format!("{}_{}", scene.code, shot.code),
            None => shot.code.to_string(),
        }
    }

    /// The task of the newest take that is made in a node now.
    #[must_use]
    pub fn task_of(&self, node: &ProductionNodeId) -> Option<TaskId> {
        let runs = self.runs.values().filter(|run| run.is_live && run.node == *node);
        runs.max_by_key(|run| run.take_number).map(|run| run.task)
    }

    /// Leaves what a board is that is read now: without what is in the trash, takes that are no longer made, and words of other programs.
    pub fn forget_past(&mut self) {
        self.chapters.retain(|_, chapter| !chapter.is_gone);
        self.scenes.retain(|_, scene| !scene.is_gone);
        self.shots.retain(|_, shot| !shot.is_gone);
        self.nodes.retain(|_, node| !node.is_gone);
        self.assets.retain(|_, asset| !asset.is_gone);
        self.casts.retain(|_, cast| !cast.is_gone);
        self.runs.retain(|_, run| run.is_live);
        self.told.clear();
        self.shot_count = self.shots.len();
    }

    /// Only its first shots, in order, with everything else: what a server draws.
    #[must_use]
    pub fn beginning(&self, shots: usize) -> Self {
        let mut left = shots;
        let mut kept = BTreeMap::new();
        let by_scene = self.shots_by_scene();
        for scene in self.chapters_in_order().iter().flat_map(|chapter| self.scenes_of(chapter.id)) {
            for shot in by_scene.get(&scene.id).into_iter().flatten().take(left) {
                kept.insert(shot.id, (*shot).clone());
            }
            left = shots.saturating_sub(kept.len());
        }
        let nodes = self.nodes.iter().filter(|(_, node)| node.shot.is_some_and(|shot| kept.contains_key(&shot)));
        let nodes = nodes.map(|(id, node)| (id.clone(), node.clone())).collect();
        let casts = self.casts.iter().filter(|(_, cast)| kept.contains_key(&cast.shot)).map(|(id, cast)| (*id, cast.clone())).collect();
        let Self { project, at, chapters, scenes, assets, runs, told, shot_count, .. } = self;
        Self {
            project: project.clone(),
            at: *at,
            chapters: chapters.clone(),
            scenes: scenes.clone(),
            shots: kept,
            nodes,
            assets: assets.clone(),
            casts,
            runs: runs.clone(),
            told: told.clone(),
            shot_count: *shot_count,
        }
    }
}
