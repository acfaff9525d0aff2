//! Changes and reads of productions, for the files that have the functions of the store.

use proto::production::Moment;

use super::{
    refusal::{ProductionError, UnitError},
    unit::{ProductionUnit, run_unit},
};
use crate::store::{Store, StoreError};

impl Store {
    /// Runs a change in the next transaction. When this returns `Ok`, it is on disk.
    pub(super) async fn production<T: Send + 'static>(
        &self,
        now: Moment,
        work: impl Fn(&ProductionUnit) -> Result<T, UnitError> + Send + 'static,
    ) -> Result<T, ProductionError> {
        Ok(self.write(move |transaction| run_unit(transaction, now, &work)).await??)
    }

    /// Runs a change of several things: all of them are written together, or none.
    ///
    /// # Errors
    /// What `work` refuses, or the database cannot be written.
    pub async fn at_once<T: Send + 'static>(
        &self,
        now: Moment,
        work: impl Fn(&ProductionUnit) -> Result<T, UnitError> + Send + 'static,
    ) -> Result<T, ProductionError> {
        self.production(now, work).await
    }

    /// Reads.
    pub(super) async fn read_production<T: Send + 'static>(
        &self,
        read: impl FnOnce(&rusqlite::Connection) -> Result<T, UnitError> + Send + 'static,
    ) -> Result<T, ProductionError> {
        let read = move |connection: &rusqlite::Connection| Ok::<_, StoreError>(read(connection).map_err(ProductionError::from));
        self.reading(read).await?
    }
}
