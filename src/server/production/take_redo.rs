//! A take is made again: with its workflow, its prompt and its seed as they were then, and what another quality changes of them.

use proto::{
    comfy::Workflow,
    form::{FieldInput, FieldKey, Form, PoolClasses, Role, apply},
    ids::WorkflowId,
    production::{QualityPreset, Take, check_overrides, redo_overrides},
    recipe::Field,
    submit::{Refusal, Submission},
};
use serde_json::{Map, Value};

use super::{
    generate_error::GenerateError,
    library::Productions,
    take_run::{RunOrder, TakeRun},
    take_values::{Wanted, fields_named},
};
use crate::{
    store::ProductionRefusal,
    submissions::{PromptSource, SubmissionError},
    workflow_forms::classes,
};

/// What a take says of how it was made.
struct MadeWith {
    /// `None`: the built-in one.
    workflow: Option<WorkflowId>,
    overrides: Map<String, Value>,
    parameters: Map<String, Value>,
}

impl MadeWith {
    fn of(take: &Take) -> Self {
        let values = |name: &str| take.metadata.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
        let workflow = take.metadata.get("workflow").and_then(Value::as_str).and_then(|id| id.parse().ok());
        Self { workflow, overrides: values("overrides"), parameters: values("parameters") }
    }
}

impl Productions {
    /// `order`: what a new take of this quality would be made with, and what the request sets.
    ///
    /// # Errors
    /// What is wrong with the values, or what the take was made with cannot be read.
    pub(super) async fn redo_run(
        &self,
        take: &Take,
        frozen: &str,
        quality: QualityPreset,
        order: RunOrder<'_>,
    ) -> Result<TakeRun, GenerateError> {
        let made = MadeWith::of(take);
        let personal: Map<String, Value> =
            made.parameters.iter().chain(order.parameters).map(|(key, value)| (key.clone(), value.clone())).collect();
        if quality != take.quality_preset && order.workflow != made.workflow {
            // Another workflow: its own values, with what was asked for then where it has that, too.
            let named = |(key, _): &(&String, &Value)| order.parameters.contains_key(*key) || Field::of_name(key).is_some();
            let parameters = personal.iter().filter(named).map(|(key, value)| (key.clone(), value.clone())).collect();
            let seed = order.seed.or(take.seed);
            return self.run_of(RunOrder { parameters: &parameters, seed, ..order }).await;
        }
        check_overrides("parameters", order.parameters, made.workflow.is_none())?;
        let workflow: Workflow = serde_json::from_str(frozen).map_err(|_| ProductionRefusal::Damaged)?;
        let classes = classes(&self.pool.form_catalogs(), &workflow);
        let mut changes = Map::new();
        if quality != take.quality_preset {
            let usual = self.usual_values(&order, &made).await;
            changes = redo_overrides(&made.overrides, &personal, &order.level.overrides, |key| usual.get(key).cloned());
        }
        changes.extend(order.parameters.iter().map(|(key, value)| (key.clone(), value.clone())));
        let inputs = inputs(&workflow, &classes, &changes, order.seed, made.workflow.is_none());
        let changed = apply(&workflow, &classes, inputs.iter().map(|(key, input)| (key.as_str(), input)));
        let is_built_in = made.workflow.is_none();
        let refused = |problems| GenerateError::submission(SubmissionError::Refused(Refusal::new(problems)), is_built_in);
        let json = serde_json::to_string(&changed.map_err(refused)?).map_err(|_| ProductionRefusal::Damaged)?;
        let mut metadata = take.metadata.clone();
        for (name, values) in [
            ("overrides", if quality == take.quality_preset { &made.overrides } else { &order.level.overrides }),
            ("parameters", &personal),
        ] {
            match values.is_empty() {
                true => metadata.shift_remove(name),
                false => metadata.insert(name.into(), Value::Object(values.clone())),
            };
        }
        // Its texts are no templates any more.
        let (submission, prompts) = (Submission::Workflow { name: String::new(), json }, PromptSource::New);
        Ok(TakeRun { submission, prompts, seed: order.seed.or(take.seed), metadata, is_built_in, notes: Vec::new() })
    }

    /// The values of the workflow where no quality sets them, by the names under which the earlier quality set some.
    async fn usual_values(&self, order: &RunOrder<'_>, made: &MadeWith) -> Map<String, Value> {
        let mut usual = Map::new();
        match made.workflow {
            None => {
                let recipe = self.usual_recipe(&order.sources.project).await;
                for key in made.overrides.keys() {
                    usual.extend(Field::of_name(key).map(|field| (key.clone(), recipe.field(field).into())));
                }
            }
            // One that was removed meanwhile: what was set then stays.
            Some(id) => {
                let Ok(saved) = self.library.get(id, None).await else { return usual };
                let form = self.library.form(&saved);
                for key in made.overrides.keys() {
                    let first = fields_named(&form, key, Wanted::Any).into_iter().next();
                    usual.extend(first.map(|field| (key.clone(), field.value.clone().into())));
                }
            }
        }
        usual
    }
}

/// The values to set in the workflow of a take, by their keys.
fn inputs(
    workflow: &Workflow,
    classes: &PoolClasses,
    changes: &Map<String, Value>,
    seed: Option<u64>,
    is_built_in: bool,
) -> Vec<(String, FieldInput)> {
    let form = Form::of(workflow, classes);
    let mut inputs = Vec::new();
    for (key, value) in changes {
        let place = Field::of_name(key).filter(|_| is_built_in).and_then(Field::place);
        let keys: Vec<String> = match place {
            Some((node, input)) => vec![FieldKey::new(node, input).to_string()],
            None => fields_named(&form, key, Wanted::Any).iter().map(|field| field.key.to_string()).collect(),
        };
        let input = || value.as_str().map_or_else(|| FieldInput::Json(value.clone()), |text| FieldInput::Text(text.to_owned()));
        inputs.extend(keys.into_iter().map(|key| (key, input())));
    }
    if let Some(seed) = seed {
        let seeds = form.fields.iter().filter(|field| field.role == Role::Seed && form.is_there(field));
        inputs.extend(seeds.map(|field| (field.key.to_string(), FieldInput::Text(seed.to_string()))));
    }
    inputs
}
