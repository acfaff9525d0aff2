//! What a page changes, carried out.

use proto::production::{
    AsJson, Asset, Cast, ChangedProduction, Chapter, EmotionalBeat, ObjectKind, ProductionChange, ProductionEvent, ProductionNode,
    ProductionProblem, ProjectId, Scene, Shot,
};
use serde_json::{Map, Value};

use super::library::Productions;
use crate::store::{ObjectDraft, ObjectMove, ProducedObject, ProductionError, ProductionRefusal, ProjectChange};

/// What is done with an object of any kind.
enum Act {
    Create(ObjectDraft),
    Change { id: String, version: Option<u32>, patch: Map<String, Value> },
    Move { id: String, to: ObjectMove },
    Trash { id: String, version: Option<u32> },
    Restore { id: String },
}

impl Productions {
    /// Carries out a change of a page.
    ///
    /// # Errors
    /// Nothing was changed; why, for people.
    pub async fn change_for_page(&self, change: ProductionChange) -> Result<ChangedProduction, ProductionProblem> {
        let event = match change {
            ProductionChange::CreateProject { fields } => {
                let made = self.add_project(parse(&fields)?).await;
                ProductionEvent::ProjectCreated { data: Box::new(made.map_err(problem_of)?) }
            }
            ProductionChange::ChangeProject { project, version, fields, archived } => {
                let change = ProjectChange { version, fields: parse(&fields)?, archived };
                ProductionEvent::ProjectUpdated { data: Box::new(self.change_project(project, change).await.map_err(problem_of)?) }
            }
            ProductionChange::TrashProject { project, trashed } => {
                let data = Box::new(self.trash_project(project, None, trashed).await.map_err(problem_of)?);
                if trashed { ProductionEvent::ProjectDeleted { data } } else { ProductionEvent::ProjectUpdated { data } }
            }
            ProductionChange::Create { project, kind, parent, name, before, fields } => {
                let draft = ObjectDraft { parent, name, before, fields: parse(&fields)? };
                self.act(project, kind, Act::Create(draft)).await?
            }
            ProductionChange::Change { project, kind, id, version, fields } => {
                self.act(project, kind, Act::Change { id, version, patch: parse(&fields)? }).await?
            }
            ProductionChange::Move { project, kind, id, version, before, parent } => {
                self.act(project, kind, Act::Move { id, to: ObjectMove { version, before, parent } }).await?
            }
            ProductionChange::Trash { project, kind, id, version } => self.act(project, kind, Act::Trash { id, version }).await?,
            ProductionChange::Restore { project, kind, id } => self.act(project, kind, Act::Restore { id }).await?,
            ProductionChange::ChooseTake { project, node, version, take_number } => {
                let node = self.choose_take(project, node, version, take_number).await.map_err(problem_of)?;
                ProductionEvent::TakeSelected { node: Box::new(node) }
            }
            ProductionChange::ReviewTake { project, take, version, fields } => {
                let take = self.review_take(project, take, version, parse(&fields)?).await.map_err(problem_of)?;
                ProductionEvent::TakeReviewed { take: Box::new(take) }
            }
            ProductionChange::TrashTake { project, take, trashed } => {
                let take = Box::new(self.trash_take(project, take, None, trashed).await.map_err(problem_of)?);
                if trashed { ProductionEvent::TakeTrashed { take } } else { ProductionEvent::TakeRestored { take } }
            }
        };
        Ok(AsJson(event))
    }

    async fn act(&self, project: ProjectId, kind: ObjectKind, act: Act) -> Result<ProductionEvent, ProductionProblem> {
        match kind {
            ObjectKind::Chapter => self.act_on::<Chapter>(project, act).await,
            ObjectKind::Scene => self.act_on::<Scene>(project, act).await,
            ObjectKind::Shot => self.act_on::<Shot>(project, act).await,
            ObjectKind::Node => self.act_on::<ProductionNode>(project, act).await,
            ObjectKind::Asset => self.act_on::<Asset>(project, act).await,
            ObjectKind::Cast => self.act_on::<Cast>(project, act).await,
            ObjectKind::Beat => self.act_on::<EmotionalBeat>(project, act).await,
        }
        .map_err(problem_of)
    }

    async fn act_on<T: ProducedObject>(&self, project: ProjectId, act: Act) -> Result<ProductionEvent, ProductionError> {
        let object: T = match act {
            Act::Create(draft) => {
                let made: Vec<T> = self.add(project, vec![draft]).await?;
                made.into_iter().next().ok_or(ProductionRefusal::Damaged)?
            }
            Act::Change { id, version, patch } => self.change(project, id, version, patch).await?,
            Act::Move { id, to } => self.relocate(project, id, to).await?,
            Act::Trash { id, version } => self.trash(project, id, version).await?,
            Act::Restore { id } => self.restore(project, id).await?,
        };
        Ok(object.changed())
    }
}

fn parse(fields: &str) -> Result<Map<String, Value>, ProductionProblem> {
    let wrong = |_| ProductionProblem::Refused { field: String::new(), message: "The fields cannot be read. Reload the page.".into() };
    if fields.is_empty() { Ok(Map::new()) } else { serde_json::from_str(fields).map_err(wrong) }
}

/// What a page is told.
pub fn problem_of(error: ProductionError) -> ProductionProblem {
    match error {
        ProductionError::Refused(ProductionRefusal::Unknown(what)) => {
            ProductionProblem::NotFound(format!("There is no such {what}, or there is none any more."))
        }
        ProductionError::Refused(ProductionRefusal::Conflict { version, current, changed }) => {
            ProductionProblem::Conflict { version, current: current.to_string(), changed }
        }
        ProductionError::Refused(ProductionRefusal::Field(problem)) => {
            ProductionProblem::Refused { field: problem.field.to_string(), message: problem.to_string() }
        }
        ProductionError::Refused(refusal) => ProductionProblem::Refused { field: String::new(), message: refusal.to_string() },
        ProductionError::Store(error) => ProductionProblem::Unavailable(error.to_string()),
    }
}
