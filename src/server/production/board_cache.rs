//! Boards that were read lately, and the cards of projects.

use std::{collections::HashMap, sync::Arc};

use proto::{
    limits,
    production::{Board, ProjectCard, ProjectId},
};

use crate::sync::Mutex;

#[derive(Default)]
pub(super) struct BoardCache {
    /// The newest last, at most [`limits::CACHED_BOARDS`].
    boards: Mutex<Vec<Arc<Board>>>,
    /// Each with the number of an event after which it was read; at most [`limits::PROJECT_CARDS`].
    cards: Mutex<HashMap<ProjectId, (u64, ProjectCard)>>,
}

impl BoardCache {
    pub(super) fn get(&self, project: ProjectId) -> Option<Arc<Board>> {
        self.boards.lock().iter().find(|board| board.project.0.id == project).cloned()
    }

    /// Takes out a board that is to be changed: while nobody else reads it, that needs no copy of it.
    pub(super) fn take(&self, project: ProjectId, at: u64) -> Option<Arc<Board>> {
        let mut boards = self.boards.lock();
        let place = boards.iter().position(|board| board.project.0.id == project && board.at == at)?;
        Some(boards.remove(place))
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

    /// The card of a project, and the event after which it was read.
    pub(super) fn card(&self, project: ProjectId) -> Option<(u64, ProjectCard)> {
        self.cards.lock().get(&project).cloned()
    }

    pub(super) fn put_card(&self, at: u64, card: ProjectCard) {
        let mut cards = self.cards.lock();
        if cards.len() >= limits::PROJECT_CARDS as usize {
            cards.clear();
        }
        cards.insert(card.project.0.id, (at, card));
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
