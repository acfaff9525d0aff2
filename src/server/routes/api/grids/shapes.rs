//! The bodies of requests and responses about grids.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::super::{
    fields::{integer, not_null},
    problem::{ApiProblem, FieldError},
    submit::{NewTask, WorkflowChoice},
};
use crate::{AppState, clock::rfc3339, grids::Grids, report::Urls};
use proto::{
    comfy::Workflow,
    form::FieldKey,
    grid::{
        GridAction, GridAxis, GridCell, GridCellState, GridCounts, GridHead, GridPlan, GridProblem, GridSpec, GridValueKind, GridView,
        parse_values,
    },
    ids::{GridId, TaskId},
    limits,
    recipe::Field,
    submit::{FormRun, Submission},
};

/// A grid to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGrid {
    /// A name for people, 1 to 80 characters.
    #[schema(min_length = 1, max_length = 80, example = "Steps and guidance")]
    name: String,
    /// As for `POST /api/tasks`.
    #[schema(value_type = WorkflowChoice)]
    workflow: Value,
    /// Of a built-in workflow, as for `POST /api/tasks`.
    #[schema(value_type = Option<Object>, nullable = false)]
    parameters: Option<Value>,
    /// Inputs of a workflow that all cells have in common, as for the runs of a saved workflow: `{"3.cfg": 5}`.
    #[schema(value_type = Option<Object>, nullable = false)]
    #[serde(default, deserialize_with = "not_null")]
    inputs: Option<Map<String, Value>>,
    /// X (columns), Y (rows) and Z (sheets): one to three.
    #[schema(min_items = 1, max_items = 3)]
    axes: Vec<NewGridAxis>,
    /// Of its tasks. Higher is sooner; 0 is normal.
    #[schema(minimum = -100, maximum = 100, default = 0)]
    #[serde(default, deserialize_with = "integer")]
    priority: i8,
}

/// A field and the values that it gets.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGridAxis {
    /// A parameter of the built-in workflow, such as `steps`, or an input of a workflow, such as `3.steps`.
    #[schema(example = "steps")]
    field: String,
    /// For people. By default the label of the field.
    #[schema(nullable = false)]
    #[serde(default, deserialize_with = "not_null")]
    label: Option<String>,
    /// Each value replaces this part of the field's text, instead of all of it.
    #[schema(nullable = false, example = "a cat")]
    #[serde(default, deserialize_with = "not_null")]
    part: Option<String>,
    values: AxisValues,
}

/// A list; or a text with commas and ranges: `20-40 (+10)` is 20, 30, 40, and `1-10 [4]` is 1, 4, 7, 10.
#[derive(Deserialize, ToSchema)]
#[serde(untagged, expecting = "values are a list of texts, numbers and booleans, or a text such as \"20-40 (+10)\"")]
pub enum AxisValues {
    List(Vec<AxisValue>),
    Text(String),
}

/// A value of a field.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
pub enum AxisValue {
    Text(String),
    #[schema(value_type = f64)]
    Number(serde_json::Number),
    Switch(bool),
}

impl AxisValue {
    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => number.to_string(),
            Self::Switch(on) => on.to_string(),
        }
    }
}

impl AxisValues {
    fn read(self, kind: GridValueKind, pointer: &str) -> Result<Vec<String>, FieldError> {
        match self {
            Self::List(list) => Ok(list.into_iter().map(AxisValue::text).collect()),
            Self::Text(text) => {
                parse_values(kind, &text).map_err(|error| FieldError { pointer: pointer.to_owned(), detail: error.to_string() })
            }
        }
    }
}

