//! Productions of a store on disk.

mod agents;
mod concurrency;
mod log;
mod narrative;
mod objects;
mod prompts;
mod takes;
mod trash;
mod webhooks;

use proto::{
    production::{
        Chapter, Moment, ProductionEvent, ProductionNode, ProductionNodeId, ProductionRecord, Project, ProjectId, QualityPreset, Scene,
        Shot,
    },
    time::Timestamp,
};
use serde_json::{Map, Value, json};

use super::{NewTake, NewsFilter, ObjectDraft, ObjectQuery, ProducedObject, ProductionError, ProductionRefusal};
use crate::store::Store;

fn at(ms: u64) -> Moment {
    Moment(Timestamp(ms))
}

fn fields(json: Value) -> Map<String, Value> {
    json.as_object().unwrap().clone()
}

fn draft(parent: impl ToString, json: Value) -> ObjectDraft {
    ObjectDraft { parent: Some(parent.to_string()), fields: fields(json), ..ObjectDraft::default() }
}

fn refusal<T: std::fmt::Debug>(result: Result<T, ProductionError>) -> ProductionRefusal {
    match result {
        Err(ProductionError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

fn wrong_field<T: std::fmt::Debug>(result: Result<T, ProductionError>) -> String {
    match refusal(result) {
        ProductionRefusal::Field(problem) => problem.field,
        other => panic!("{other:?}"),
    }
}

/// A project with a chapter, a scene, a shot and a node.
struct Film {
    project: Project,
    chapter: Chapter,
    scene: Scene,
    shot: Shot,
    node: ProductionNode,
}

impl Store {
    async fn film(&self, title: &str) -> Film {
        let project = self.add_project(fields(json!({"title": title})), at(1)).await.unwrap();
        let chapter: Chapter = self.one(project.id, draft("", json!({"title": "Arrival"}))).await;
        let scene: Scene = self.one(project.id, draft(chapter.id, json!({"title": "The pier"}))).await;
        let shot: Shot = self.one(project.id, draft(scene.id, json!({"base_prompt": "Anna at the rail"}))).await;
        let node = ObjectDraft { name: Some("render".into()), fields: fields(json!({"shot": shot.id})), ..ObjectDraft::default() };
        let node = self.one(project.id, node).await;
        Film { project, chapter, scene, shot, node }
    }

    async fn one<T: ProducedObject>(&self, project: ProjectId, draft: ObjectDraft) -> T {
        self.add_objects(project, vec![draft], at(1)).await.unwrap().remove(0)
    }

    async fn all<T: ProducedObject>(&self, project: ProjectId) -> Vec<T> {
        self.objects(project, ObjectQuery { limit: 1_000, ..ObjectQuery::default() }).await.unwrap().objects
    }

    async fn node(&self, film: &Film) -> ProductionNode {
        self.object(film.project.id, film.node.node_id.to_string()).await.unwrap()
    }

    async fn events_of(&self, project: ProjectId, after: u64) -> Vec<ProductionRecord> {
        let page = self.production_news(NewsFilter { project: Some(project), subject: None }, after, 1_000).await.unwrap();
        assert!(page.is_complete && !page.has_more);
        page.records
    }

    async fn names(&self, project: ProjectId, after: u64) -> Vec<&'static str> {
        self.events_of(project, after).await.iter().map(|record| record.event.name()).collect()
    }

    /// The number of the newest event.
    async fn newest(&self) -> u64 {
        self.production_news(NewsFilter::default(), u64::MAX, 1).await.unwrap().next
    }
}

fn new_take(film: &Film) -> NewTake {
    NewTake {
        project: film.project.id,
        node: film.node.node_id.clone(),
        quality: QualityPreset::Low,
        seed: Some(u64::MAX),
        composite: None,
        workflow: Some("{\"3\":{}}".into()),
        metadata: Map::new(),
    }
}

fn node_id(text: &str) -> ProductionNodeId {
    text.parse().unwrap()
}
