//! Takes of a project are read and listed.

use proto::production::{ProductionNodeId, ProjectId, ShotId, Take, TakeId, TakeReview};
use rusqlite::{Connection, OptionalExtension, params_from_iter, types::Value};

use super::{
    projects,
    refusal::{ProductionError, ProductionRefusal, UnitError},
    take_rows::{SELECT, read, read_row, take_of},
};
use crate::store::Store;

/// The workflow that a take was made with. `None`: it is not known.
pub(super) fn workflow_of(connection: &Connection, take: TakeId) -> rusqlite::Result<Option<String>> {
    connection
        .prepare_cached("SELECT workflow FROM take_workflows WHERE take = ?1")?
        .query_row([take.to_string()], |row| row.get(0))
        .optional()
}

/// Which takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakeQuery {
    pub node: Option<ProductionNodeId>,
    pub shot: Option<ShotId>,
    pub review: Option<TakeReview>,
    pub in_trash: bool,
    /// Older than this one.
    pub before: Option<TakeId>,
    pub limit: u32,
}

/// A part of a list of takes.
#[derive(Clone, Debug, PartialEq)]
pub struct TakePage {
    pub takes: Vec<Take>,
    /// `before` of the next part. `None`: that was all.
    pub next: Option<TakeId>,
}

fn page(connection: &Connection, project: ProjectId, query: &TakeQuery) -> Result<TakePage, UnitError> {
    projects::read(connection, project)?;
    let mut sql = format!("{SELECT} WHERE takes.project = ? AND takes.deleted_at IS {}NULL", if query.in_trash { "NOT " } else { "" });
    let mut values: Vec<Value> = vec![project.to_string().into()];
    let review: Option<&'static str> = query.review.map(Into::into);
    let conditions = [
        ("node", query.node.as_ref().map(ToString::to_string)),
        ("shot", query.shot.map(|shot| shot.to_string())),
        ("review", review.map(str::to_owned)),
    ];
    for (column, value) in conditions {
        if let Some(value) = value {
            sql += &format!(" AND takes.{column} = ?");
            values.push(value.into());
        }
    }
    if let Some(before) = query.before {
        sql += " AND takes.id < ?";
        values.push(before.to_string().into());
    }
    sql += " ORDER BY takes.id DESC LIMIT ?";
    values.push((i64::from(query.limit) + 1).into());
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(values), read_row)?.collect::<Result<Vec<_>, _>>()?;
    let mut takes = rows.into_iter().map(take_of).collect::<Result<Vec<_>, _>>()?;
    let has_more = takes.len() > query.limit as usize;
    takes.truncate(query.limit as usize);
    let next = takes.last().filter(|_| has_more).map(|take| take.id);
    Ok(TakePage { takes, next })
}

/// Errors of all of these: there is no such thing, or the database cannot be read.
impl Store {
    /// Takes of a project, the newest first.
    pub async fn takes(&self, project: ProjectId, query: TakeQuery) -> Result<TakePage, ProductionError> {
        self.read_production(move |connection| page(connection, project, &query)).await
    }

    /// The current take of each node of a project that has one, in any order.
    pub async fn current_takes(&self, project: ProjectId) -> Result<Vec<Take>, ProductionError> {
        self.read_production(move |connection| {
            projects::read(connection, project)?;
            // The objects come first, so that each take is found by its node and number.
            let mut statement = connection.prepare_cached(
                "SELECT takes.data, gallery.id FROM production_objects
                    CROSS JOIN takes ON takes.project = production_objects.project AND takes.node = production_objects.id
                        AND takes.number = production_objects.data ->> 'current_take'
                    LEFT JOIN gallery ON gallery.task = takes.task AND gallery.output = takes.output
                    WHERE production_objects.project = ?1 AND production_objects.kind = 'node' AND production_objects.deleted_at IS NULL",
            )?;
            let rows = statement.query_map([project.to_string()], read_row)?.collect::<Result<Vec<_>, _>>()?;
            rows.into_iter().map(take_of).collect()
        })
        .await
    }

    /// A take, also one in the trash.
    pub async fn take(&self, project: ProjectId, id: TakeId) -> Result<Take, ProductionError> {
        self.read_production(move |connection| read(connection, project, id)).await
    }

    /// The workflow that a take was made with, as JSON in API format.
    pub async fn take_workflow(&self, project: ProjectId, id: TakeId) -> Result<String, ProductionError> {
        self.read_production(move |connection| {
            let take = read(connection, project, id)?;
            Ok(workflow_of(connection, take.id)?.ok_or(ProductionRefusal::Unknown("workflow"))?)
        })
        .await
    }
}