impl NewGrid {
    /// The grid, and the priority of its tasks.
    ///
    /// # Errors
    /// What cannot be read.
    pub(super) async fn spec(self, state: &AppState) -> Result<(GridSpec, i8), ApiProblem> {
        let Self { name, workflow, parameters, inputs, axes, priority } = self;
        if priority.unsigned_abs() > limits::PRIORITY.unsigned_abs() {
            return Err(ApiProblem::at("/priority", format!("A priority is a number from -{0} to {0}.", limits::PRIORITY)));
        }
        let (request, ..) = NewTask::of_parameters(parameters).request(workflow.into(), state).await?;
        let base = match request.submission {
            Submission::Workflow { json, .. } => {
                let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let inputs = inputs.unwrap_or_default().into_iter().map(|(key, value)| (key, text(value))).collect();
                Submission::Form(FormRun { json, inputs, ..FormRun::default() })
            }
            _ if inputs.is_some() => {
                return Err(ApiProblem::at("/inputs", "Inputs are for workflows; the built-in one has parameters."));
            }
            base => base,
        };
        let mut errors = Vec::new();
        let axes = axes.into_iter().enumerate().map(|(at, axis)| {
            let NewGridAxis { field, label, part, values } = axis;
            let kind = if part.is_some() { GridValueKind::Words } else { kind_of(&base, &field) };
            let values = values.read(kind, &format!("/axes/{at}/values")).map_err(|error| errors.push(error)).unwrap_or_default();
            GridAxis { field, label: label.unwrap_or_default(), values, part, kind }
        });
        let axes = axes.collect();
        if errors.is_empty() { Ok((GridSpec { name, base, axes }, priority)) } else { Err(ApiProblem::with_errors(errors)) }
    }
}

/// How a text with values of this field is read.
fn kind_of(base: &Submission, field: &str) -> GridValueKind {
    let of_workflow = |json: &str| {
        let key: FieldKey = field.parse().ok()?;
        let workflow: Workflow = serde_json::from_str(json).ok()?;
        let value = workflow.0.get(&key.node)?.input(&key.input)?.as_number()?.clone();
        Some(if value.is_f64() { GridValueKind::Decimal } else { GridValueKind::Whole })
    };
    match base {
        Submission::TextToImage(_) => Field::of_name(field).map(Field::grid_kind).unwrap_or_default(),
        Submission::Form(FormRun { json, .. }) | Submission::Workflow { json, .. } => of_workflow(json).unwrap_or_default(),
        Submission::Edit(_) => GridValueKind::default(),
    }
}

/// What of a grid is to change. At least one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(min_properties = 1)]
pub struct GridChange {
    #[schema(min_length = 1, max_length = 80, nullable = false)]
    #[serde(default, deserialize_with = "not_null")]
    name: Option<String>,
    /// More values of an axis: a column, a row or a sheet each. The cells that are there stay.
    #[schema(nullable = false)]
    #[serde(default, deserialize_with = "not_null")]
    add: Option<MoreValues>,
    /// `true`: no more cells are submitted, and those that wait in the queue are held back. `false`: they go on.
    #[schema(nullable = false)]
    #[serde(default, deserialize_with = "not_null")]
    paused: Option<bool>,
    /// Cancels all cells that have not ended.
    #[serde(default)]
    #[schema(default = false)]
    cancel_rest: bool,
    /// Makes all cells again that failed, were cancelled or refused, or whose task was removed.
    #[serde(default)]
    #[schema(default = false)]
    failed_again: bool,
}

/// More values of an axis.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoreValues {
    /// X is 0.
    #[schema(minimum = 0, maximum = 2)]
    axis: u16,
    values: AxisValues,
}

impl GridChange {
    pub(super) async fn actions(self, grids: &Grids, id: GridId) -> Result<Vec<GridAction>, ApiProblem> {
        let Self { name, add, paused, cancel_rest, failed_again } = self;
        let mut actions = Vec::new();
        actions.extend(name.map(|name| GridAction::Rename { name }));
        if let Some(MoreValues { axis, values }) = add {
            let axes = grids.get(id).await?.axes;
            let kind = axes.get(usize::from(axis)).map(|axis| axis.kind).unwrap_or_default();
            let values = values.read(kind, "/add/values").map_err(|error| ApiProblem::with_errors(vec![error]))?;
            actions.push(GridAction::Extend { axis, values });
        }
        actions.extend(paused.map(|paused| if paused { GridAction::Pause } else { GridAction::Resume }));
        actions.extend(cancel_rest.then_some(GridAction::CancelRest));
        actions.extend(failed_again.then_some(GridAction::FailedAgain));
        Ok(actions)
    }
}

/// All grids.
#[derive(Serialize, ToSchema)]
pub struct GridList {
    /// The newest first.
    pub(super) grids: Vec<GridReport>,
}

/// A grid without its cells.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GridReport {
    #[schema(value_type = String, format = Uuid)]
    id: GridId,
    name: String,
    paused: bool,
    #[schema(format = DateTime)]
    created_at: String,
    counts: CountsReport,
    links: GridLinks,
}

