//! What a person chose, and what will happen.

use proto::{
    edit::{Edit, EditField, EditPlan, EditProblem, EditRun, PictureId, PixelSize, Strength, Upscale, UpscaleHow, UpscaleTo, plan},
    ids::TaskId,
    recipe::TextToImage,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UpscaleKind {
    Resize,
    Model,
    Redraw,
}

/// Texts are as they were typed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct UpscaleChoices {
    pub kind: UpscaleKind,
    /// "2" doubles both sides.
    pub factor: String,
    /// An upscale model. Empty: none; the picture is resized before it is redrawn.
    pub model: String,
    pub strength: String,
}

impl Default for UpscaleChoices {
    fn default() -> Self {
        Self { kind: UpscaleKind::Resize, factor: "2".into(), model: String::new(), strength: "0.35".into() }
    }
}

/// How pictures are resized.
const RESIZE: &str = "lanczos";

impl UpscaleChoices {
    /// What is to be done, or what is wrong in the choices.
    pub fn run(&self, source: PictureId, parent: Option<TaskId>, recipe: TextToImage) -> Result<EditRun, EditProblem> {
        let problem = |field, message: &str| EditProblem { field, message: message.to_owned() };
        let to = percent(&self.factor).ok_or_else(|| problem(EditField::Percent, "This must be a number such as 2 or 1.5."))?;
        let model = self.model.trim();
        let how = match self.kind {
            UpscaleKind::Resize => UpscaleHow::Resize { method: RESIZE.into() },
            UpscaleKind::Model => UpscaleHow::Model { name: model.to_owned() },
            UpscaleKind::Redraw => UpscaleHow::ModelRedraw {
                name: (!model.is_empty()).then(|| model.to_owned()),
                strength: self.strength.parse::<Strength>().map_err(|error| problem(EditField::Strength, &error.to_string()))?,
            },
        };
        Ok(EditRun { recipe, source, edit: Edit::Upscale(Upscale { how, to: UpscaleTo::Percent(to) }), parent })
    }
}

/// The plan of a run, or what stands against it.
pub(super) fn planned(run: &EditRun, size: PixelSize) -> Result<EditPlan, EditProblem> {
    plan(run, size, None).map_err(|problems| {
        let unknown = || EditProblem { field: EditField::Percent, message: "This cannot be done.".to_owned() };
        problems.into_iter().next().unwrap_or_else(unknown)
    })
}

/// "1.5" is 150. Digits after the second are cut off.
fn percent(factor: &str) -> Option<u32> {
    let (whole, fraction) = factor.trim().split_once(['.', ',']).unwrap_or((factor.trim(), ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let whole: u32 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let digit = |at: usize| fraction.as_bytes().get(at).map_or(0, |digit| u32::from(digit - b'0'));
    whole.checked_mul(100)?.checked_add(digit(0) * 10 + digit(1))
}

/// "The result is 1024 × 768 pixels; 7 of 20 steps will run."
pub(super) fn words(plan: &EditPlan) -> String {
    let size = format!("The result is {} × {} pixels", plan.result.width, plan.result.height);
    match plan.steps_text() {
        Some(steps) => format!("{size}; {steps} will run."),
        None => format!("{size}."),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn said(choices: &UpscaleChoices) -> String {
        let picture = "a".repeat(64).parse().unwrap();
        let run = choices.run(picture, Some(TaskId(Uuid::nil())), TextToImage::default());
        match run.and_then(|run| planned(&run, PixelSize::new(500, 300))) {
            Ok(plan) => words(&plan),
            Err(problem) => format!("{}: {}", problem.field.name(), problem.message),
        }
    }

    #[test]
    fn factors_are_read_to_the_hundredth() {
        for (text, value) in [("2", 200), (" 1.5 ", 150), ("1,25", 125), (".5", 50), ("4.", 400), ("1.009", 100)] {
            assert_eq!(percent(text), Some(value), "{text}");
        }
        for wrong in ["", ".", "x", "-2", "1.2.3", "99999999999"] {
            assert_eq!(percent(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_will_happen_is_said() {
        let choices = UpscaleChoices::default();
        assert_eq!(said(&choices), "The result is 1000 × 600 pixels.");
        let redrawn = UpscaleChoices { kind: UpscaleKind::Redraw, factor: "1.5".into(), ..choices.clone() };
        assert_eq!(said(&redrawn), "The result is 752 × 448 pixels; 7 of 20 steps will run.");
        assert!(said(&UpscaleChoices { factor: "100".into(), ..choices.clone() }).starts_with("percent: It would be 50000 × 30000"));
        assert_eq!(said(&UpscaleChoices { factor: "two".into(), ..choices.clone() }), "percent: This must be a number such as 2 or 1.5.");
        assert!(said(&UpscaleChoices { kind: UpscaleKind::Model, ..choices.clone() }).starts_with("upscaler: Choose an upscale model"));
        assert!(said(&UpscaleChoices { strength: "2".into(), ..redrawn }).starts_with("strength: "));
    }
}
