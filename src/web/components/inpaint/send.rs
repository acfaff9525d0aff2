//! Sending the edit: first the mask, then what is asked for.

use leptos::prelude::*;

use super::model::InpaintModel;
#[cfg(feature = "hydrate")]
use super::model::SentMask;
use crate::{
    components::dom,
    live::{Live, OrderOutcome},
};
use proto::{
    edit::EditRun,
    outbox::Order,
    recipe::{Field, TextToImage},
    submit::{EncodedEdit, Refusal, Submission},
    task::Problem,
};

impl InpaintModel {
    /// Sends what is chosen, unless that is in progress or something is missing.
    pub(super) fn send(self, live: Live) {
        if self.form.sending.get_untracked() {
            return;
        }
        match self.run() {
            Ok(run) => {
                self.form.refusal.set(None);
                self.form.sending.set(true);
                with_mask(self, live, run);
            }
            Err(refusal) => self.refuse(refusal),
        }
    }

    /// What is asked for; the mask is still missing.
    pub(super) fn run(self) -> Result<EditRun, Refusal> {
        let planned = self.planned.get_untracked();
        let source = self.choices.with_untracked(|choices| choices.picture.clone().map(|(id, _)| id));
        let Some(source) = source else {
            return Err(Refusal { message: "Choose a picture first.".into(), problems: Vec::new() });
        };
        let texts = Field::ALL.map(|field| self.form.value(field).get_untracked());
        let recipe = TextToImage::from_fields(|field| &texts[field as usize]);
        let mut problems: Vec<Problem> = planned.problems.into_iter().map(Problem::from).collect();
        match (recipe, planned.edit) {
            (Ok(recipe), Some(edit)) if problems.is_empty() => Ok(EditRun { recipe, source, edit, parent: None }),
            (recipe, _) => {
                problems.extend(recipe.err().unwrap_or_default());
                Err(Refusal::new(problems))
            }
        }
    }

    /// Shows the problems, and moves the focus to the first field that has one.
    fn refuse(self, refusal: Refusal) {
        let own = refusal.problems.iter().find(|problem| problem.node.is_none()).and_then(|problem| problem.input.clone());
        let first = Field::ALL.into_iter().find(|field| refusal.at(*field).is_some()).map(|field| field.name().to_owned());
        self.form.refusal.set(Some(refusal));
        if let Some(id) = own.map(|name| format!("edit-{name}")).or(first) {
            dom::focus(&id);
        }
    }

    #[cfg(feature = "hydrate")]
    fn fail(self, message: String) {
        self.form.sending.set(false);
        self.refuse(Refusal { message, problems: Vec::new() });
    }

    fn order(self, live: Live, run: EditRun) {
        let answered = move |outcome| {
            // The page may have been left meanwhile.
            if self.form.sending.try_set(false).is_some() {
                return;
            }
            match outcome {
                OrderOutcome::Done(task) => {
                    self.choices.update(|choices| choices.task = task);
                    self.shows_result.set(task.is_some());
                    self.form.next_seed();
                    dom::show_stage();
                }
                OrderOutcome::Refused(refusal) => self.refuse(refusal),
                // A toast says so.
                OrderOutcome::Deferred => self.form.next_seed(),
                OrderOutcome::Withdrawn => {}
            }
        };
        live.order(Order::Submit(Submission::Edit(EncodedEdit::of(&run))), Box::new(answered));
    }
}

/// Sends the mask, if one is needed, and then the edit with its id.
fn with_mask(model: InpaintModel, live: Live, run: EditRun) {
    #[cfg(feature = "hydrate")]
    if run.edit.mask().is_some() {
        leptos::task::spawn_local(send_with_mask(model, live, run));
        return;
    }
    model.order(live, run);
}

#[cfg(feature = "hydrate")]
async fn send_with_mask(model: InpaintModel, live: Live, run: EditRun) {
    use super::upload::png;
    use crate::components::pictures::upload;
    let (source, revision) = (run.source.clone(), model.editor.painted.with_untracked(|painted| painted.revision));
    let file = crate::components::mask_editor::mask_file(model.editor).await.and_then(|bytes| png(&bytes));
    let Some(file) = file else { return model.fail("The mask could not be made a file. Try again.".into()) };
    match upload(&file).await {
        Ok((mask, _)) => {
            let _ = model.sent_mask.try_set(Some(SentMask { source, revision, id: mask.clone() }));
            model.order(live, EditRun { edit: run.edit.with_mask(mask), ..run });
        }
        Err(why) => model.fail(why),
    }
}
