//! Takes are started and cancelled from their nodes.

use std::sync::Arc;

use proto::{
    ids::TaskId,
    limits,
    production::{GenerateRequest, NewGeneration, ProductionNode, ProductionNodeId, ProjectId, QualityPreset, ShotId, level_of},
};
use serde_json::{Map, Value};

use super::{
    generate_error::GenerateError,
    library::{Productions, moment},
    take_run::{RunOrder, seed_of},
};
use crate::{
    command_error::CommandError,
    store::{GenerationSources, Key, NewTake, ObjectDraft, Origin, ProductionError, ProductionRefusal},
    submissions::SubmissionRequest,
};

/// A node whose tasks are cancelled.
#[derive(Clone, Debug, PartialEq)]
pub struct CancelledNode {
    /// As it is now. Where a ComfyUI cannot be reached, it is still generating.
    pub node: ProductionNode,
    /// The tasks that made takes of it, the oldest first.
    pub tasks: Vec<TaskId>,
}

/// What became of one of many shots.
pub type ShotGeneration = (ShotId, Result<NewGeneration, GenerateError>);

impl Productions {
    /// Makes a take: its task is on disk, and joined to the node, when this returns. The same `key` with the same request is the same take.
    ///
    /// # Errors
    /// See [`GenerateError`]. Then there is no take.
    pub async fn generate(
        &self,
        project: ProjectId,
        node: ProductionNodeId,
        request: GenerateRequest,
        key: Option<Key>,
    ) -> Result<NewGeneration, GenerateError> {
        request.check()?;
        let sources = self.store.generation_sources(project, node.clone(), request.clone()).await?;
        let (project_fields, node_fields) = (&sources.project.fields, &sources.node.fields);
        let of_take = sources.redo.as_ref().map(|(take, _)| take.quality_preset);
        let quality = request.quality.or(of_take).or(node_fields.quality_preset).unwrap_or(project_fields.default_quality);
        let level = level_of(&project_fields.presets, &node_fields.kind, quality);
        let workflow = request.workflow.or(node_fields.workflow).or(level.workflow);
        let order = RunOrder { sources: &sources, level: &level, workflow, parameters: &request.parameters, seed: seed_of(&request)? };
        let run = match &sources.redo {
            Some((take, frozen)) => self.redo_run(take, frozen, quality, order).await?,
            None => self.run_of(order).await?,
        };
        let take = new_take(&sources, quality, run.seed, note(run.metadata, &request));
        let origin = Origin { metadata: place_of(&take), take: Some(take), ..Origin::default() };
        let (name, priority) = (Some(task_name(&sources.node)), request.priority);
        let submission = SubmissionRequest { name, priority, origin, prompts: run.prompts, ..SubmissionRequest::from(run.submission) };
        let refused = |error| GenerateError::submission(error, run.is_built_in);
        let outcome = self.submissions.submit(submission, key).await.map_err(refused)?;
        let take = self.store.take_of_task(outcome.task).await?.ok_or_else(|| {
            let why = "The node was thrown away meanwhile. Its task runs, and its outputs come into the gallery.";
            ProductionRefusal::WrongState(why.into())
        })?;
        let node = self.store.object(project, node.to_string()).await?;
        let warnings = outcome.warnings.iter().map(proto::run_warnings::RunWarning::words);
        Ok(NewGeneration { take, node, notes: run.notes.into_iter().chain(warnings).collect(), is_replay: outcome.is_replay })
    }

    /// Cancels the tasks that make takes of a node. Again, it changes nothing.
    ///
    /// # Errors
    /// There is no such node, or the database cannot be read.
    pub async fn cancel(&self, project: ProjectId, node: ProductionNodeId) -> Result<CancelledNode, ProductionError> {
        let tasks = self.store.tasks_of_node(project, node.clone()).await?;
        for task in &tasks {
            match self.commands.cancel(*task).await {
                // It ended, or was removed, meanwhile.
                Ok(()) | Err(CommandError::UnknownTask) => {}
                Err(error) => tracing::warn!(%error, %task, "the task of a take is not cancelled"),
            }
        }
        // What was published a moment ago is to be seen.
        self.store.flush().await?;
        Ok(CancelledNode { node: self.store.object(project, node.to_string()).await?, tasks })
    }

