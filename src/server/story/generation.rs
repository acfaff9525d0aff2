//! Takes that clients of the dialect start and cancel.

use std::sync::Arc;

use proto::production::{FieldProblem, GenerateRequest, ProductionNode, ProductionNodeId, ProjectId};
use serde_json::{Map, Value};

use super::message::{StartGeneration, StoryMessageError, node_of, project_of};
use crate::{
    production::{GenerateError, Productions},
    store::{Key, ObjectDraft, ProductionError, ProductionRefusal},
};

/// Carries out what clients ask of nodes.
pub struct StoryGeneration {
    productions: Arc<Productions>,
}

/// Why nothing is done.
#[derive(Debug, thiserror::Error)]
pub enum StoryGenerationError {
    #[error(transparent)]
    Message(#[from] StoryMessageError),
    #[error(transparent)]
    Generate(#[from] GenerateError),
}

impl From<ProductionError> for StoryGenerationError {
    fn from(error: ProductionError) -> Self {
        Self::Generate(error.into())
    }
}

impl From<FieldProblem> for StoryGenerationError {
    fn from(problem: FieldProblem) -> Self {
        Self::Generate(problem.into())
    }
}

/// Members of a request that `params` may have, by their names there.
const MEMBERS: [(&str, &str); 9] = [
    ("quality", "quality"),
    ("quality_preset", "quality"),
    ("workflow", "workflow"),
    ("seed", "seed"),
    ("prompt", "prompt"),
    ("off", "off"),
    ("redo", "redo"),
    ("note", "note"),
    ("priority", "priority"),
];

impl StoryGeneration {
    pub fn new(productions: Arc<Productions>) -> Self {
        Self { productions }
    }

    /// Starts a take. `followed`: where a node is looked for whose project is not named. One that is not there yet is made, if it is clear in which project.
    ///
    /// # Errors
    /// The request is wrong, or there is no take of it.
    pub async fn start(&self, session: &str, start: StartGeneration, followed: &[ProjectId]) -> Result<(), StoryGenerationError> {
        let node = node_of(&start.node_id)?;
        let project = self.project_with(&node, start.project_id.as_deref(), followed).await?;
        let request = request_of(start.params.unwrap_or_default(), start.context.unwrap_or_default())?;
        // A client that is not sure whether it has asked asks again, with the time of the first request.
        let key = start.timestamp.and_then(|at| Key::new(&format!("story {session} {at}"), node.as_str().as_bytes()));
        self.productions.generate(project, node, request, key).await?;
        Ok(())
    }

    /// Cancels all takes of a node that are being made.
    ///
    /// # Errors
    /// There is no such node.
    pub async fn cancel(&self, node: &str, project: Option<&str>, followed: &[ProjectId]) -> Result<(), StoryGenerationError> {
        let node = node_of(node)?;
        let named = project.map(project_of).transpose()?;
        let found = self.find(&node, named.as_slice().first().map_or(followed, std::slice::from_ref)).await?;
        let project = found.ok_or(ProductionRefusal::Unknown("node")).map_err(ProductionError::from)?;
        self.productions.cancel(project, node).await?;
        Ok(())
    }

    async fn find(&self, node: &ProductionNodeId, projects: &[ProjectId]) -> Result<Option<ProjectId>, ProductionError> {
        for project in projects {
            match self.productions.object::<ProductionNode>(*project, node.to_string()).await {
                Ok(node) if node.stamp.deleted_at.is_none() => return Ok(Some(*project)),
                Ok(_) | Err(ProductionError::Refused(ProductionRefusal::Unknown(_))) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    async fn project_with(
        &self,
        node: &ProductionNodeId,
        named: Option<&str>,
        followed: &[ProjectId],
    ) -> Result<ProjectId, StoryGenerationError> {
        let named = named.map(project_of).transpose()?;
        let projects = named.as_slice().first().map_or(followed, std::slice::from_ref);
        if let Some(project) = self.find(node, projects).await? {
            return Ok(project);
        }
        let [project] = projects else {
            let message = "No project that this client follows has this node. Name its project_id, or follow that project.";
            return Err(FieldProblem::new("node_id", message).into());
        };
        let draft = ObjectDraft { name: Some(node.to_string()), ..ObjectDraft::default() };
        self.productions.add::<ProductionNode>(*project, vec![draft]).await?;
        Ok(*project)
    }
}

/// What is asked for: the members of a request by their names, and everything else as values of the workflow.
fn request_of(params: Map<String, Value>, context: Map<String, Value>) -> Result<GenerateRequest, FieldProblem> {
    let (mut request, mut parameters) = (Map::new(), Map::new());
    for (name, value) in params {
        match MEMBERS.iter().find(|(known, _)| *known == name) {
            _ if value.is_null() => {}
            // What the usual forms send for a new seed.
            Some((_, "seed")) if value.as_i64() == Some(-1) => {}
            Some((_, member)) => drop(request.insert((*member).into(), value)),
            None if name == "negative_prompt" => drop(parameters.insert("negativePrompt".into(), value)),
            None if name == "batch_size" => drop(parameters.insert("batchSize".into(), value)),
            None => drop(parameters.insert(name, value)),
        }
    }
    request.insert("parameters".into(), Value::Object(parameters));
    request.insert("context".into(), Value::Object(context.into_iter().filter(|(_, value)| !value.is_null()).collect()));
    serde_json::from_value(Value::Object(request)).map_err(|error| FieldProblem::new("params", error.to_string()))
}

#[cfg(test)]
mod tests {
    use proto::production::{QualityPreset, SeedNumber};
    use serde_json::json;

    use super::*;

    #[test]
    fn params_are_members_of_a_request_or_values_of_the_workflow() {
        let object = |json: Value| json.as_object().unwrap().clone();
        let params =
            object(json!({"quality_preset": "high", "seed": "18446744073709551615", "steps": 30, "negative_prompt": "fog", "width": null}));
        let context =
            object(json!({"scene_id": "S001", "shot_id": "P002", "emotional_beat": "dread", "character_refs": [], "location_ref": null}));
        let request = request_of(params, context).unwrap();
        assert_eq!((request.quality, request.seed), (Some(QualityPreset::High), Some(SeedNumber::Digits(u64::MAX.to_string()))));
        assert_eq!(Value::Object(request.parameters), json!({"steps": 30, "negativePrompt": "fog"}));
        assert_eq!((request.context.emotional_beat.as_deref(), request.context.location_ref), (Some("dread"), None));
        assert_eq!(request_of(object(json!({"seed": -1})), Map::new()).unwrap(), GenerateRequest::default());
        assert!(request_of(object(json!({"quality": "best"})), Map::new()).is_err());
    }
}
