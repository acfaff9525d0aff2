//! Submits the cells of all grids as ordinary tasks, in order.

use std::sync::Arc;

use proto::{grid::GridSpec, limits};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::library::{Grids, spec_of};
use crate::{
    store::{CellKey, Key, Origin, StoreError, StoredCell, StoredGrid},
    submissions::{SubmissionError, SubmissionRequest},
};

/// What came of looking for a cell.
enum Looked {
    Submitted,
    /// No cell is to be submitted.
    Nothing,
    /// The queue has enough of them, or it cannot be done now.
    Later,
}

impl Grids {
    /// Submits cells whenever there are some, until `stop`.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let looked = self.submit_next().await.unwrap_or_else(|error| {
                tracing::warn!(%error, "cells of grids cannot be submitted; it is tried again");
                Looked::Later
            });
            match looked {
                Looked::Submitted => {}
                Looked::Nothing => tokio::select! {
                    () = stop.cancelled() => {}
                    () = self.work.notified() => {}
                },
                Looked::Later => tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(limits::GRID_RETRY) => {}
                },
            }
        }
    }

    async fn submit_next(&self) -> Result<Looked, StoreError> {
        let _lock = self.submitting.lock().await;
        let Some((grid, cell)) = self.store.next_cell().await? else { return Ok(Looked::Nothing) };
        if self.tracker.waiting_count() >= limits::GRID_WAITING {
            return Ok(Looked::Later);
        }
        let key = CellKey { grid: grid.id, number: cell.number };
        let request = match request(&grid, &cell, key) {
            Ok(request) => request,
            Err(why) => {
                self.store.refuse_cell(key, why).await?;
                return Ok(Looked::Submitted);
            }
        };
        // The transaction that stores the task also links the cell to it; the key is for a request that is repeated nevertheless.
        let text = format!("grid {} cell {} again {}", grid.id, cell.number, cell.again);
        match self.submissions.submit(request, Key::new(&text, text.as_bytes())).await {
            Ok(outcome) if outcome.is_replay => self.store.link_cell(key, outcome.task).await?,
            Ok(_) => {}
            Err(SubmissionError::Unavailable(why) | SubmissionError::QueueFull(why)) => {
                tracing::debug!(why, "a cell of a grid waits");
                return Ok(Looked::Later);
            }
            Err(error) => self.store.refuse_cell(key, error.to_string()).await?,
        }
        Ok(Looked::Submitted)
    }
}

/// The task of a cell; or why there is none.
fn request(grid: &StoredGrid, cell: &StoredCell, key: CellKey) -> Result<SubmissionRequest, String> {
    let spec: GridSpec = spec_of(grid).map_err(|error| error.to_string())?;
    let submission = spec.submission(&cell.values, &cell.more).map_err(|problems| {
        problems.into_iter().map(|problem| problem.message).next().unwrap_or_else(|| "These values cannot be used.".to_owned())
    })?;
    let mut origin = Origin { cell: Some(key), ..Origin::default() };
    origin.metadata.insert("grid".into(), json!(grid.id));
    origin.metadata.insert("cell".into(), json!(cell.number));
    Ok(SubmissionRequest {
        name: Some(spec.cell_name(&cell.values)),
        priority: grid.priority,
        origin,
        ..SubmissionRequest::from(submission)
    })
}
