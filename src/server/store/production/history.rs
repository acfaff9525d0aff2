//! What happened in a project, backwards in time, for people.

use proto::production::{Moment, ProductionRecord, ProjectId};
use rusqlite::{Connection, params_from_iter, types::Value};

use super::{
    projects,
    refusal::{ProductionError, UnitError},
};
use crate::store::{Store, time::time};

/// A part of the history of a project.
#[derive(Clone, Debug, PartialEq)]
pub struct ProductionHistory {
    /// The newest first.
    pub records: Vec<ProductionRecord>,
    /// There are older ones of these types.
    pub has_more: bool,
    /// Numbers of the oldest and the newest event of the project, of any type; 0: there is none.
    pub oldest: u64,
    pub newest: u64,
}

fn history(
    connection: &Connection,
    project: ProjectId,
    types: &[&'static str],
    upto: u64,
    limit: u32,
) -> Result<ProductionHistory, UnitError> {
    projects::read(connection, project)?;
    let word = project.to_string();
    let end = |order: &str| -> Result<u64, UnitError> {
        let sql = format!("SELECT {order}(number) FROM production_log WHERE project = ?1");
        let number: Option<i64> = connection.prepare_cached(&sql)?.query_row([&word], |row| row.get(0))?;
        Ok(number.unwrap_or_default().cast_unsigned())
    };
    let (oldest, newest) = (end("min")?, end("max")?);
    let of_types = if types.is_empty() { String::new() } else { format!(" AND type IN ({})", vec!["?"; types.len()].join(", ")) };
    let mut values: Vec<Value> = vec![word.into(), i64::try_from(upto).unwrap_or(i64::MAX).into()];
    values.extend(types.iter().map(|name| Value::from((*name).to_owned())));
    values.push((i64::from(limit) + 1).into());
    let mut statement = connection.prepare_cached(&format!(
        "SELECT number, at, event FROM production_log WHERE project = ? AND number <= ?{of_types} ORDER BY number DESC LIMIT ?"
    ))?;
    let mut rows = statement.query(params_from_iter(values))?;
    let (mut records, mut count) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        count += 1;
        if count > limit {
            break;
        }
        let (number, event): (i64, String) = (row.get(0)?, row.get(2)?);
        match serde_json::from_str(&event) {
            Ok(event) => records.push(ProductionRecord {
                number: number.cast_unsigned(),
                timestamp: Moment(time(row, 1)?),
                project_id: Some(project),
                event,
            }),
            Err(error) => tracing::error!(%error, number, "an event of a production cannot be read"),
        }
    }
    Ok(ProductionHistory { records, has_more: count > limit, oldest, newest })
}

/// Errors of all of these: there is no such project, or the database cannot be read.
impl Store {
    /// Events of these types up to a number, the newest first, at most `limit`. Without types: of any.
    pub async fn production_history(
        &self,
        project: ProjectId,
        types: &'static [&'static str],
        upto: Option<u64>,
        limit: u32,
    ) -> Result<ProductionHistory, ProductionError> {
        self.read_production(move |connection| history(connection, project, types, upto.unwrap_or(u64::MAX), limit)).await
    }
}
