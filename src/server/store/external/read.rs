//! Reading what was heard.

use proto::external::{ExternalState, ExternalTask, ExternalWorker};
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};

use super::{
    apply::{newest, readable},
    model::{ExternalFilter, ExternalNews, StoredExternal},
};

pub(super) fn task(connection: &Connection, id: &str) -> rusqlite::Result<Option<ExternalTask>> {
    let json: Option<String> =
        connection.prepare_cached("SELECT task FROM external_tasks WHERE id = ?1")?.query_row([id], |row| row.get(0)).optional()?;
    Ok(json.as_deref().and_then(readable))
}

/// The newest first.
pub(super) fn tasks(
    connection: &Connection,
    filter: &ExternalFilter,
    before: Option<u64>,
    limit: u32,
) -> rusqlite::Result<Vec<StoredExternal>> {
    let mut conditions = vec!["number < ?"];
    let before = before.and_then(|before| i64::try_from(before).ok()).unwrap_or(i64::MAX);
    let mut values: Vec<Box<dyn ToSql>> = vec![Box::new(before)];
    let states = format!("state IN ({})", vec!["?"; filter.states.len()].join(", "));
    if !filter.states.is_empty() {
        conditions.push(&states);
        values.extend(filter.states.iter().map(|state| Box::new(state.as_str()) as Box<dyn ToSql>));
    }
    let texts = [
        ("source = ?", &filter.source),
        ("worker = ?", &filter.worker),
        ("project = ?", &filter.project),
        ("shot = ?", &filter.shot),
        ("node = ?", &filter.node),
    ];
    for (condition, value) in texts {
        if let Some(value) = value {
            conditions.push(condition);
            values.push(Box::new(value.clone()));
        }
    }
    if let Some(stale) = filter.stale {
        conditions.push("stale = ?");
        values.push(Box::new(stale));
    }
    values.push(Box::new(limit));
    let text = format!("SELECT number, task FROM external_tasks WHERE {} ORDER BY number DESC LIMIT ?", conditions.join(" AND "));
    let values: Vec<&dyn ToSql> = values.iter().map(AsRef::as_ref).collect();
    let mut statement = connection.prepare_cached(&text)?;
    let rows = statement.query_map(&*values, numbered)?.collect::<Result<Vec<_>, _>>()?;
    Ok(rows.into_iter().filter_map(|(number, json)| Some(StoredExternal { number, task: readable(&json)? })).collect())
}

fn numbered(row: &Row) -> rusqlite::Result<(u64, String)> {
    let number: i64 = row.get(0)?;
    Ok((number.cast_unsigned(), row.get(1)?))
}

/// The ids of unfinished tasks, the newest first, at most `limit`.
pub(super) fn unfinished(connection: &Connection, limit: u32) -> rusqlite::Result<Vec<String>> {
    connection
        .prepare_cached("SELECT id FROM external_tasks WHERE final = 0 ORDER BY number DESC LIMIT ?1")?
        .query_map([limit], |row| row.get(0))?
        .collect()
}

/// By their names.
pub(super) fn workers(connection: &Connection) -> rusqlite::Result<Vec<ExternalWorker>> {
    let mut statement = connection.prepare_cached("SELECT worker FROM external_workers ORDER BY hostname")?;
    let rows = statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
    Ok(rows.iter().filter_map(|json| readable(json)).collect())
}

/// Tasks that changed after `after`, at most `limit`.
pub(super) fn news(connection: &Connection, after: u64, limit: u32) -> rusqlite::Result<ExternalNews> {
    let newest = newest(connection)?;
    if after > newest {
        return Ok(ExternalNews { tasks: Vec::new(), next: newest, is_complete: false });
    }
    let mut statement = connection.prepare_cached(
        "SELECT seq, external_tasks.task FROM external_news JOIN external_tasks ON number = external_news.task
            WHERE seq > ?1 ORDER BY seq LIMIT ?2",
    )?;
    let rows = statement.query_map(params![after.cast_signed(), limit], numbered)?.collect::<Result<Vec<_>, _>>()?;
    let next = if rows.len() < limit as usize { newest } else { rows.last().map_or(newest, |(seq, _)| *seq) };
    let tasks = rows.into_iter().filter_map(|(seq, json)| Some((seq, readable(&json)?))).collect();
    Ok(ExternalNews { tasks, next, is_complete: true })
}

/// How many unfinished tasks there are, by state.
pub(super) fn counts(connection: &Connection) -> rusqlite::Result<Vec<(ExternalState, u64)>> {
    let mut statement = connection.prepare_cached("SELECT state, count(*) FROM external_tasks WHERE final = 0 GROUP BY state")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<Vec<(String, i64)>, _>>()?;
    Ok(rows.into_iter().filter_map(|(state, count)| Some((state.parse().ok()?, count.cast_unsigned()))).collect())
}

/// Workers that have unfinished tasks, and whether these are stale.
pub(super) fn workers_at_work(connection: &Connection) -> rusqlite::Result<Vec<(String, bool)>> {
    connection
        .prepare_cached("SELECT DISTINCT worker, stale FROM external_tasks WHERE final = 0 AND worker IS NOT NULL")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}
