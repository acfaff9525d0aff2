//! The board and the card of a project, if possible as they were read before. Reading those of a large project from the database takes long; taking in what
//! happened since does not.

use std::sync::Arc;

use proto::{
    limits,
    production::{Board, ProjectCard, ProjectId},
};

use super::library::Productions;
use crate::store::{NewsFilter, ProductionError};

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
        let Some((at, card)) = self.boards.card(id) else { return Ok(None) };
        let news = self.events(NewsFilter { project: Some(id), subject: None }, at, 1).await?;
        Ok(Some(card).filter(|_| news.is_complete && news.records.is_empty()))
    }

    /// The board as it was read before, with what happened since. `None`: it was not read, or too much happened, or some of that is no longer known.
    async fn cached_board(&self, id: ProjectId) -> Result<Option<Arc<Board>>, ProductionError> {
        let Some(known) = self.boards.get(id) else { return Ok(None) };
        let at = known.at;
        let news = self.events(NewsFilter { project: Some(id), subject: None }, at, limits::PRODUCTION_PAGE).await?;
        if news.has_more || !news.is_complete {
            return Ok(None);
        }
        let mut board = known;
        if news.next > at {
            if let Some(taken) = self.boards.take(id, at) {
                board = taken;
            }
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
