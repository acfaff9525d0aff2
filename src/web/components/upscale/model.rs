//! The state of the form.

use leptos::prelude::*;

use super::choices::{UpscaleChoices, UpscaleKind, planned};
use crate::{
    api::fetch_edit_facts,
    components::{form::FormModel, memo, page_state::PageState, pictures::PictureUpload, settled::ask_when_settled, stage::UpscaleSource},
    live::{Live, OrderOutcome, ToastKind},
};
use proto::{
    edit::{EditPlan, EditProblem, EditRun, PictureId, PixelSize},
    outbox::Order,
    recipe::{Field, TextToImage},
    submit::{EditFacts, EncodedEdit, Refusal, Submission},
    task::Task,
};

/// Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct UpscaleModel {
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only browsers send"))]
    source: StoredValue<UpscaleSource>,
    pub choices: RwSignal<UpscaleChoices>,
    /// The result that is enlarged, when Darkroom has it as a picture.
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only browsers send"))]
    pub picture: RwSignal<Option<(PictureId, PixelSize)>>,
    pub upload: RwSignal<PictureUpload>,
    /// `None` while the picture is on its way.
    pub run: Memo<Option<Result<EditRun, EditProblem>>>,
    pub planned: Memo<Option<Result<EditPlan, EditProblem>>>,
    pub facts: RwSignal<Option<EditFacts>>,
    pub sending: RwSignal<bool>,
    pub refusal: RwSignal<Option<Refusal>>,
}

impl UpscaleModel {
    pub fn new(live: Live, form: FormModel, source: UpscaleSource) -> Self {
        let (choices, picture) = (RwSignal::new(UpscaleChoices::default()), RwSignal::new(None::<(PictureId, PixelSize)>));
        let source = StoredValue::new(source);
        let parent = source.with_value(|source| if let UpscaleSource::Result(task, _) = source { Some(*task) } else { None });
        // What the picture was made with; of a workflow nobody can tell, and the form has something.
        let recipe = memo(move || {
            let known = source.with_value(|source| match source {
                UpscaleSource::Result(task, _) => live.with_task(*task, made_with).flatten(),
                UpscaleSource::Output(_, recipe) => (**recipe).clone(),
            });
            known.unwrap_or_else(|| of_form(form))
        });
        let run = memo(move || {
            let (id, _) = picture.get()?;
            Some(choices.with(|choices| choices.run(id, parent, recipe.get())))
        });
        let plan = memo(move || {
            let (_, size) = picture.get()?;
            Some(run.get()?.and_then(|run| planned(&run, size)))
        });
        let model = Self {
            source,
            choices,
            picture,
            upload: RwSignal::new(PictureUpload::Sending),
            run,
            planned: plan,
            facts: RwSignal::new(None),
            sending: RwSignal::new(false),
            refusal: RwSignal::new(None),
        };
        model.open();
        model.follow_facts();
        model
    }

    /// Makes the result a picture that can be edited.
    pub fn open(self) {
        self.upload.set(PictureUpload::Sending);
        #[cfg(feature = "hydrate")]
        leptos::task::spawn_local(async move {
            let given = match self.source.get_value() {
                UpscaleSource::Result(task, output) => crate::components::pictures::give_result(task, output).await,
                UpscaleSource::Output(output, _) => crate::components::pictures::give_output(output).await,
            };
            // The page may have been left meanwhile.
            if self.upload.try_get_untracked().is_none() {
                return;
            }
            match given {
                Ok(picture) => {
                    self.picture.set(Some(picture));
                    self.upload.set(PictureUpload::Idle);
                }
                Err(why) => self.upload.set(PictureUpload::Failed(why)),
            }
        });
    }

    /// Asks how long it takes, and which models there are, for each choice that can be run.
    fn follow_facts(self) {
        let shown = Callback::new(move |facts: Result<EditFacts, ()>| match facts {
            Ok(facts) => {
                self.choices.maybe_update(|choices| {
                    let is_first = choices.model.is_empty() && choices.kind == UpscaleKind::Model;
                    if is_first {
                        choices.model = facts.upscalers.first().cloned().unwrap_or_default();
                    }
                    is_first && !choices.model.is_empty()
                });
                self.facts.set(Some(facts));
            }
            // Without an answer, what was known of the models stays.
            Err(()) => self.facts.update(|known| {
                if let Some(known) = known {
                    known.usual_ms = None;
                }
            }),
        });
        ask_when_settled(
            move || self.run.track(),
            move || {
                let run = self.run.get_untracked()?.ok()?;
                Some(async move { fetch_edit_facts(EncodedEdit::of(&run)).await.map_err(|_| ()) })
            },
            shown,
        );
    }

    /// Changes the choices: what was refused before counts no more.
    pub fn change(self, change: impl FnOnce(&mut UpscaleChoices)) {
        self.refusal.set(None);
        self.choices.update(change);
    }

    /// Chooses a way; the first model, where one is needed.
    pub fn choose(self, kind: UpscaleKind) {
        let first = self.facts.with_untracked(|facts| facts.as_ref().and_then(|facts| facts.upscalers.first().cloned()));
        self.change(|choices| {
            choices.kind = kind;
            if kind == UpscaleKind::Model && choices.model.is_empty() {
                choices.model = first.unwrap_or_default();
            }
        });
    }

    pub fn send(self, live: Live, page: PageState, done: Callback<()>) {
        let run = match self.run.get_untracked() {
            Some(Ok(run)) if matches!(self.planned.get_untracked(), Some(Ok(_))) => run,
            // What is wrong is said at its field.
            _ => return,
        };
        if self.sending.get_untracked() {
            return;
        }
        self.sending.set(true);
        self.refusal.set(None);
        let run_of = run.parent;
        let answered = move |outcome| {
            // The page may have been left meanwhile.
            let _ = self.sending.try_set(false);
            match outcome {
                OrderOutcome::Done(new) => {
                    page.follow_active();
                    live.toast(ToastKind::Waiting, "It is upscaled", "As a new task.", new.or(run_of));
                    let _ = done.try_run(());
                }
                OrderOutcome::Refused(refusal) => {
                    let _ = self.refusal.try_set(Some(refusal));
                }
                OrderOutcome::Deferred => {
                    let _ = done.try_run(());
                }
                OrderOutcome::Withdrawn => {}
            }
        };
        live.order(Order::Submit(Submission::Edit(EncodedEdit::of(&run))), Box::new(answered));
    }
}

/// With the texts that its templates became.
fn made_with(task: &Task) -> Option<TextToImage> {
    let recipe = task.recipe.as_ref()?;
    Some(task.prompts.as_ref().map_or_else(|| recipe.clone(), |prompts| recipe.with_texts(prompts)))
}

fn of_form(form: FormModel) -> TextToImage {
    let texts = Field::ALL.map(|field| form.value(field).get());
    TextToImage::from_fields(|field| &texts[field as usize]).unwrap_or_default()
}
