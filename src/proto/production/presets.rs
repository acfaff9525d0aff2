//! What each quality means in a project: which workflow runs, and which of its values are set.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{FieldProblem, QualityPreset, check_line};
use crate::{ids::WorkflowId, limits, recipe::Field};

/// The kind of nodes that name none, or one without presets of its own.
pub const DEFAULT_NODE_KIND: &str = "default";

/// The qualities of one kind of node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct QualityLevels {
    pub low: QualityLevel,
    pub standard: QualityLevel,
    pub high: QualityLevel,
}

/// How a take of one quality is made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct QualityLevel {
    /// The saved workflow that runs. `null`: the built-in `text-to-image`.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<uuid::Uuid>))]
    pub workflow: Option<WorkflowId>,
    /// The value of a saved workflow that gets the prompt: `6.text`. `null`: its first prompt.
    pub prompt_input: Option<String>,
    /// Values that are set: by the names of the parameters of `text-to-image` (`steps`, `cfg`, `checkpoint` …), which in other workflows mean all values of this
    /// kind; or, in a saved workflow, by node and input (`3.steps`).
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub overrides: Map<String, Value>,
}

impl Default for QualityLevels {
    /// The same picture in fewer or more steps: with the size and the seed its composition would change, too.
    fn default() -> Self {
        let steps =
            |steps: u32| QualityLevel { overrides: Map::from_iter([("steps".to_owned(), json!(steps))]), ..QualityLevel::default() };
        Self { low: steps(8), standard: steps(20), high: steps(40) }
    }
}

impl QualityLevels {
    #[must_use]
    pub fn level(&self, quality: QualityPreset) -> &QualityLevel {
        match quality {
            QualityPreset::Low => &self.low,
            QualityPreset::Standard => &self.standard,
            QualityPreset::High => &self.high,
        }
    }
}

/// The qualities of a project, by the kinds of its nodes.
pub type QualityPresets = BTreeMap<String, QualityLevels>;

/// Those of a new project.
#[must_use]
pub fn default_presets() -> QualityPresets {
    QualityPresets::from_iter([(DEFAULT_NODE_KIND.to_owned(), QualityLevels::default())])
}

/// How a node of this kind makes a take of this quality.
#[must_use]
pub fn level_of(presets: &QualityPresets, kind: &str, quality: QualityPreset) -> QualityLevel {
    let levels = presets.get(kind).or_else(|| presets.get(DEFAULT_NODE_KIND));
    levels.map_or_else(|| QualityLevels::default().level(quality).clone(), |levels| levels.level(quality).clone())
}

/// # Errors
/// What is wrong with them, and where.
pub fn check_presets(presets: &QualityPresets) -> Result<(), FieldProblem> {
    if presets.len() > limits::PRODUCTION_LIST {
        return Err(FieldProblem::new("presets", format!("At most {} kinds of nodes.", limits::PRODUCTION_LIST)));
    }
    for (kind, levels) in presets {
        let place = format!("presets/{}", kind.replace('~', "~0").replace('/', "~1"));
        check_line(&place, kind, limits::PRODUCTION_LINE)?;
        for (name, level) in [("low", &levels.low), ("standard", &levels.standard), ("high", &levels.high)] {
            check_overrides(&format!("{place}/{name}/overrides"), &level.overrides, level.workflow.is_none())?;
            if let Some(input) = &level.prompt_input {
                check_line(&format!("{place}/{name}/prompt_input"), input, limits::PRODUCTION_LINE)?;
            }
        }
    }
    Ok(())
}

/// Values that are to be set in a workflow. `is_built_in`: in the one that has names for all of its values.
///
/// # Errors
/// There are too many, one is not a single value, or it is the prompt or the seed, which come from elsewhere.
pub fn check_overrides(place: &str, overrides: &Map<String, Value>, is_built_in: bool) -> Result<(), FieldProblem> {
    let at = |key: &str| format!("{place}/{}", key.replace('~', "~0").replace('/', "~1"));
    if overrides.len() > limits::PRODUCTION_LIST {
        return Err(FieldProblem::new(place, format!("At most {} values.", limits::PRODUCTION_LIST)));
    }
    for (key, value) in overrides {
        match Field::of_name(key) {
            Some(Field::Prompt) => return Err(FieldProblem::new(at(key), "The prompt is assembled: change what it is made of.")),
            Some(Field::Seed) => return Err(FieldProblem::new(at(key), "The seed has a member of its own: `seed`.")),
            None if is_built_in => {
                let names: Vec<&str> = parameter_names().collect();
                return Err(FieldProblem::new(at(key), format!("The built-in workflow has {}.", names.join(", "))));
            }
            _ => {}
        }
        if matches!(value, Value::Object(_) | Value::Null) || value.to_string().len() > limits::PRODUCTION_TEXT {
            return Err(FieldProblem::new(at(key), "This is a text, a number, true or false."));
        }
    }
    Ok(())
}

/// The values of the built-in workflow that can be set.
fn parameter_names() -> impl Iterator<Item = &'static str> {
    Field::ALL.into_iter().filter(|field| !matches!(field, Field::Prompt | Field::Seed)).map(Field::parameter)
}

/// What is to be set in the workflow of a take, so that it becomes one of another quality: what that quality sets, and, where the quality that it was made in
/// set something that this one does not, the value that it has without it. What a person set for the take stays.
#[must_use]
pub fn redo_overrides(
    then: &Map<String, Value>,
    personal: &Map<String, Value>,
    now: &Map<String, Value>,
    usual: impl Fn(&str) -> Option<Value>,
) -> Map<String, Value> {
    let back = then.keys().filter(|key| !now.contains_key(*key)).filter_map(|key| Some((key.clone(), usual(key)?)));
    let set = now.iter().map(|(key, value)| (key.clone(), value.clone()));
    back.chain(set).filter(|(key, _)| !personal.contains_key(key)).collect()
}
