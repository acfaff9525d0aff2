//! Boards that were read lately, and the cards of projects. Reading those of a large project from the database takes long; taking in what happened since
//! does not.

use std::{collections::HashMap, sync::Arc};

use proto::{
    limits,
    production::{Board, ProjectCard, ProjectId},
};

use super::library::Productions;
use crate::{
    store::{NewsFilter, ProductionError},
    sync::Mutex,
};

#[derive(Default)]
pub(super) struct BoardCache {
    /// The newest last, at most [`limits::CACHED_BOARDS`].
    boards: Mutex<Vec<Arc<Board>>>,
    /// Each with the number of an event after which it was read; at most [`limits::PROJECT_CARDS`].
    cards: Mutex<HashMap<ProjectId, (u64, ProjectCard)>>,
}

impl BoardCache {
    fn get(&self, project: ProjectId) -> Option<Arc<Board>> {
        self.boards.lock().iter().find(|board| board.project.0.id == project).cloned()
    }

    pub(super) fn put(&self, board: Arc<Board>) {
        let mut boards = self.boards.lock();
        let id = board.project.0.id;
        if boards.iter().any(|known| known.project.0.id == id && known.at > board.at) {
            return;
        }
        boards.retain(|known| known.project.0.id != id);
        boards.push(board);
        let over = boards.len().saturating_sub(limits::CACHED_BOARDS);
        boards.drain(..over);
    }

    pub(super) fn put_card(&self, at: u64, card: ProjectCard) {
        let mut cards = self.cards.lock();
        if cards.len() >= limits::PROJECT_CARDS as usize {
            cards.clear();
        }
        cards.insert(card.project.0.id, (at, card));
    }
}

/// Errors of all of these: see [`crate::store::ProductionRefusal`], and the database cannot be read.
impl Productions {
    /// The whole board of a project.
    pub async fn board(&self, id: ProjectId) -> Result<Arc<Board>, ProductionError> {
        if let Some(board) = self.cached_board(id).await? {
            return Ok(board);
        }
        let board = Arc::new(self.read_board(id).await?);
        self.boards.put(board.clone());
        Ok(board)
    }

    /// The card of a project, if nothing has happened in the project since it was read.
    pub(super) async fn cached_card(&self, id: ProjectId) -> Result<Option<ProjectCard>, ProductionError> {
        let Some((at, card)) = self.boards.cards.lock().get(&id).cloned() else { return Ok(None) };
        let news = self.events(NewsFilter { project: Some(id), subject: None }, at, 1).await?;
        Ok(Some(card).filter(|_| news.is_complete && news.records.is_empty()))
    }

    /// The board as it was read before, with what happened since. `None`: it was not read, or too much happened, or some of that is no longer known.
    async fn cached_board(&self, id: ProjectId) -> Result<Option<Arc<Board>>, ProductionError> {
        let Some(mut board) = self.boards.get(id) else { return Ok(None) };
        let news = self.events(NewsFilter { project: Some(id), subject: None }, board.at, limits::PRODUCTION_PAGE).await?;
        if news.has_more || !news.is_complete {
            return Ok(None);
        }
        if news.next > board.at {
            let newer = Arc::make_mut(&mut board);
            for record in &news.records {
                newer.apply(record);
            }
            newer.at = news.next;
            newer.forget_past();
            self.boards.put(board.clone());
        }
        Ok(Some(board))
    }
}

#[cfg(test)]
mod tests {
    use proto::{
        production::{Moment, Project, ProjectFields, Stamp},
        time::Timestamp,
    };
    use uuid::Uuid;

    use super::*;

    fn board(project: u128, at: u64) -> Arc<Board> {
        let project = Project {
            id: ProjectId(Uuid::from_u128(project)),
            fields: ProjectFields::default(),
            narrative_structure: "three-act".into(),
            archived_at: None,
            stamp: Stamp::new(Moment(Timestamp(0))),
        };
        Arc::new(Board::new(project, at))
    }

    #[test]
    fn the_boards_read_last_are_kept_each_as_new_as_it_was() {
        let cache = BoardCache::default();
        let at = |project: u128| cache.get(ProjectId(Uuid::from_u128(project))).map(|board| board.at);
        (1..=4).for_each(|project| cache.put(board(project, 5)));
        cache.put(board(1, 7));
        cache.put(board(1, 6));
        assert_eq!((at(1), at(2)), (Some(7), Some(5)));
        cache.put(board(5, 1));
        assert_eq!((at(1), at(2), at(5)), (Some(7), None, Some(1)), "the oldest is gone");
    }
}
