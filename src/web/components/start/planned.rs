//! What will happen to the picture, and what is sent.

use leptos::prelude::GetUntracked;

use crate::components::form::FormModel;
use proto::{
    edit::{Edit, EditField, EditPlan, EditProblem, EditRun, StartLine, StartPicture, Strength, plan},
    recipe::{Field, TextToImage},
    submit::{EncodedEdit, Refusal, Submission},
    task::Problem,
};

/// The plan at this strength and number of steps, or what stands against it. Both are as they were typed.
pub(super) fn planned(start: &StartPicture, strength: &str, steps: &str) -> Result<EditPlan, Vec<EditProblem>> {
    let default = TextToImage::default();
    let recipe = TextToImage { steps: steps.trim().parse().unwrap_or(default.steps), ..default };
    plan(&run(start, strength, recipe)?, start.size, None)
}

fn run(start: &StartPicture, strength: &str, recipe: TextToImage) -> Result<EditRun, Vec<EditProblem>> {
    let strength: Strength =
        strength.trim().parse().map_err(|error| vec![EditProblem { field: EditField::Strength, message: format!("{error}") }])?;
    Ok(EditRun { recipe, source: start.picture.clone(), edit: Edit::Redraw { strength }, parent: start.parent })
}

/// "12 of 20 steps will run. The result is 512 × 384 pixels, as large as the picture."
pub(super) fn words(start: &StartPicture, plan: &EditPlan) -> String {
    let (from, to) = (start.size, plan.result);
    let why = if to == from {
        "as large as the picture"
    } else if to.pixels() * 10 < from.pixels() * 9 {
        "because more is not redrawn at once"
    } else {
        "the nearest size that a model works at"
    };
    let steps = plan.steps_text().unwrap_or_default();
    format!("{steps} will run. The result is {} × {} pixels, {why}.", to.width, to.height)
}

/// The edit that the form describes, with the picture in the slot. Width and height do not matter: they are the picture's.
pub(super) fn submission(form: FormModel) -> Result<Submission, Refusal> {
    let missing =
        || Refusal { message: "The picture to start from is still on its way. Try again in a moment.".into(), problems: Vec::new() };
    let start = StartLine::from_text(form.start.get_untracked()).picture().ok_or_else(missing)?;
    let default = TextToImage::default();
    let texts = Field::ALL.map(|field| match field {
        Field::Width | Field::Height => default.field(field),
        field => form.value(field).get_untracked(),
    });
    let strength = form.strength.get_untracked();
    let mut problems: Vec<Problem> =
        planned(&start, &strength, &texts[Field::Steps as usize]).err().into_iter().flatten().map(Problem::from).collect();
    match TextToImage::from_fields(|field| &texts[field as usize]) {
        Ok(recipe) if problems.is_empty() => {
            let run = run(&start, &strength, recipe).map_err(|problems| Refusal::new(problems.into_iter().map(Problem::from).collect()))?;
            Ok(Submission::Edit(EncodedEdit::of(&run)))
        }
        read => {
            problems.extend(read.err().unwrap_or_default());
            Err(Refusal::new(problems))
        }
    }
}

#[cfg(test)]
mod tests {
    use proto::edit::PixelSize;

    use super::*;

    fn start(width: u32, height: u32) -> StartPicture {
        StartPicture {
            edit: "redraw".into(),
            picture: "a".repeat(64).parse().unwrap(),
            size: PixelSize::new(width, height),
            strength: None,
            parent: None,
        }
    }

    fn said(width: u32, height: u32, strength: &str, steps: &str) -> String {
        let start = start(width, height);
        planned(&start, strength, steps).map(|plan| words(&start, &plan)).unwrap_or_else(|problems| problems[0].message.clone())
    }

    #[test]
    fn what_will_happen_is_said_as_it_is_planned() {
        assert_eq!(said(512, 384, "0.6", "20"), "12 of 20 steps will run. The result is 512 × 384 pixels, as large as the picture.");
        assert_eq!(
            said(501, 384, "1", "8"),
            "8 of 8 steps will run. The result is 504 × 384 pixels, the nearest size that a model works at."
        );
        let large = said(4_096, 4_096, "0.5", "20");
        assert_eq!(large, "10 of 20 steps will run. The result is 2048 × 2048 pixels, because more is not redrawn at once.");
        assert!(said(512, 512, "0.01", "20").starts_with("None of the 20 steps would run"), "{}", said(512, 512, "0.01", "20"));
        assert_eq!(said(512, 512, "much", "20"), "This must be a number from 0 to 1, such as 0.6.");
    }
}
