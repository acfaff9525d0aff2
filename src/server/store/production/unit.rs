//! One change of a production: all of it with its events, or nothing.

use proto::production::{Moment, ProductionEvent, ProjectId};
use rusqlite::{ErrorCode, Transaction};

use super::{
    log,
    refusal::{ProductionRefusal, UnitError},
};

/// The transaction that a change is written in, and when it happens.
pub struct ProductionUnit<'a> {
    pub(super) transaction: &'a Transaction<'a>,
    pub(super) now: Moment,
}

impl ProductionUnit<'_> {
    /// Notes that something happened, in the same transaction.
    pub(super) fn tell(&self, project: Option<ProjectId>, event: &ProductionEvent) -> Result<(), UnitError> {
        log::append(self.transaction, project, event, self.now)
    }
}

/// Runs `work` within a transaction that also writes other things: what it refuses, and what fails in it, leaves no trace.
pub(super) fn run_unit<T>(
    transaction: &Transaction,
    now: Moment,
    work: impl FnOnce(&ProductionUnit) -> Result<T, UnitError>,
) -> rusqlite::Result<Result<T, ProductionRefusal>> {
    transaction.execute_batch("SAVEPOINT production")?;
    let refusal = match work(&ProductionUnit { transaction, now }) {
        Ok(done) => {
            transaction.execute_batch("RELEASE production")?;
            return Ok(Ok(done));
        }
        Err(UnitError::Refused(refusal)) => refusal,
        // A mistake of ours, and not the disk: what else is in the transaction is to be written.
        Err(UnitError::Sql(error)) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            tracing::error!(%error, "a change of a production does not fit");
            ProductionRefusal::WrongState("It does not fit what is there already.".into())
        }
        Err(UnitError::Sql(error)) => return Err(error),
    };
    transaction.execute_batch("ROLLBACK TO production; RELEASE production")?;
    Ok(Err(refusal))
}