    /// Makes a take of each of these shots: by its first node of this kind, which is made where there is none, and removed again
    /// if no take is made. One that is refused does not keep the others from being made. `key`: gives the key of each.
    pub async fn generate_shots(
        self: &Arc<Self>,
        project: ProjectId,
        shots: Vec<ShotId>,
        kind: String,
        request: GenerateRequest,
        key: impl Fn(ShotId) -> Option<Key>,
    ) -> Vec<ShotGeneration> {
        let mut made = Vec::with_capacity(shots.len());
        for shot in shots {
            made.push((shot, self.generate_shot(project, shot, &kind, request.clone(), key(shot)).await));
        }
        made
    }

    async fn generate_shot(
        &self,
        project: ProjectId,
        shot: ShotId,
        kind: &str,
        request: GenerateRequest,
        key: Option<Key>,
    ) -> Result<NewGeneration, GenerateError> {
        if let Some(node) = self.store.node_of_shot(project, shot, kind.to_owned()).await.map_err(GenerateError::from)? {
            return self.generate(project, node.node_id, request, key).await;
        }
        let node = self.add_node(project, shot, kind).await?;
        let generation = self.generate(project, node.node_id.clone(), request, key).await;
        if generation.is_err()
            && let Err(error) = self.store.discard_node(node, moment()).await
        {
            tracing::warn!(%error, %shot, "a node stays of which no take is made");
        }
        generation
    }

    async fn add_node(&self, project: ProjectId, shot: ShotId, kind: &str) -> Result<ProductionNode, ProductionError> {
        let name = if kind.is_empty() { "render" } else { kind };
        let fields = Map::from_iter([("shot".to_owned(), Value::from(shot.to_string())), ("kind".to_owned(), kind.into())]);
        let draft = ObjectDraft { name: Some(format!("{name}-{shot}")), fields, ..ObjectDraft::default() };
        let made: Vec<ProductionNode> = self.add(project, vec![draft]).await?;
        made.into_iter().next().ok_or_else(|| ProductionRefusal::Unknown("node").into())
    }
}

fn new_take(sources: &GenerationSources, quality: QualityPreset, seed: Option<u64>, metadata: Map<String, Value>) -> NewTake {
    let composite = Some(sources.composite.clone()).filter(|composite| !composite.final_prompt.is_empty());
    let (project, node) = (sources.project.id, sources.node.node_id.clone());
    NewTake { project, node, quality, seed, composite, workflow: None, metadata }
}

/// What people wrote, and which take was redone.
fn note(mut metadata: Map<String, Value>, request: &GenerateRequest) -> Map<String, Value> {
    metadata.shift_remove("note");
    metadata.shift_remove("redo_of");
    if !request.note.is_empty() {
        metadata.insert("note".into(), request.note.clone().into());
    }
    if let Some(take) = request.redo {
        metadata.insert("redo_of".into(), take.to_string().into());
    }
    metadata
}

/// So that a task tells which node it is of.
fn place_of(take: &NewTake) -> Map<String, Value> {
    Map::from_iter([("project_id".to_owned(), take.project.to_string().into()), ("node_id".to_owned(), take.node.to_string().into())])
}

fn task_name(node: &ProductionNode) -> String {
    let title = if node.fields.title.is_empty() { node.node_id.as_str() } else { &node.fields.title };
    let name = match (node.scene_id, node.shot_id) {
        (Some(scene), Some(shot)) => format!("{scene}_{shot} {title}"),
        _ => title.to_owned(),
    };
    name.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(limits::NAME).collect()
}
