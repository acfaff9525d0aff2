//! To which project, shot and node a task of another program belongs.

use serde::{Deserialize, Serialize};

/// Where an id was found. The greater one is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum JoinedBy {
    /// In the arguments that the task was called with.
    Arguments,
    /// The task tells it with its progress.
    Meta,
    /// In a stamp, as Celery calls it, of the task's message.
    Stamp,
    /// In the id of the task, which Darkroom gave it ([`joining_id`]).
    TaskId,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinedId {
    pub id: String,
    pub by: JoinedBy,
}

/// What a task belongs to, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExternalJoin {
    pub project: Option<JoinedId>,
    pub shot: Option<JoinedId>,
    pub node: Option<JoinedId>,
}

impl ExternalJoin {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.project.is_none() && self.shot.is_none() && self.node.is_none()
    }

    /// Takes over what is not known yet, and what is more to be believed.
    pub fn merge(&mut self, other: &Self) {
        merge(&mut self.project, other.project.as_ref());
        merge(&mut self.shot, other.shot.as_ref());
        merge(&mut self.node, other.node.as_ref());
    }

    /// Notes an id under the name of a field, such as `shot_id`. Other names are ignored, and so are texts that are no ids.
    pub(super) fn note(&mut self, field: &str, id: &str, by: JoinedBy) {
        let place = match field {
            "project_id" | "project" | "projectId" => &mut self.project,
            "shot_id" | "shot" | "shotId" => &mut self.shot,
            "node_id" | "node" | "nodeId" => &mut self.node,
            _ => return,
        };
        if !id.is_empty() && id.len() <= crate::limits::EXTERNAL_ID {
            merge(place, Some(&JoinedId { id: id.to_owned(), by }));
        }
    }

    /// What the id of a task says, if Darkroom gave it.
    pub(super) fn of_task_id(id: &str) -> Self {
        let mut join = Self::default();
        let Some(rest) = id.strip_prefix(OWN) else { return join };
        for part in rest.split('/') {
            if let Some((field, id)) = part.split_once('=') {
                join.note(field, id, JoinedBy::TaskId);
            }
        }
        join
    }
}

/// How ids begin that Darkroom gives.
const OWN: &str = "darkroom/";

/// An id for a task of Celery, whose worker takes any text, that says what the task belongs to: `darkroom/shot=S001_P001/node=7/…`.
#[must_use]
pub fn joining_id(project: Option<&str>, shot: Option<&str>, node: Option<&str>, unique: &str) -> String {
    let mut id = OWN.to_owned();
    for (field, part) in [("project", project), ("shot", shot), ("node", node)] {
        if let Some(part) = part {
            id.push_str(&format!("{field}={}/", part.replace(['/', '='], "_")));
        }
    }
    id + unique
}

fn merge(known: &mut Option<JoinedId>, other: Option<&JoinedId>) {
    if let Some(other) = other
        && known.as_ref().is_none_or(|known| known.by < other.by)
    {
        *known = Some(other.clone());
    }
}
