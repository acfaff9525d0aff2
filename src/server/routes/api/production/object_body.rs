//! The body of a request that makes an object.

use proto::production::{Asset, Cast, Chapter, EmotionalBeat, ProductionNode, ProductionObject, ProjectId, Scene, Shot};
use serde_json::{Map, Value};

use crate::{
    routes::api::{extract::shaped, problem::ApiProblem},
    store::{ObjectDraft, ProducedObject},
};

/// How a kind of object is written in requests.
pub(super) trait WrittenObject: ProducedObject {
    /// Where it is: `/api/projects/{project}/` and this.
    const SEGMENT: &'static str;
    /// The member that names its parent, which cannot be changed by `PATCH`.
    const PARENT_MEMBER: Option<&'static str> = None;
    /// The member that names it.
    const NAME_MEMBER: Option<&'static str> = None;
}

impl WrittenObject for Chapter {
    const SEGMENT: &'static str = "chapters";
}

impl WrittenObject for Scene {
    const SEGMENT: &'static str = "scenes";
    const PARENT_MEMBER: Option<&'static str> = Some("chapter");
    const NAME_MEMBER: Option<&'static str> = Some("code");
}

impl WrittenObject for Shot {
    const SEGMENT: &'static str = "shots";
    const PARENT_MEMBER: Option<&'static str> = Some("scene");
    const NAME_MEMBER: Option<&'static str> = Some("code");
}

impl WrittenObject for ProductionNode {
    const SEGMENT: &'static str = "nodes";
    const NAME_MEMBER: Option<&'static str> = Some("node_id");
}

impl WrittenObject for Asset {
    const SEGMENT: &'static str = "assets";
}

impl WrittenObject for Cast {
    const SEGMENT: &'static str = "casts";
    const PARENT_MEMBER: Option<&'static str> = Some("shot");
    const NAME_MEMBER: Option<&'static str> = Some("asset");
}

impl WrittenObject for EmotionalBeat {
    const SEGMENT: &'static str = "beats";
}

/// What a new object is made of. `place`: the JSON Pointer to the body.
///
/// # Errors
/// A member is not a text.
pub(super) fn draft<T: WrittenObject>(mut body: Map<String, Value>, place: &str) -> Result<ObjectDraft, ApiProblem> {
    let mut text = |member: Option<&str>| -> Result<Option<String>, ApiProblem> {
        let Some((member, value)) = member.and_then(|member| Some((member, body.shift_remove(member)?))) else { return Ok(None) };
        shaped(value, &format!("{place}/{member}"))
    };
    let (parent, name, before) = (text(T::PARENT_MEMBER)?, text(T::NAME_MEMBER)?, text(Some("before"))?);
    Ok(ObjectDraft { parent: parent.map(canonical), name: name.map(canonical), before: before.map(canonical), fields: body })
}

/// Ids in one spelling.
pub(super) fn canonical(id: String) -> String {
    id.parse::<uuid::Uuid>().map_or(id, |id| id.to_string())
}

/// The path of an object.
pub(super) fn location<T: WrittenObject>(project: ProjectId, object: &T) -> String {
    let list = format!("/api/projects/{project}/{}", T::SEGMENT);
    // Ids of nodes are any text.
    let mut url = match url::Url::parse(&format!("http://localhost{list}")) {
        Ok(url) => url,
        Err(_) => return list,
    };
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.push(&ProductionObject::key(object));
    }
    url.path().to_owned()
}
