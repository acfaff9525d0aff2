//! Links to dailies that need no sign-in. Of a token only its hash is stored.

use proto::production::{Moment, ProjectId};
use rusqlite::OptionalExtension;

use super::{
    projects,
    refusal::{ProductionError, UnitError},
    unit::ProductionUnit,
};
use crate::store::{Store, time::ms};

/// Errors of all of these: there is no such project, or the database cannot be read or written.
impl Store {
    /// Makes a link, in the place of the one that there was.
    pub async fn share_dailies(&self, project: ProjectId, token_hash: String, now: Moment) -> Result<(), ProductionError> {
        self.production(now, move |unit: &ProductionUnit| {
            projects::live(unit.transaction, project)?;
            unit.transaction
                .prepare_cached("INSERT OR REPLACE INTO dailies_shares (project, token, created_at) VALUES (?1, ?2, ?3)")?
                .execute(rusqlite::params![project.to_string(), token_hash, ms(now.0)])?;
            Ok(())
        })
        .await
    }

    /// The link leads nowhere any more.
    pub async fn unshare_dailies(&self, project: ProjectId, now: Moment) -> Result<(), ProductionError> {
        self.production(now, move |unit: &ProductionUnit| {
            projects::read(unit.transaction, project)?;
            unit.transaction.prepare_cached("DELETE FROM dailies_shares WHERE project = ?1")?.execute([project.to_string()])?;
            Ok(())
        })
        .await
    }

    pub async fn has_shared_dailies(&self, project: ProjectId) -> Result<bool, ProductionError> {
        self.read_production(move |connection| {
            let mut statement = connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM dailies_shares WHERE project = ?1)")?;
            Ok(statement.query_row([project.to_string()], |row| row.get(0))?)
        })
        .await
    }

    /// The project of a link, if it is not in the trash.
    pub async fn shared_project(&self, token_hash: String) -> Result<Option<ProjectId>, ProductionError> {
        self.read_production(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT project FROM dailies_shares JOIN projects ON projects.id = project WHERE token = ?1 AND deleted_at IS NULL",
            )?;
            let project: Option<String> = statement.query_row([token_hash], |row| row.get(0)).optional()?;
            Ok::<_, UnitError>(project.and_then(|project| project.parse().ok()))
        })
        .await
    }
}
