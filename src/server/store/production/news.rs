//! What happened in productions, for those that follow it.

use proto::production::{Moment, ProductionEvent, ProductionRecord, ProjectId};
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    log::{newest_event, project_word},
    projects,
    refusal::{ProductionError, UnitError},
    unit::ProductionUnit,
};
use crate::store::{Store, time::time};

/// A part of what happened.
#[derive(Clone, Debug, PartialEq)]
pub struct ProductionNewsPage {
    pub records: Vec<ProductionRecord>,
    /// Where to read on.
    pub next: u64,
    /// There is more already.
    pub has_more: bool,
    /// Everything since the place where it was read is there, or will be on the next pages. Otherwise events were removed that are not told, or the database was
    /// put back to an earlier state.
    pub is_complete: bool,
}

/// Which events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewsFilter {
    /// `None`: of all projects, and those of none.
    pub project: Option<ProjectId>,
    /// Only those about this object: `node/ID`. Needs `project`.
    pub subject: Option<String>,
}

fn page(connection: &Connection, filter: &NewsFilter, after: i64, limit: u32) -> Result<ProductionNewsPage, UnitError> {
    let newest = newest_event(connection)?;
    let forgotten: Option<i64> = match filter.project {
        Some(project) => connection
            .prepare_cached("SELECT number FROM production_log_forgotten WHERE project = ?1")?
            .query_row([project.to_string()], |row| row.get(0))
            .optional()?,
        None => connection.prepare_cached("SELECT max(number) FROM production_log_forgotten")?.query_row([], |row| row.get(0))?,
    };
    if after > newest || after < forgotten.unwrap_or_default() {
        return Ok(ProductionNewsPage { records: Vec::new(), next: newest.cast_unsigned(), has_more: false, is_complete: false });
    }
    let which = match filter {
        NewsFilter { project: Some(_), subject: Some(_) } => "project = ?3 AND subject = ?4 AND",
        NewsFilter { project: Some(_), subject: None } => "project = ?3 AND ?4 = '' AND",
        NewsFilter { project: None, .. } => "?3 = '' AND ?4 IS NOT NULL AND",
    };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT number, project, at, event FROM production_log WHERE {which} number > ?1 ORDER BY number LIMIT ?2"
    ))?;
    let mut rows = statement.query(params![
        after,
        i64::from(limit) + 1,
        project_word(filter.project),
        filter.subject.as_deref().unwrap_or_default()
    ])?;
    let (mut records, mut last, mut has_more) = (Vec::new(), after, false);
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(0)?;
        if records.len() >= limit as usize {
            has_more = true;
            break;
        }
        last = number;
        let (project, event): (String, String) = (row.get(1)?, row.get(3)?);
        match serde_json::from_str(&event) {
            Ok(event) => records.push(ProductionRecord {
                number: number.cast_unsigned(),
                timestamp: Moment(time(row, 2)?),
                project_id: project.parse().ok(),
                event,
            }),
            Err(error) => tracing::error!(%error, number, "an event of a production cannot be read"),
        }
    }
    // What was stored since the number of the newest was read is among the records.
    let next = if has_more { last } else { newest.max(last) };
    Ok(ProductionNewsPage { records, next: next.cast_unsigned(), has_more, is_complete: true })
}

/// Errors of all of these: the database cannot be read or written.
impl Store {
    /// What happened after the event `after`, at most `limit`.
    pub async fn production_news(&self, filter: NewsFilter, after: u64, limit: u32) -> Result<ProductionNewsPage, ProductionError> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        self.read_production(move |connection| page(connection, &filter, after, limit)).await
    }

    /// The number of the newest event of all productions, as it rises.
    #[must_use]
    pub fn watch_productions(&self) -> tokio::sync::watch::Receiver<u64> {
        self.0.shared.production_news.subscribe()
    }

    /// Notes an event that another program told, such as `git.commit`, and that changes no object here.
    pub async fn tell_production(&self, project: Option<ProjectId>, event: ProductionEvent, now: Moment) -> Result<(), ProductionError> {
        self.production(now, move |unit: &ProductionUnit| {
            if let Some(project) = project {
                projects::live(unit.transaction, project)?;
            }
            unit.tell(project, &event)
        })
        .await
    }
}
