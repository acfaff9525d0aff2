//! What will happen, while it is chosen: the same computation as the server's.

use leptos::prelude::*;

use super::choices::{EditChoices, EditKind};
use crate::components::{
    form::FormModel,
    mask_editor::{PaintedMask, ViewFrame},
};
use proto::{
    edit::{Edit, EditField, EditPlan, EditProblem, EditRun, Inpaint, MaskFacts, Outpaint, PixelSize, Strength, pixels, plan},
    recipe::{Field, TextToImage},
};

/// See [`proto::edit::plan`].
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Planned {
    /// Of the source. `None`: no picture is chosen.
    pub size: Option<PixelSize>,
    /// What is asked for, with a mask and fields that are not checked. `None`: something typed is not a number.
    pub edit: Option<Edit>,
    pub plan: Option<EditPlan>,
    pub problems: Vec<EditProblem>,
}

impl Planned {
    pub fn of(form: FormModel, choices: &EditChoices, painted: PaintedMask) -> Self {
        let mut problems = Vec::new();
        let edit = edit(choices, &mut problems);
        let number = |field: Field| form.value(field).with(|text| text.trim().parse().ok());
        let default = TextToImage::default();
        let recipe = TextToImage {
            steps: number(Field::Steps).unwrap_or(default.steps),
            width: number(Field::Width).unwrap_or(default.width),
            height: number(Field::Height).unwrap_or(default.height),
            ..default
        };
        let (Some((id, size)), Some(edit)) = (choices.picture.clone(), edit) else { return Self::default() };
        if !problems.is_empty() {
            return Self { size: Some(size), edit: None, plan: None, problems };
        }
        let mask = MaskFacts { size, bounds: painted.bounds };
        let run = EditRun { recipe, source: id, edit, parent: None };
        match plan(&run, size, Some(mask)) {
            Ok(plan) => Self { size: Some(size), edit: Some(run.edit), plan: Some(plan), problems },
            Err(problems) => Self { size: Some(size), edit: Some(run.edit), plan: None, problems },
        }
    }

    /// The picture with what it is extended by.
    pub fn extended(&self) -> Option<ViewFrame> {
        match (&self.edit, self.size) {
            (Some(Edit::Outpaint(outpaint)), Some(size)) => {
                Some(frame(size, [outpaint.left, outpaint.top, outpaint.right, outpaint.bottom]))
            }
            _ => None,
        }
    }

    pub fn problem(&self, field: EditField) -> Option<String> {
        self.problems.iter().find(|problem| problem.field == field).map(|problem| problem.message.clone())
    }
}

/// The edit as it is chosen. The mask has no id before it is sent: in its place is that of the picture.
fn edit(choices: &EditChoices, problems: &mut Vec<EditProblem>) -> Option<Edit> {
    let source = choices.picture.clone().map(|(id, _)| id)?;
    let strength = match choices.strength.trim().parse::<Strength>() {
        Ok(strength) => strength,
        Err(error) => {
            problems.push(EditProblem { field: EditField::Strength, message: error.to_string() });
            Strength::FULL
        }
    };
    let area = choices.area(problems);
    Some(match choices.kind {
        EditKind::Inpaint => {
            Edit::Inpaint(Inpaint { mask: source, strength, grow: choices.grow, feather: choices.feather, area, method: choices.method })
        }
        EditKind::Outpaint => Edit::Outpaint(Outpaint {
            left: pixels(EditField::Left, &choices.left, problems),
            top: pixels(EditField::Top, &choices.top, problems),
            right: pixels(EditField::Right, &choices.right, problems),
            bottom: pixels(EditField::Bottom, &choices.bottom, problems),
            feather: pixels(EditField::Feather, &choices.fade, problems),
            strength,
            area,
            method: choices.method,
        }),
    })
}

/// The picture with what it is extended by, as the editor's window shows it.
fn frame(size: PixelSize, [left, top, right, bottom]: [u32; 4]) -> ViewFrame {
    ViewFrame {
        left: -f64::from(left),
        top: -f64::from(top),
        right: f64::from(size.width) + f64::from(right),
        bottom: f64::from(size.height) + f64::from(bottom),
    }
}
