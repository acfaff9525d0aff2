//! What a page and a program learn of a run before they pay for it.

use std::sync::Arc;

use super::{SubmissionError, SubmissionRequest, Submissions, new_random_seed};
use crate::workflow_forms::classes;
use proto::{
    comfy::{Catalog, Needs, Workflow},
    form::{Form, FormField, SeedControl},
    ids::BackendId,
    run_warnings::{RunCheck, RunTrace, RunWarning},
    submit::{FormRun, Refusal, Submission},
};

impl Submissions {
    /// Checks a submission as [`Submissions::submit`] does, without ComfyUI's own validation. Nothing is stored or sent.
    ///
    /// # Errors
    /// It would be refused.
    pub async fn check(&self, request: &SubmissionRequest) -> Result<Vec<RunWarning>, SubmissionError> {
        let checked = self.check.run(&request.submission, &request.prompts).await?;
        let needs = Needs::of(&checked.workflow);
        let missing = self.pool.missing(&needs).await;
        if !missing.is_empty() {
            return Err(SubmissionError::Refused(Refusal::new(missing)));
        }
        let trace = RunTrace::of(&checked.workflow, &checked.prompts);
        let mut warnings = self.earlier.warnings(&trace, &self.able(&needs)).await;
        warnings.extend(checked.fallbacks);
        Ok(warnings)
    }

    /// What a page shows of its form before it is sent. What is wrong with the form is not part of it: the answer to the submission says that.
    pub async fn check_for_page(&self, submission: Submission) -> RunCheck {
        let new_seeds = self.new_seeds(&submission).await;
        let request = SubmissionRequest::from(submission);
        RunCheck { warnings: self.check(&request).await.unwrap_or_default(), new_seeds }
    }

    fn able(&self, needs: &Needs) -> Vec<BackendId> {
        self.pool.seats().into_iter().filter(|seat| needs.met_by(&seat.catalog)).map(|seat| seat.id).collect()
    }

    /// Other values for all seeds of a workflow's form.
    async fn new_seeds(&self, submission: &Submission) -> Vec<(String, String)> {
        let (Submission::Form(FormRun { json, .. }) | Submission::Workflow { json, .. }) = submission else { return Vec::new() };
        let Ok(opened) = self.pool.open_text(json).await else { return Vec::new() };
        let catalogs = self.pool.form_catalogs();
        seeds_of(&opened.workflow, &catalogs)
    }
}

fn seeds_of(workflow: &Workflow, catalogs: &[Arc<Catalog>]) -> Vec<(String, String)> {
    let form = Form::of(workflow, &classes(catalogs, workflow));
    let seed = |field: &FormField| {
        field.seed?;
        Some((field.key.to_string(), field.next_value(SeedControl::Random, &field.value, new_random_seed())?))
    };
    form.fields.iter().filter_map(seed).collect()
}
