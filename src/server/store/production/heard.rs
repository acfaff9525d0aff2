//! What other programs tell about a project, in the transaction that stores what they said.

use proto::{
    external::project::ProjectReport,
    production::{Moment, ProductionEvent, ProjectId},
};
use rusqlite::Transaction;

use super::{agents, projects, refusal::ProductionRefusal, unit::run_unit};

/// Takes it in. Returns progress, which is told and not stored.
pub(in crate::store) fn take_report(
    transaction: &Transaction,
    project: ProjectId,
    report: &ProjectReport,
    now: Moment,
) -> rusqlite::Result<Result<Option<ProductionEvent>, ProductionRefusal>> {
    run_unit(transaction, now, |unit| {
        projects::live(transaction, project)?;
        match report {
            ProjectReport::Agent { agent_type, report } => Ok(agents::report(unit, Some(project), agent_type, report)?.progress),
            ProjectReport::Event(event) if event.merge_key().is_some() => Ok(Some(event.clone())),
            ProjectReport::Event(event) => {
                unit.tell(Some(project), event)?;
                Ok(None)
            }
        }
    })
}
