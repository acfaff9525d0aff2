//! The submission of a cell.

use super::{AxisWeight, GridAxis, GridProblem, GridSpec, GridValueKind};
use crate::{
    comfy::Workflow,
    form::{FieldKey, FormField, Role, Widget},
    recipe::{Field, TextToImage},
    submit::{FormRun, Submission},
    task::Problem,
};

/// Inputs of loaders whose change costs most.
pub const GRID_MODEL_FIELDS: [&str; 4] = ["ckpt_name", "unet_name", "model_name", "gguf_name"];

impl Field {
    /// The field of this name, as in the built-in form or in the HTTP API.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name || field.parameter() == name)
    }

    /// How a list of its values is typed in a grid.
    #[must_use]
    pub fn grid_kind(self) -> GridValueKind {
        match self {
            Self::Prompt | Self::Negative => GridValueKind::Lines,
            Self::Checkpoint | Self::Sampler | Self::Scheduler => GridValueKind::Words,
            Self::Width | Self::Height | Self::Batch | Self::Steps | Self::Seed => GridValueKind::Whole,
            Self::Cfg => GridValueKind::Decimal,
        }
    }

    /// What a change of it costs in a grid.
    #[must_use]
    pub fn grid_weight(self) -> AxisWeight {
        match self {
            Self::Checkpoint => AxisWeight::Model,
            Self::Prompt | Self::Negative => AxisWeight::Prompt,
            _ => AxisWeight::Other,
        }
    }
}

impl GridValueKind {
    /// How a list of values of a workflow's field is typed.
    #[must_use]
    pub fn of(field: &FormField) -> Self {
        match &field.widget {
            Widget::Number(bounds) | Widget::Seed(bounds) if bounds.whole => Self::Whole,
            Widget::Number(_) | Widget::Seed(_) => Self::Decimal,
            Widget::Prompt { .. } | Widget::Json | Widget::ManyOf(_) => Self::Lines,
            _ => Self::Words,
        }
    }
}

impl AxisWeight {
    /// The weight of a field of a workflow.
    #[must_use]
    pub fn of(role: Role, key: &FieldKey) -> Self {
        match role {
            Role::Model if GRID_MODEL_FIELDS.contains(&key.input.as_str()) => Self::Model,
            Role::Model => Self::ModelPart,
            // The strength of a LoRA changes the loaded model, too.
            Role::Lora => Self::ModelPart,
            Role::Prompt | Role::NegativePrompt | Role::Picture | Role::Mask => Self::Prompt,
            _ => Self::Other,
        }
    }
}

impl GridAxis {
    /// The text of the field in a cell with this value. `base`: the text that all cells have in common, or that of another axis.
    #[must_use]
    pub fn text(&self, base: &str, value: &str) -> String {
        match &self.part {
            Some(part) if !part.is_empty() => base.replace(part.as_str(), value),
            _ => value.to_owned(),
        }
    }
}

impl GridSpec {
    /// How many cells it has.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.axes.iter().fold(1, |product: usize, axis| product.saturating_mul(axis.values.len()))
    }

    /// The values of the cell at these places.
    #[must_use]
    pub fn values(&self, places: &[usize]) -> Vec<String> {
        self.axes.iter().zip(places).map(|(axis, place)| axis.values.get(*place).cloned().unwrap_or_default()).collect()
    }

    /// The name of the task of a cell.
    #[must_use]
    pub fn cell_name(&self, values: &[String]) -> String {
        let parts: Vec<String> = self.axes.iter().zip(values).map(|(axis, value)| format!("{} {value}", axis.label)).collect();
        let name = format!("{}: {}", self.name, parts.join(", "));
        let name: String = name.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        if name.chars().count() <= crate::limits::NAME {
            return name;
        }
        name.chars().take(crate::limits::NAME - 1).chain(['…']).collect()
    }

    /// The text of a field in what all cells have in common. `None`: there is no such field.
    #[must_use]
    pub fn base_text(&self, field: &str) -> Option<String> {
        match &self.base {
            Submission::TextToImage(recipe) => Field::of_name(field).map(|field| recipe.field(field)),
            Submission::Form(run) => {
                if let Some((_, text)) = run.inputs.iter().find(|(key, _)| key == field) {
                    return Some(text.clone());
                }
                let key: FieldKey = field.parse().ok()?;
                let workflow: Workflow = serde_json::from_str(&run.json).ok()?;
                let value = workflow.0.get(&key.node)?.input(&key.input)?;
                Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            }
            Submission::Workflow { .. } | Submission::Edit(_) => None,
        }
    }

    /// The submission of the cell with these values. `more`: fields that are set besides, such as a new seed.
    ///
    /// # Errors
    /// Values that the built-in form refuses. Those of a workflow are checked by the server.
    pub fn submission(&self, values: &[String], more: &[(String, String)]) -> Result<Submission, Vec<GridProblem>> {
        let mut texts: Vec<(&str, String)> = more.iter().map(|(field, text)| (field.as_str(), text.clone())).collect();
        for (axis, value) in self.axes.iter().zip(values) {
            // Two axes may replace two parts of one text.
            match texts.iter_mut().find(|(field, _)| *field == axis.field) {
                Some((_, text)) => *text = axis.text(text, value),
                None => {
                    let base = if axis.part.is_some() { self.base_text(&axis.field).unwrap_or_default() } else { String::new() };
                    texts.push((&axis.field, axis.text(&base, value)));
                }
            }
        }
        match &self.base {
            Submission::TextToImage(recipe) => {
                let fields: Vec<String> = Field::ALL
                    .iter()
                    .map(|field| {
                        let set = texts.iter().find(|(name, _)| Field::of_name(name) == Some(*field));
                        set.map_or_else(|| recipe.field(*field), |(_, text)| text.clone())
                    })
                    .collect();
                let read = TextToImage::from_fields(|field| &fields[field as usize]);
                read.map(Submission::TextToImage).map_err(|problems| problems.iter().map(|problem| self.place(problem, values)).collect())
            }
            Submission::Form(run) => {
                let mut inputs: Vec<(String, String)> =
                    run.inputs.iter().filter(|(key, _)| texts.iter().all(|(field, _)| field != key)).cloned().collect();
                inputs.extend(texts.into_iter().map(|(field, text)| (field.to_owned(), text)));
                Ok(Submission::Form(FormRun { inputs, ..run.clone() }))
            }
            Submission::Workflow { .. } | Submission::Edit(_) => Err(vec![GridProblem::of_grid(NO_FORM)]),
        }
    }

    /// Where a problem of the cell with these values belongs.
    #[must_use]
    pub fn place(&self, problem: &Problem, values: &[String]) -> GridProblem {
        let is_at = |axis: &GridAxis| match &self.base {
            Submission::TextToImage(_) => Field::of(problem).is_some_and(|field| Field::of_name(&axis.field) == Some(field)),
            _ => axis
                .field
                .parse::<FieldKey>()
                .is_ok_and(|key| problem.node.as_ref() == Some(&key.node) && problem.input.as_deref() == Some(key.input.as_str())),
        };
        match self.axes.iter().position(is_at) {
            Some(at) => {
                let value = values.get(at).and_then(|value| self.axes[at].values.iter().position(|other| other == value));
                GridProblem { value: value.and_then(|value| u16::try_from(value).ok()), ..GridProblem::of_axis(at, &problem.message) }
            }
            None => GridProblem::of_grid(&problem.message),
        }
    }
}

pub(super) const NO_FORM: &str = "A grid changes fields of a form: it needs the built-in form, or a workflow that is opened as a form.";
