//! Somebody changes an object that was changed since it was read: what is different now.

use proto::{
    limits,
    production::{ProductionObject, ProjectId, Take},
};
use rusqlite::{Connection, params};
use serde::Serialize;
use serde_json::{Map, Value};

use super::refusal::{ProductionRefusal, UnitError};

/// How events tell an object.
pub(super) struct ToldAs {
    project: ProjectId,
    /// See [`ProductionEvent::subject`](proto::production::ProductionEvent::subject).
    subject: String,
    /// The member of their JSON that has the object.
    member: &'static str,
}

impl ToldAs {
    pub fn object<T: ProductionObject>(object: &T) -> Self {
        let member = T::KIND.word();
        Self { project: object.project(), subject: format!("{member}/{}", object.key()), member }
    }

    pub fn take(take: &Take) -> Self {
        Self { project: take.project_id, subject: format!("take/{}", take.id), member: "take" }
    }

    pub fn project(project: ProjectId) -> Self {
        Self { project, subject: String::new(), member: "data" }
    }

    /// Where the story of a project is.
    pub fn narrative(project: ProjectId) -> Self {
        Self { project, subject: String::new(), member: "progress" }
    }
}

/// `version`: the one that was read; `None`: any.
///
/// # Errors
/// `Conflict`: it is not the newest one.
pub(super) fn check_version<T: Serialize>(
    connection: &Connection,
    told: &ToldAs,
    object: &T,
    newest: u32,
    version: Option<u32>,
) -> Result<(), UnitError> {
    let Some(version) = version.filter(|version| *version != newest) else { return Ok(()) };
    let current = serde_json::to_value(object)?;
    let changed = match (at_version(connection, told, version)?, &current) {
        (Some(before), Value::Object(current)) => Some(differing_fields(&before, current)),
        _ => None,
    };
    Err(ProductionRefusal::Conflict { version: newest, current: Box::new(current), changed }.into())
}

/// The object as it was at a version, from the events that tell it. `None`: they do not go back that far.
pub(super) fn at_version(connection: &Connection, told: &ToldAs, version: u32) -> Result<Option<Map<String, Value>>, UnitError> {
    let mut statement =
        connection.prepare_cached("SELECT event FROM production_log WHERE project = ?1 AND subject = ?2 ORDER BY number DESC LIMIT ?3")?;
    let mut rows = statement.query(params![told.project.to_string(), told.subject, limits::CONFLICT_EVENTS])?;
    while let Some(row) = rows.next()? {
        let Value::Object(mut event) = serde_json::from_str(&row.get::<_, String>(0)?)? else { continue };
        let object = match event.remove(told.member) {
            Some(Value::Object(object)) => object,
            // The state of a node is the event itself.
            None if told.member == "node" => event,
            _ => continue,
        };
        if object.get("version").and_then(Value::as_u64) == Some(version.into()) {
            return Ok(Some(object));
        }
    }
    Ok(None)
}

/// The names of the fields that are different, in the order of the object; then those that it no longer has.
fn differing_fields(before: &Map<String, Value>, current: &Map<String, Value>) -> Vec<String> {
    // Different with every change, and what an event of a node has beside the node.
    const LEFT_OUT: [&str; 4] = ["version", "updated_at", "type", "takes"];
    let gone = before.keys().filter(|field| !current.contains_key(*field));
    let differing = current.keys().filter(|field| before.get(*field) != current.get(*field));
    differing.chain(gone).filter(|field| !LEFT_OUT.contains(&field.as_str())).cloned().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_different_is_named() {
        let map = |json: Value| json.as_object().cloned().unwrap();
        let before = map(json!({"type": "node.state_changed", "takes": [], "title": "a", "error": "x", "notes": {"a": 1}, "version": 1}));
        let current = map(json!({"title": "b", "notes": {"a": 1}, "kind": "image", "version": 3, "updated_at": "2026"}));
        assert_eq!(differing_fields(&before, &current), ["title", "kind", "error"]);
    }
}
