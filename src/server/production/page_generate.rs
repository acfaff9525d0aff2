//! Takes that a page asks for.

use std::sync::Arc;

use proto::production::{GenerateOrder, GenerateOutcome, GenerateRequest, NewGeneration, ProductionNodeId, ProductionProblem, ProjectId};

use super::{generate_error::GenerateError, library::Productions, page_change::problem_of};
use crate::store::Key;

impl Productions {
    /// Makes takes for a page; with the same id of the order none is made twice.
    ///
    /// # Errors
    /// There is no take; why, for people. One of many shots that is refused is part of the outcome.
    pub async fn generate_for_page(self: &Arc<Self>, order: GenerateOrder) -> Result<GenerateOutcome, ProductionProblem> {
        let bytes = postcard::to_allocvec(&order).unwrap_or_default();
        let GenerateOrder { project, id, shots, node, quality, off, note, redo } = order;
        let request = GenerateRequest { quality, off: off.into_iter().collect(), note, redo, ..GenerateRequest::default() };
        let key = |place: String| Key::new(&format!("{} {place}", id.0), &bytes);
        if let Some(node) = node {
            let made = self.generate(project, node, request, key("node".into())).await.map_err(refusal_of)?;
            return Ok(GenerateOutcome { started: 1, notes: made.notes, ..GenerateOutcome::default() });
        }
        request.check().map_err(|problem| refusal_of(problem.into()))?;
        // Whether there is such a project at all.
        self.project(project).await.map_err(problem_of)?;
        let mut outcome = GenerateOutcome::default();
        for (shot, made) in self.generate_shots(project, shots, String::new(), request, |shot| key(shot.to_string())).await {
            match made {
                Ok(NewGeneration { notes, .. }) => {
                    outcome.started += 1;
                    outcome.notes.extend(notes.into_iter().filter(|note| !outcome.notes.contains(note)).collect::<Vec<_>>());
                }
                Err(error) => outcome.refused.push((shot, error.to_string())),
            }
        }
        Ok(outcome)
    }

    /// Cancels what makes takes of a node. Gives how many tasks that were.
    ///
    /// # Errors
    /// There is no such node, or the database cannot be read.
    pub async fn cancel_for_page(&self, project: ProjectId, node: ProductionNodeId) -> Result<u32, ProductionProblem> {
        let cancelled = self.cancel(project, node).await.map_err(problem_of)?;
        Ok(u32::try_from(cancelled.tasks.len()).unwrap_or(u32::MAX))
    }
}

fn refusal_of(error: GenerateError) -> ProductionProblem {
    match error {
        GenerateError::Production(error) => problem_of(error),
        error => ProductionProblem::Refused { field: String::new(), message: error.to_string() },
    }
}
