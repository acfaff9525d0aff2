//! What was heard about projects.

use proto::{external::project::ProjectReport, production::Moment, time::Timestamp};
use rusqlite::Transaction;

use super::model::ExternalApplied;
use crate::store::production::{ProductionRefusal, take_report};

/// Takes a report in. One that is refused changes nothing, and is counted.
pub(super) fn apply(
    transaction: &Transaction,
    (project, report): &(String, ProjectReport),
    at: Timestamp,
    applied: &mut ExternalApplied,
) -> rusqlite::Result<()> {
    let Ok(id) = project.parse() else {
        applied.unknown_projects.push(project.clone());
        return Ok(());
    };
    match take_report(transaction, id, report, Moment(at))? {
        Ok(progress) => applied.progress.extend(progress.map(|progress| (id, progress))),
        Err(ProductionRefusal::Unknown(_)) => applied.unknown_projects.push(project.clone()),
        Err(refusal) => applied.refused.push(refusal.to_string()),
    }
    Ok(())
}
