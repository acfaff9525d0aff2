//! What is wrong with a grid, as far as it can be seen without the node classes of a ComfyUI.

use super::{GridAxis, GridProblem, GridSpec, cells::NO_FORM};
use crate::{
    form::FieldKey,
    limits,
    recipe::Field,
    submit::{FormOptions, Submission},
};

/// How many axes a grid has at most: X, Y and Z.
const AXES: usize = 3;

/// The problems of the grid, each at its axis and value. `options`: the choices of the built-in form.
#[must_use]
pub fn check_grid(spec: &GridSpec, options: &FormOptions) -> Vec<GridProblem> {
    let mut problems = Vec::new();
    if matches!(spec.base, Submission::Workflow { .. } | Submission::Edit(_)) {
        return vec![GridProblem::of_grid(NO_FORM)];
    }
    let name = spec.name.trim();
    if name.is_empty() || spec.name.chars().count() > limits::NAME || spec.name.chars().any(char::is_control) {
        problems.push(GridProblem::of_grid(format!("A grid has a name of 1 to {} characters, without control characters.", limits::NAME)));
    }
    if !(1..=AXES).contains(&spec.axes.len()) {
        problems.push(GridProblem::of_grid("A grid has one, two or three axes."));
    }
    for (at, axis) in spec.axes.iter().enumerate() {
        check_axis(spec, at, axis, &mut problems);
    }
    if spec.cells() > limits::GRID_CELLS {
        problems.push(GridProblem::of_grid(format!(
            "This would be {} pictures, and a grid has at most {}. Leave out some values.",
            spec.cells(),
            limits::GRID_CELLS
        )));
    }
    if problems.is_empty() {
        check_values(spec, options, &mut problems);
    }
    problems
}

fn check_axis(spec: &GridSpec, at: usize, axis: &GridAxis, problems: &mut Vec<GridProblem>) {
    let is_known = match &spec.base {
        Submission::TextToImage(_) => Field::of_name(&axis.field).is_some(),
        _ => axis.field.parse::<FieldKey>().is_ok(),
    };
    if !is_known {
        let fields = Field::ALL.map(Field::parameter).join(", ");
        let message = match &spec.base {
            Submission::TextToImage(_) => format!("There is no field {:?}. The fields are: {fields}.", axis.field),
            _ => format!("{:?} does not name a field: it must be NODE.INPUT, such as 3.seed.", axis.field),
        };
        problems.push(GridProblem::of_axis(at, message));
        return;
    }
    if let Some(other) = spec.axes[..at].iter().find(|other| same_field(spec, other, axis)) {
        let parts_differ = matches!((&other.part, &axis.part), (Some(one), Some(two)) if one != two);
        if !parts_differ {
            problems.push(GridProblem::of_axis(at, format!("{} is on another axis already.", axis.label)));
        }
    }
    match &axis.part {
        Some(part) if part.is_empty() => problems.push(GridProblem::of_axis(at, "Write which part of the text is to be replaced.")),
        Some(part) => {
            let is_text = match Field::of_name(&axis.field) {
                Some(field) if matches!(spec.base, Submission::TextToImage(_)) => matches!(field, Field::Prompt | Field::Negative),
                _ => true,
            };
            if !is_text {
                problems.push(GridProblem::of_axis(at, "Only a part of a text can be replaced."));
            } else if !spec.base_text(&axis.field).is_some_and(|text| text.contains(part.as_str())) {
                problems.push(GridProblem::of_axis(at, format!("{} has no {part:?} in it that could be replaced.", axis.label)));
            }
        }
        None => {}
    }
    if axis.values.is_empty() {
        problems.push(GridProblem::of_axis(at, "This axis has no values."));
    }
    if axis.values.len() > limits::GRID_AXIS_VALUES {
        problems.push(GridProblem::of_axis(at, format!("An axis has at most {} values.", limits::GRID_AXIS_VALUES)));
    }
    for (place, value) in axis.values.iter().enumerate() {
        if axis.values[..place].contains(value) {
            problems.push(GridProblem::of_value(at, place, format!("{value:?} is there twice.")));
        }
        if value.chars().count() > limits::GRID_VALUE {
            problems.push(GridProblem::of_value(at, place, format!("A value has at most {} characters.", limits::GRID_VALUE)));
        }
    }
}

fn same_field(spec: &GridSpec, one: &GridAxis, two: &GridAxis) -> bool {
    match &spec.base {
        Submission::TextToImage(_) => Field::of_name(&one.field) == Field::of_name(&two.field),
        _ => one.field == two.field,
    }
}

/// Each value alone, with what all cells have in common.
fn check_values(spec: &GridSpec, options: &FormOptions, problems: &mut Vec<GridProblem>) {
    if !matches!(spec.base, Submission::TextToImage(_)) {
        return;
    }
    for (at, axis) in spec.axes.iter().enumerate() {
        let single = GridSpec { axes: vec![axis.clone()], name: String::new(), base: spec.base.clone() };
        for (place, value) in axis.values.iter().enumerate() {
            let cell = single.submission(std::slice::from_ref(value), &[]);
            problems.extend(cell.err().into_iter().flatten().filter_map(|problem| {
                // What belongs to another axis is checked with that axis.
                let at_this = problem.axis.is_some().then(|| GridProblem::of_value(at, place, &problem.message));
                let is_elsewhere = spec.axes.len() > 1 && problem.axis.is_none();
                at_this.or_else(|| (!is_elsewhere && place == 0).then_some(problem))
            }));
            problems.extend(not_offered(axis, value, options).map(|message| GridProblem::of_value(at, place, message)));
        }
    }
    if problems.is_empty()
        && let Some(first) = spec.axes.iter().map(|axis| axis.values.first().cloned()).collect::<Option<Vec<_>>>()
    {
        problems.extend(spec.submission(&first, &[]).err().into_iter().flatten());
    }
}

/// A choice that no ComfyUI has, as far as the lists are known.
fn not_offered(axis: &GridAxis, value: &str, options: &FormOptions) -> Option<String> {
    let list = match Field::of_name(&axis.field)? {
        Field::Checkpoint => &options.checkpoints,
        Field::Sampler => &options.samplers,
        Field::Scheduler => &options.schedulers,
        _ => return None,
    };
    if !options.known || list.is_empty() || list.iter().any(|choice| choice == value) {
        return None;
    }
    let few = list.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
    Some(format!("No ComfyUI has {value:?}. There is: {few}{}.", if list.len() > 5 { ", …" } else { "" }))
}
