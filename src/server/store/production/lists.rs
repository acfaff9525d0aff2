//! Objects of a project are read and listed.

use std::{collections::HashMap, str::FromStr};

use proto::production::{Asset, Cast, ProductionObject, ProjectId, Shot};
use rusqlite::{params_from_iter, types::Value};

use super::{
    objects::{self, StoredObject, unknown},
    projects,
    refusal::ProductionError,
};
use crate::store::Store;

/// A place in a list: after the object with this parent, position and id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectCursor {
    pub parent: String,
    pub position: u64,
    pub id: String,
}

impl ObjectCursor {
    fn of(object: &impl ProductionObject) -> Self {
        Self { parent: object.parent(), position: object.position(), id: object.key() }
    }
}

/// As programs get it: `position:parent:id`.
impl std::fmt::Display for ObjectCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.position, self.parent, self.id)
    }
}

impl FromStr for ObjectCursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.splitn(3, ':');
        let position = parts.next().and_then(|part| part.parse().ok()).ok_or(())?;
        let (Some(parent), Some(id)) = (parts.next(), parts.next()) else { return Err(()) };
        Ok(Self { parent: parent.to_owned(), position, id: id.to_owned() })
    }
}

/// Which objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectQuery {
    /// Those in this chapter, scene or shot; assets of this kind.
    pub parent: Option<String>,
    /// Those that have this text, whatever its case.
    pub text: Option<String>,
    pub in_trash: bool,
    pub after: Option<ObjectCursor>,
    pub limit: u32,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectPage<T> {
    pub objects: Vec<T>,
    /// Where the next part begins. `None`: that was all.
    pub next: Option<ObjectCursor>,
}

fn page<T: StoredObject>(
    connection: &rusqlite::Connection,
    project: ProjectId,
    query: &ObjectQuery,
) -> Result<ObjectPage<T>, super::refusal::UnitError> {
    projects::read(connection, project)?;
    let mut sql = format!(
        "SELECT data FROM production_objects WHERE project = ? AND kind = ? AND deleted_at IS {}NULL",
        if query.in_trash { "NOT " } else { "" }
    );
    let mut values: Vec<Value> = vec![project.to_string().into(), T::KIND.word().to_owned().into()];
    if let Some(parent) = &query.parent {
        sql += " AND parent = ?";
        values.push(parent.clone().into());
    }
    if let Some(after) = &query.after {
        sql += " AND (parent, position, id) > (?, ?, ?)";
        values.extend([after.parent.clone().into(), after.position.cast_signed().into(), after.id.clone().into()]);
    }
    if let Some(text) = &query.text {
        sql += " AND instr(words, ?) > 0";
        values.push(text.to_lowercase().into());
    }
    sql += " ORDER BY parent, position, id LIMIT ?";
    values.push((i64::from(query.limit) + 1).into());
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(values), |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    let mut objects = rows.iter().map(|data| serde_json::from_str(data)).collect::<Result<Vec<T>, _>>()?;
    let has_more = objects.len() > query.limit as usize;
    objects.truncate(query.limit as usize);
    let next = objects.last().filter(|_| has_more).map(ObjectCursor::of);
    Ok(ObjectPage { objects, next })
}

/// Errors of all of these: there is no such thing, or the database cannot be read.
impl Store {
    /// An object, also one in the trash.
    pub async fn object<T: StoredObject>(&self, project: ProjectId, id: String) -> Result<T, ProductionError> {
        self.read_production(move |connection| {
            projects::read(connection, project)?;
            Ok(objects::read(connection, project, &id)?.ok_or_else(unknown::<T>)?)
        })
        .await
    }

    /// Objects of a kind, by their parents, in order.
    pub async fn objects<T: StoredObject>(&self, project: ProjectId, query: ObjectQuery) -> Result<ObjectPage<T>, ProductionError> {
        self.read_production(move |connection| page(connection, project, &query)).await
    }

    /// In how many shots each asset is that is in any.
    pub async fn asset_uses(&self, project: ProjectId) -> Result<HashMap<proto::production::AssetId, u32>, ProductionError> {
        self.read_production(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT code, count(*) FROM production_objects WHERE project = ?1 AND kind = ?2 AND deleted_at IS NULL AND code IS NOT NULL GROUP BY code",
            )?;
            let kind = <Cast as ProductionObject>::KIND.word();
            let rows = statement.query_map([&project.to_string(), kind], |row| Ok((row.get::<_, String>(0)?, row.get::<_, u32>(1)?)))?;
            let mut uses = HashMap::new();
            for row in rows {
                let (asset, count) = row?;
                if let Ok(asset) = asset.parse() {
                    uses.insert(asset, count);
                }
            }
            Ok(uses)
        })
        .await
    }

    /// The shots that an asset is in, in the order in which it was put into them, at most `limit`.
    pub async fn asset_usage(
        &self,
        project: ProjectId,
        asset: proto::production::AssetId,
        limit: u32,
    ) -> Result<Vec<Shot>, ProductionError> {
        self.read_production(move |connection| {
            objects::read::<Asset>(connection, project, &asset.to_string())?.ok_or_else(unknown::<Asset>)?;
            // The sign before `id` keeps SQLite from reading all casts in the order of their ids.
            let mut statement = connection.prepare_cached(
                "SELECT data FROM production_objects WHERE project = ?1 AND kind = ?2 AND code = ?3 AND deleted_at IS NULL ORDER BY +id LIMIT ?4",
            )?;
            let kind = <Cast as ProductionObject>::KIND.word();
            let casts = statement
                .query_map(rusqlite::params![project.to_string(), kind, asset.to_string(), limit], |row| row.get::<_, String>(0))?
                .collect::<Result<Vec<_>, _>>()?;
            let mut shots = Vec::new();
            for data in casts {
                let cast: Cast = serde_json::from_str(&data)?;
                let shot: Option<Shot> = objects::read(connection, project, &cast.shot.to_string())?;
                shots.extend(shot.filter(|shot| shot.stamp.deleted_at.is_none()));
            }
            Ok(shots)
        })
        .await
    }
}