/// How many cells are in which state.
#[derive(Serialize, ToSchema)]
pub struct CountsReport {
    completed: u32,
    /// Failed, or refused before they became a task.
    failed: u32,
    /// Cancelled, or their task was removed.
    cancelled: u32,
    /// Running, in the queue, or to be submitted.
    unfinished: u32,
}

/// Where what belongs to a grid is.
#[derive(Serialize, ToSchema)]
pub struct GridLinks {
    #[serde(rename = "self")]
    this: String,
    sheet: String,
    /// The page that shows it.
    page: String,
}

impl GridReport {
    pub(super) fn of(head: GridHead, urls: &Urls) -> Self {
        let GridHead { id, name, axes: _, paused, created_at, counts } = head;
        let GridCounts { completed, failed, cancelled, unfinished } = counts;
        let this = urls.at(&format!("/api/grids/{id}"));
        let links = GridLinks { sheet: format!("{this}/sheet.png"), page: urls.at(&format!("/grids/{id}")), this };
        let counts = CountsReport { completed, failed, cancelled, unfinished };
        Self { id, name, paused, created_at: rfc3339(created_at), counts, links }
    }
}

/// A grid.
#[derive(Serialize, ToSchema)]
pub struct GridDetails {
    #[serde(flatten)]
    head: GridReport,
    axes: Vec<AxisReport>,
    /// In the order in which they are submitted.
    cells: Vec<CellReport>,
}

impl GridDetails {
    pub(super) fn location(&self) -> String {
        self.head.links.this.clone()
    }
}

/// A field and its values.
#[derive(Serialize, ToSchema)]
pub struct AxisReport {
    field: String,
    label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    part: Option<String>,
    values: Vec<String>,
}

/// A combination of values.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CellReport {
    /// Names it within its grid, and never changes.
    cell: u32,
    /// One of each axis.
    values: Vec<String>,
    /// `waiting`: it is to become a task. `refused`: it could not become one. `removed`: its task was removed.
    state: GridCellState,
    /// How often it was made again.
    again: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Uuid, nullable = false)]
    task_id: Option<TaskId>,
    /// Its first picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    picture: Option<String>,
    /// Why it failed or was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    message: Option<String>,
}

impl GridDetails {
    pub(super) fn of(view: GridView, urls: &Urls) -> Self {
        let axis = |axis: GridAxis| AxisReport { field: axis.field, label: axis.label, part: axis.part, values: axis.values };
        Self {
            head: GridReport::of(view.head, urls),
            axes: view.axes.into_iter().map(axis).collect(),
            cells: view.cells.into_iter().map(|cell| CellReport::of(cell, urls)).collect(),
        }
    }
}

impl CellReport {
    fn of(cell: GridCell, urls: &Urls) -> Self {
        let picture = cell.task.zip(cell.picture).map(|(task, output)| urls.output(task, output));
        Self {
            cell: cell.number,
            values: cell.values,
            state: cell.state,
            again: cell.again,
            task_id: cell.task,
            picture,
            message: cell.message,
        }
    }
}

/// What a grid would be.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GridPlanReport {
    cells: u32,
    /// How often other models are loaded after the first, if one ComfyUI makes all cells.
    model_changes: u32,
    /// How long all of it usually takes on one ComfyUI, milliseconds. Absent before anything like it was run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    expected_ms: Option<u64>,
    /// The values of the cells, in the order in which they are submitted.
    order: Vec<Vec<String>>,
    /// Why it cannot be made.
    problems: Vec<FieldError>,
}

impl From<GridPlan> for GridPlanReport {
    fn from(plan: GridPlan) -> Self {
        Self {
            cells: plan.cells,
            model_changes: plan.model_changes,
            expected_ms: plan.expected_ms,
            order: plan.order,
            problems: plan.problems.iter().map(field_error).collect(),
        }
    }
}

/// Where a problem is in the request.
pub(super) fn field_error(problem: &GridProblem) -> FieldError {
    let pointer = match (problem.axis, problem.value) {
        (Some(axis), Some(value)) => format!("/axes/{axis}/values/{value}"),
        (Some(axis), None) => format!("/axes/{axis}"),
        (None, _) => String::new(),
    };
    FieldError { pointer, detail: problem.message.clone() }
}
