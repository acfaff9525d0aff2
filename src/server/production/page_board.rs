//! Boards and lists of projects, for pages.

use proto::{
    limits,
    production::{
        AsJson, Asset, Board, BoardAsset, BoardCast, BoardChapter, BoardCounts, BoardNode, BoardRun, BoardScene, BoardShot, BoardState,
        Cast, Chapter, NodeStatus, ProductionNode, Project, ProjectCard, ProjectId, ProjectList, Scene, Shot, ShotId, TakeState,
    },
};

use super::library::Productions;
use crate::store::{NewsFilter, ObjectQuery, ProductionError, StoredObject, TakeQuery};

/// Errors of all of these: see [`crate::store::ProductionRefusal`], and the database cannot be read.
impl Productions {
    /// The whole board of a project, from the database.
    pub(super) async fn read_board(&self, id: ProjectId) -> Result<Board, ProductionError> {
        // Before the objects: what changes in between is told once more.
        let at = self.newest_event(id).await?;
        let mut board = Board::new(self.project(id).await?, at);
        board.chapters = self.every::<Chapter>(id).await?.iter().map(|chapter| (chapter.id, BoardChapter::from(chapter))).collect();
        board.scenes = self.every::<Scene>(id).await?.iter().map(|scene| (scene.id, BoardScene::from(scene))).collect();
        board.shots = self.every::<Shot>(id).await?.iter().map(|shot| (shot.id, BoardShot::from(shot))).collect();
        board.shot_count = board.shots.len();
        let nodes = self.every::<ProductionNode>(id).await?;
        board.nodes = nodes.iter().map(|node| (node.node_id.clone(), BoardNode::from(node))).collect();
        board.assets = self.every::<Asset>(id).await?.iter().map(|asset| (asset.id, BoardAsset::from(asset))).collect();
        board.casts = self.every::<Cast>(id).await?.iter().map(|cast| (cast.id, BoardCast::from(cast))).collect();
        for node in nodes.into_iter().filter(|node| node.run.status == NodeStatus::Generating) {
            // What is made now is among the newest.
            let query = TakeQuery { node: Some(node.node_id), limit: limits::PRODUCTION_FIRST_PAGE, ..TakeQuery::default() };
            for take in self.takes(id, query).await?.takes.into_iter().filter(|take| take.state == TakeState::Generating) {
                let run = BoardRun {
                    node: take.node_id,
                    take_number: take.take_number,
                    task: take.task_id,
                    version: take.stamp.version,
                    is_live: true,
                };
                board.runs.insert(take.id, run);
            }
        }
        Ok(board)
    }

    /// The number of the newest event of a project.
    pub(super) async fn newest_event(&self, project: ProjectId) -> Result<u64, ProductionError> {
        // No number is as large: nothing but the place of the newest is read.
        Ok(self.events(NewsFilter { project: Some(project), subject: None }, u64::MAX, 1).await?.next)
    }

    /// All objects of a kind, without those in the trash; at most [`limits::BOARD_OBJECTS`].
    pub(super) async fn every<T: StoredObject>(&self, project: ProjectId) -> Result<Vec<T>, ProductionError> {
        let mut all = Vec::new();
        let mut after = None;
        loop {
            let query = ObjectQuery { after, limit: limits::PRODUCTION_PAGE, ..ObjectQuery::default() };
            let page = self.objects::<T>(project, query).await?;
            all.extend(page.objects);
            match page.next {
                Some(next) if all.len() < limits::BOARD_OBJECTS => after = Some(next),
                _ => return Ok(all),
            }
        }
    }

    /// The shots of a project whose current takes were made of older parts.
    pub async fn every_stale_shot(&self, project: ProjectId) -> Result<Vec<ShotId>, ProductionError> {
        let mut stale = Vec::new();
        let mut after = None;
        loop {
            let (part, next) = self.stale_shots(project, after, limits::PRODUCTION_PAGE).await?;
            stale.extend(part.into_iter().map(|(shot, _)| shot));
            match next {
                Some(next) => after = Some(next),
                None => return Ok(stale),
            }
        }
    }

    /// All projects with how far they are.
    pub async fn project_list(&self) -> Result<ProjectList, ProductionError> {
        let (projects, more) = self.projects(None, false, None, limits::PROJECT_CARDS).await?;
        let (trashed, _) = self.projects(None, true, None, limits::PROJECT_CARDS).await?;
        let mut list =
            ProjectList { trashed: trashed.into_iter().map(AsJson).collect(), has_more: more.is_some(), ..ProjectList::default() };
        for project in projects {
            let is_archived = project.archived_at.is_some();
            let card = self.card(project).await?;
            if is_archived { list.archived.push(card) } else { list.open.push(card) }
        }
        for cards in [&mut list.open, &mut list.archived] {
            cards.sort_by_key(|card| std::cmp::Reverse(card.changed_at));
        }
        Ok(list)
    }

    async fn card(&self, project: Project) -> Result<ProjectCard, ProductionError> {
        let id = project.id;
        if let Some(card) = self.cached_card(id).await? {
            return Ok(card);
        }
        // Before the objects: what changes in between makes the card old.
        let at = self.newest_event(id).await?;
        let card = self.read_card(project).await?;
        self.boards.put_card(at, card.clone());
        Ok(card)
    }

    async fn read_card(&self, project: Project) -> Result<ProjectCard, ProductionError> {
        let shots = self.every::<Shot>(project.id).await?;
        let nodes = self.every::<ProductionNode>(project.id).await?;
        let outlines: Vec<BoardNode> = nodes.iter().map(BoardNode::from).collect();
        let mut by_shot: std::collections::HashMap<ShotId, Vec<&BoardNode>> = std::collections::HashMap::new();
        for node in &outlines {
            if let Some(shot) = node.shot {
                by_shot.entry(shot).or_default().push(node);
            }
        }
        let mut counts = BoardCounts::default();
        for shot in &shots {
            counts.add(&BoardShot::from(shot), BoardState::of(by_shot.get(&shot.id).map_or(&[], Vec::as_slice)));
        }
        let changes = shots.iter().map(|shot| shot.stamp.updated_at).chain(nodes.iter().map(|node| node.stamp.updated_at));
        let changed_at = changes.fold(project.stamp.updated_at, Ord::max);
        let pictured = nodes.iter().filter(|node| node.run.thumbnail.is_some()).max_by_key(|node| node.stamp.updated_at);
        let thumbnail = pictured.and_then(|node| node.run.thumbnail.clone());
        Ok(ProjectCard { project: AsJson(project), counts, thumbnail, changed_at })
    }
}
