//! Checks a grid before it is made, with the node classes of all ComfyUIs, and completes what was left out.

use std::sync::Arc;

use proto::{
    comfy::{Catalog, Needs, Workflow},
    form::{FieldKey, Form, PoolClasses},
    grid::{AxisWeight, GridProblem, GridSpec, GridValueKind, check_grid},
    recipe::Field,
    submit::{FormRun, Submission},
    task::Plan,
};

use super::{error::GridError, library::Grids, prepared::PreparedGrid};
use crate::workflow_forms::{apply_form, classes, set_values};

impl Grids {
    /// # Errors
    /// `File` or `Stopping`.
    pub(super) async fn prepare(&self, mut spec: GridSpec) -> Result<PreparedGrid, GridError> {
        spec.name = spec.name.trim().to_owned();
        let options = self.pool.form_options();
        name_fields(&mut spec);
        let mut workflow = None;
        if let Submission::Form(run) = &mut spec.base {
            let opened = self.pool.open_text(&run.json).await?.workflow;
            run.json = serde_json::to_string(&opened).map_err(|_| GridError::Damaged)?;
            workflow = Some(opened);
        }
        let mut problems = check_grid(&spec, &options);
        let mut weights: Vec<AxisWeight> = spec.axes.iter().map(|axis| weight_of_field(&axis.field)).collect();
        if let Some(workflow) = workflow.filter(|_| problems.is_empty()) {
            let catalogs = self.pool.form_catalogs();
            let checking = tokio::task::spawn_blocking(move || check_form(spec, &workflow, &catalogs));
            (spec, weights, problems) = checking.await.map_err(|_| GridError::Stopping)?;
        }
        let mut prepared = PreparedGrid { spec, cells: Vec::new(), model_changes: 0, expected_ms: None, problems };
        if prepared.problems.is_empty() {
            prepared.order(&weights);
            self.check_first(&mut prepared).await?;
        }
        Ok(prepared)
    }

    /// The first cell as a whole: what belongs to no axis, and what no ComfyUI has.
    async fn check_first(&self, grid: &mut PreparedGrid) -> Result<(), GridError> {
        let Some(first) = grid.cells.first() else { return Ok(()) };
        let workflow = match grid.spec.submission(first, &[]) {
            Ok(Submission::TextToImage(recipe)) => Ok(recipe.workflow()),
            Ok(Submission::Form(run)) => {
                let workflow = serde_json::from_str(&run.json).map_err(|_| GridError::Damaged)?;
                apply_form(&self.pool, &workflow, &run)
                    .map_err(|refusal| refusal.problems.iter().map(|problem| grid.spec.place(problem, first)).collect::<Vec<_>>())
            }
            Ok(Submission::Workflow { .. } | Submission::Edit(_)) => return Ok(()),
            Err(problems) => Err(problems),
        };
        match workflow {
            Ok(workflow) => {
                let missing = self.pool.missing(&Needs::of(&workflow)).await;
                grid.problems.extend(missing.iter().map(|problem| grid.spec.place(problem, first)));
                grid.expected_ms = self.expected(&grid.spec, &grid.cells, &workflow);
            }
            Err(problems) => grid.problems.extend(problems),
        }
        Ok(())
    }

    fn expected(&self, spec: &GridSpec, cells: &[Vec<String>], first: &Workflow) -> Option<u64> {
        let durations = self.tracker.durations();
        let usual = |workflow: &Workflow| durations.expected_run(None, &Plan::new(workflow)).map(|expected| expected.ms);
        match &spec.base {
            // Steps and sizes differ from cell to cell.
            Submission::TextToImage(_) => cells.iter().try_fold(0_u64, |sum, values| {
                let Ok(Submission::TextToImage(recipe)) = spec.submission(values, &[]) else { return None };
                Some(sum.saturating_add(usual(&recipe.workflow())?.into()))
            }),
            _ => usual(first).map(|ms| u64::from(ms).saturating_mul(cells.len() as u64)),
        }
    }
}

fn weight_of_field(field: &str) -> AxisWeight {
    Field::of_name(field).map_or(AxisWeight::Other, Field::grid_weight)
}

/// One name for each field of the built-in form, with its label and kind.
fn name_fields(spec: &mut GridSpec) {
    if !matches!(spec.base, Submission::TextToImage(_)) {
        return;
    }
    for axis in &mut spec.axes {
        let Some(field) = Field::of_name(&axis.field) else { continue };
        axis.field = field.name().to_owned();
        axis.kind = if axis.part.is_some() { GridValueKind::Words } else { field.grid_kind() };
        if axis.label.trim().is_empty() {
            axis.label = field.label().to_owned();
        }
    }
}

/// Checks each value alone.
fn check_form(mut spec: GridSpec, workflow: &Workflow, catalogs: &[Arc<Catalog>]) -> (GridSpec, Vec<AxisWeight>, Vec<GridProblem>) {
    let classes = classes(catalogs, workflow);
    let form = Form::of(workflow, &classes);
    let mut problems = Vec::new();
    let mut weights = Vec::new();
    for at in 0..spec.axes.len() {
        let found = spec.axes[at].field.parse::<FieldKey>().ok().and_then(|key| Some((form.field(&key)?, key)));
        let Some((field, key)) = found else {
            problems.push(GridProblem::of_axis(at, format!("This workflow has no value {:?}.", spec.axes[at].field)));
            weights.push(AxisWeight::Other);
            continue;
        };
        weights.push(AxisWeight::of(field.role, &key));
        let axis = &mut spec.axes[at];
        axis.kind = if axis.part.is_some() { GridValueKind::Words } else { GridValueKind::of(field) };
        if axis.label.trim().is_empty() {
            axis.label.clone_from(&field.label);
        }
        let is_off = matches!(&spec.base, Submission::Form(FormRun { off, .. }) if off.contains(&key.node));
        if is_off {
            problems.push(GridProblem::of_axis(at, format!("{} belongs to a part that is switched off.", spec.axes[at].label)));
            continue;
        }
        check_values(&spec, at, workflow, &classes, &mut problems);
    }
    (spec, weights, problems)
}

fn check_values(spec: &GridSpec, at: usize, workflow: &Workflow, classes: &PoolClasses, problems: &mut Vec<GridProblem>) {
    let single = GridSpec { axes: vec![spec.axes[at].clone()], name: String::new(), base: spec.base.clone() };
    for (place, value) in spec.axes[at].values.iter().enumerate() {
        let Ok(Submission::Form(run)) = single.submission(std::slice::from_ref(value), &[]) else { continue };
        let own = run.inputs.iter().filter(|(key, _)| *key == spec.axes[at].field);
        if let Err(refusal) = set_values(workflow, classes, own) {
            problems.extend(refusal.problems.iter().map(|problem| GridProblem::of_value(at, place, &problem.message)));
        }
    }
}
