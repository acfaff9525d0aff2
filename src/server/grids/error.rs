//! Why a grid cannot be made, read or changed.

use proto::{grid::GridProblem, limits, workflow_file::FileError};

use crate::{command_error::CommandError, store::StoreError};

#[derive(Debug, thiserror::Error)]
pub enum GridError {
    #[error("There is no such grid.")]
    Unknown,
    #[error("This grid has no such cell.")]
    UnknownCell,
    #[error("There are {} grids already, which is the most. Remove some first.", limits::GRIDS)]
    Full,
    /// At least one.
    #[error("{}", words(.0))]
    Refused(Vec<GridProblem>),
    #[error(transparent)]
    File(#[from] FileError),
    #[error("This cell has not ended. Cancel it first, or wait.")]
    NotEnded,
    #[error("Some cells have not ended. Cancel the rest first, or keep the tasks.")]
    Unfinished,
    #[error(
        "A seed is on an axis of this grid: with another one it would be another cell. Make the cell again with the same seed, or add a seed to the axis."
    )]
    SeedOnAxis,
    #[error("This workflow has no seed that could be new.")]
    NoSeed,
    /// What is stored was damaged, or is of a newer Darkroom.
    #[error("What is stored of this grid cannot be read.")]
    Damaged,
    #[error("Darkroom is stopping. Try again in a moment.")]
    Stopping,
    #[error("The picture of the grid cannot be made: {0}.")]
    Sheet(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Task(#[from] CommandError),
}

fn words(problems: &[GridProblem]) -> String {
    match problems {
        [one] => one.message.clone(),
        many => format!("{} things need another look.", many.len()),
    }
}
