//! What the cells of a new grid have in common: the form of Studio as it is, and the fields that can be on an axis.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::fetch_workflow_form,
    components::{
        form::{FormKind, FormModel},
        workflow_form::arranged,
    },
};
use proto::{
    form::{Form, FormField, Widget},
    grid::GridValueKind,
    recipe::Field,
    submit::{FormRun, Submission},
};

/// A field that can be on an axis.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct AxisField {
    /// The name in the grid.
    pub name: String,
    pub label: String,
    pub kind: GridValueKind,
    /// What it can be set to, if that is a list.
    pub choices: Vec<String>,
    /// The value in the form.
    pub now: String,
    /// Parts of it can be replaced.
    pub is_text: bool,
    pub pinned: bool,
}

/// What all cells have in common.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct GridBase {
    pub submission: Submission,
    /// For people.
    pub title: String,
    pub fields: Vec<AxisField>,
}

/// The base of a new grid, as a signal that follows the form. The inner error says why there is none.
pub(super) fn base_of(form: FormModel) -> RwSignal<Option<Result<GridBase, String>>> {
    let base = RwSignal::new(None);
    Effect::new(move |_| {
        form.kind.track();
        form.file.track();
        form.options.track();
        for field in Field::ALL {
            form.value(field).track();
        }
        for changes in [form.off, form.unwanted] {
            changes.track();
        }
        form.inputs.track();
        form.arrangement.track();
        form.loras.track();
        match form.submission() {
            Err(refusal) => base.set(Some(Err(refusal.message))),
            Ok(submission @ Submission::TextToImage(_)) => base.set(Some(Ok(of_recipe(form, submission)))),
            Ok(Submission::Workflow { name, json }) => of_workflow(form, base, FormRun { name, json, ..FormRun::default() }),
            Ok(Submission::Form(run)) => of_workflow(form, base, run),
            Ok(Submission::Edit(_)) => {
                base.set(Some(Err("A grid of edits of one picture cannot be made: take a form or a workflow.".into())))
            }
        }
    });
    base
}

fn of_recipe(form: FormModel, submission: Submission) -> GridBase {
    let options = form.options.get_untracked();
    let field = |field: Field| AxisField {
        name: field.name().to_owned(),
        label: field.label().to_owned(),
        kind: field.grid_kind(),
        choices: match field {
            Field::Checkpoint => options.checkpoints.clone(),
            Field::Sampler => options.samplers.clone(),
            Field::Scheduler => options.schedulers.clone(),
            _ => Vec::new(),
        },
        now: form.value(field).get_untracked(),
        is_text: matches!(field, Field::Prompt | Field::Negative),
        pinned: true,
    };
    GridBase { title: submission.name(), submission, fields: Field::ALL.map(field).into() }
}

/// The fields of a workflow are asked for.
fn of_workflow(form: FormModel, base: RwSignal<Option<Result<GridBase, String>>>, run: FormRun) {
    debug_assert!(form.kind.get_untracked() == FormKind::Workflow);
    let saved = form.file.with_untracked(|file| file.as_ref().and_then(|file| file.saved).map(|(id, _)| id));
    spawn_local(async move {
        let found = match fetch_workflow_form(run.json.clone(), saved).await {
            Ok(Ok(known)) => Ok(with_fields(run, &untrack(|| arranged(form, &known.form)))),
            Ok(Err(why)) => Err(why),
            Err(_) => Err("Darkroom cannot be reached. The fields of the workflow are shown when it can be.".to_owned()),
        };
        let _ = base.try_set(Some(found));
    });
}

fn with_fields(run: FormRun, fields: &Form) -> GridBase {
    let several = |label: &str| fields.fields.iter().filter(|field| field.label == label).count() > 1;
    let of = |field: &FormField| {
        let name = field.key.to_string();
        let choices = match &field.widget {
            Widget::Choice(list) => fields.choices(*list).iter().map(|choice| choice.value.clone()).collect(),
            Widget::DynamicChoice(choices) => choices.clone(),
            Widget::Upload { choices, several: false, .. } => fields.choices(*choices).iter().map(|choice| choice.value.clone()).collect(),
            Widget::Switch { .. } => vec!["true".to_owned(), "false".to_owned()],
            _ => Vec::new(),
        };
        AxisField {
            label: if several(&field.label) { format!("{} ({})", field.label, field.title) } else { field.label.clone() },
            kind: GridValueKind::of(field),
            choices,
            now: run.inputs.iter().find(|(key, _)| *key == name).map_or_else(|| field.value.clone(), |(_, text)| text.clone()),
            is_text: matches!(field.widget, Widget::Prompt { .. } | Widget::Text { .. }),
            pinned: field.pinned,
            name,
        }
    };
    let is_usable = |field: &&FormField| !field.hidden && !run.off.contains(&field.key.node) && fields.is_there(field);
    let fields = fields.fields.iter().filter(is_usable).map(of).collect();
    let submission = Submission::Form(run.clone());
    GridBase { title: submission.name(), submission, fields }
}
