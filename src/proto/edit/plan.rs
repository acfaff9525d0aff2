//! What will happen in an edit: which part the model gets, at which size, and how many steps run. Or why the edit cannot be run.

use serde::{Deserialize, Serialize};

use super::{
    masks::{canvas, outpaint_shape, reach},
    model::{Edit, EditArea, EditField, EditProblem, EditRun, Inpaint, Outpaint, Upscale, UpscaleHow, UpscaleTo},
    rect::{PixelRect, PixelSize},
    steps::Strength,
};
use crate::limits;

/// What is known of a painted mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaskFacts {
    pub size: PixelSize,
    /// The smallest rectangle with everything painted, before it is enlarged and softened. `None`: nothing is painted.
    pub bounds: Option<PixelRect>,
}

/// What will happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditPlan {
    /// The source with what it is extended by.
    pub canvas: PixelSize,
    /// The part of the canvas that the model gets; all of it, unless only the mask and its context are wanted. Contains all that can change. Each
    /// side is a multiple of 8 pixels, or the whole side of the canvas.
    pub crop: PixelRect,
    /// The size at which the model works on this part; multiples of 8 pixels. `None`: no model samples.
    pub working: Option<PixelSize>,
    /// The size of the result.
    pub result: PixelSize,
    /// How many steps run, of how many.
    pub steps: u32,
    pub of_steps: u32,
}

impl EditPlan {
    /// What the model works on, or else the result, in hundredths of a megapixel.
    #[must_use]
    pub fn centi_megapixels(&self) -> u64 {
        (self.working.unwrap_or(self.result).pixels() + 5_000) / 10_000
    }

    /// "12 of 20 steps". `None`: no model samples.
    #[must_use]
    pub fn steps_text(&self) -> Option<String> {
        self.working.map(|_| format!("{} of {} steps", self.steps, self.of_steps))
    }
}

/// What this edit does to a source of this size.
///
/// # Errors
/// Everything that stands against it, each at its field. What is wrong with prompt, checkpoint and so on is not looked at:
/// [`TextToImage::problems`](crate::recipe::TextToImage::problems).
pub fn plan(run: &EditRun, source: PixelSize, mask: Option<MaskFacts>) -> Result<EditPlan, Vec<EditProblem>> {
    let mut problems = Vec::new();
    if source.pixels() == 0 {
        return Err(vec![EditProblem::new(EditField::Source, "This picture has no pixels.")]);
    }
    let planned = match &run.edit {
        Edit::Redraw { .. } => Some(redraw(source)),
        Edit::Inpaint(inpaint) => inpainted(run, inpaint, source, mask, &mut problems),
        Edit::Outpaint(outpaint) => outpainted(run, outpaint, source, &mut problems),
        Edit::Upscale(upscale) => upscaled(upscale, source, &mut problems),
    };
    let steps = run.edit.strength().map_or(0, |strength| steps(run, strength, &mut problems));
    match planned {
        Some(plan) if problems.is_empty() => {
            let of_steps = if plan.working.is_some() { run.recipe.steps } else { 0 };
            Ok(EditPlan { steps, of_steps, ..plan })
        }
        _ => Err(problems),
    }
}

fn steps(run: &EditRun, strength: Strength, problems: &mut Vec<EditProblem>) -> u32 {
    let steps = strength.steps(run.recipe.steps);
    if strength > Strength::FULL {
        problems.push(EditProblem::new(EditField::Strength, "This must be from 0 to 1."));
    } else if steps == 0 && run.recipe.steps > 0 {
        let least = Strength::least(run.recipe.steps);
        let message = format!("None of the {} steps would run, so nothing would change. At least {least} is needed.", run.recipe.steps);
        problems.push(EditProblem::new(EditField::Strength, message));
    }
    steps
}

fn redraw(source: PixelSize) -> EditPlan {
    let working = sampled_size(source, limits::EDIT_SAMPLED.min(source.pixels()));
    EditPlan { canvas: source, crop: source.whole(), working: Some(working), result: working, steps: 0, of_steps: 0 }
}

fn inpainted(
    run: &EditRun,
    inpaint: &Inpaint,
    source: PixelSize,
    mask: Option<MaskFacts>,
    problems: &mut Vec<EditProblem>,
) -> Option<EditPlan> {
    at_most(EditField::Grow, inpaint.grow, limits::EDIT_GROW, problems);
    at_most(EditField::Feather, inpaint.feather, limits::EDIT_FEATHER, problems);
    context(inpaint.area, problems);
    let Some(mask) = mask else {
        problems.push(EditProblem::new(EditField::Mask, "Paint what should change."));
        return None;
    };
    if mask.size != source {
        let message = format!(
            "The mask is {} × {} pixels and the picture {} × {}: they must be of the same size.",
            mask.size.width, mask.size.height, source.width, source.height
        );
        problems.push(EditProblem::new(EditField::Mask, message));
        return None;
    }
    let Some(bounds) = mask.bounds else {
        problems
            .push(EditProblem::new(EditField::Mask, "Nothing is painted on the mask, so nothing would change. Paint what should change."));
        return None;
    };
    if !problems.is_empty() {
        return None;
    }
    let may_change = bounds.grown(reach(inpaint.grow, inpaint.feather), source);
    Some(part(run, source, may_change, inpaint.area))
}

fn outpainted(run: &EditRun, outpaint: &Outpaint, source: PixelSize, problems: &mut Vec<EditProblem>) -> Option<EditPlan> {
    let Outpaint { left, top, right, bottom, .. } = *outpaint;
    at_most(EditField::Feather, outpaint.feather, limits::EDIT_FEATHER, problems);
    context(outpaint.area, problems);
    if left == 0 && top == 0 && right == 0 && bottom == 0 {
        problems.push(EditProblem::new(EditField::Right, "Say by how many pixels the picture is to be extended, on at least one side."));
    }
    for (field, value) in [(EditField::Left, left), (EditField::Top, top), (EditField::Right, right), (EditField::Bottom, bottom)] {
        at_most(field, value, limits::EDIT_SIDE, problems);
    }
    let size = canvas(source, outpaint);
    let field = if left.max(right) > top.max(bottom) { EditField::Right } else { EditField::Bottom };
    if problems.is_empty() {
        fits(field, size, problems);
    }
    if !problems.is_empty() {
        return None;
    }
    let (grow, feather) = outpaint_shape(outpaint);
    let reach = reach(grow, feather);
    // The smallest rectangle with all that is new: on opposite sides, or on two that meet, that is everything.
    let x = if left == 0 && top == 0 && bottom == 0 { source.width.saturating_sub(reach) } else { 0 };
    let y = if top == 0 && left == 0 && right == 0 { source.height.saturating_sub(reach) } else { 0 };
    let only_left = right == 0 && top == 0 && bottom == 0;
    let only_top = bottom == 0 && left == 0 && right == 0;
    let to_x = if only_left { left.saturating_add(reach).min(size.width) } else { size.width };
    let to_y = if only_top { top.saturating_add(reach).min(size.height) } else { size.height };
    Some(part(run, size, PixelRect { x, y, width: to_x - x, height: to_y - y }, outpaint.area))
}

fn upscaled(upscale: &Upscale, source: PixelSize, problems: &mut Vec<EditProblem>) -> Option<EditPlan> {
    let size = target(upscale.to, source, problems)?;
    match &upscale.how {
        UpscaleHow::Resize { method } if !RESIZE_METHODS.contains(&method.as_str()) => {
            let message = format!("There is no method {method:?}. There are {}.", RESIZE_METHODS.join(", "));
            problems.push(EditProblem::new(EditField::Upscaler, message));
        }
        UpscaleHow::Model { name } | UpscaleHow::ModelRedraw { name: Some(name), .. } if name.trim().is_empty() => {
            problems.push(EditProblem::new(EditField::Upscaler, "Choose an upscale model, a file of ComfyUI's models/upscale_models."));
        }
        _ => {}
    }
    let size_field = if matches!(upscale.to, UpscaleTo::Percent(_)) { EditField::Percent } else { EditField::Width };
    fits(size_field, size, problems);
    let working = match &upscale.how {
        UpscaleHow::ModelRedraw { .. } if size.pixels() > limits::EDIT_REDRAWN => {
            let message = format!(
                "{} × {} pixels are more than can be redrawn at once, {} megapixels. Make it smaller, or do not redraw it.",
                size.width,
                size.height,
                limits::EDIT_REDRAWN / 1_000_000
            );
            problems.push(EditProblem::new(size_field, message));
            None
        }
        UpscaleHow::ModelRedraw { .. } => Some(sampled_size(size, size.pixels())),
        _ => None,
    };
    let result = working.unwrap_or(size);
    Some(EditPlan { canvas: source, crop: source.whole(), working, result, steps: 0, of_steps: 0 })
}

/// Those of ImageScale.
const RESIZE_METHODS: [&str; 5] = ["nearest-exact", "bilinear", "area", "bicubic", "lanczos"];

fn target(to: UpscaleTo, source: PixelSize, problems: &mut Vec<EditProblem>) -> Option<PixelSize> {
    let share =
        |side: u32, of: u32, by: u32| u32::try_from((u64::from(side) * u64::from(of) + u64::from(by) / 2) / u64::from(by.max(1))).ok();
    let size = match to {
        UpscaleTo::Percent(0) => {
            problems.push(EditProblem::new(EditField::Percent, "This must be at least 1 %."));
            return None;
        }
        UpscaleTo::Percent(percent) => (share(source.width, percent, 100), share(source.height, percent, 100)),
        UpscaleTo::Size { width: 0, height: 0 } => {
            problems.push(EditProblem::new(EditField::Width, "Say how wide or how high the picture is to be, in pixels."));
            return None;
        }
        UpscaleTo::Size { width, height: 0 } => (Some(width), share(source.height, width, source.width)),
        UpscaleTo::Size { width: 0, height } => (share(source.width, height, source.height), Some(height)),
        UpscaleTo::Size { width, height } => (Some(width), Some(height)),
    };
    // One that has no room in a number is too large, too.
    Some(PixelSize { width: size.0.unwrap_or(u32::MAX).max(1), height: size.1.unwrap_or(u32::MAX).max(1) })
}

fn at_most(field: EditField, value: u32, max: u32, problems: &mut Vec<EditProblem>) {
    if value > max {
        problems.push(EditProblem::new(field, format!("This must be from 0 to {max} pixels.")));
    }
}

fn context(area: EditArea, problems: &mut Vec<EditProblem>) {
    if let EditArea::Masked { context } = area {
        at_most(EditField::Context, context, limits::EDIT_CONTEXT, problems);
    }
}

fn fits(field: EditField, size: PixelSize, problems: &mut Vec<EditProblem>) {
    let message = if size.width > limits::EDIT_SIDE || size.height > limits::EDIT_SIDE {
        format!(
            "It would be {} × {} pixels; ComfyUI makes pictures of at most {} pixels a side.",
            size.width,
            size.height,
            limits::EDIT_SIDE
        )
    } else if size.pixels() > limits::UPLOAD_PIXELS as u64 {
        let most = limits::UPLOAD_PIXELS / 1_000_000;
        format!("It would be {} × {} pixels; at most {most} megapixels are made.", size.width, size.height)
    } else {
        return;
    };
    problems.push(EditProblem::new(field, message));
}

/// A picture of which only a part may change.
fn part(run: &EditRun, canvas: PixelSize, may_change: PixelRect, area: EditArea) -> EditPlan {
    let (crop, budget) = match area {
        EditArea::Whole => (canvas.whole(), limits::EDIT_SAMPLED.min(canvas.pixels())),
        EditArea::Masked { context } => {
            let wanted = may_change.grown(context, canvas);
            let (x, width) = snapped(wanted.x, wanted.width, canvas.width);
            let (y, height) = snapped(wanted.y, wanted.height, canvas.height);
            let budget = u64::from(run.recipe.width) * u64::from(run.recipe.height);
            (PixelRect { x, y, width, height }, budget.clamp(1, limits::EDIT_SAMPLED))
        }
    };
    let working = sampled_size(crop.size(), budget);
    EditPlan { canvas, crop, working: Some(working), result: canvas, steps: 0, of_steps: 0 }
}

/// A stretch of a side as long as a model can sample, or longer, made a multiple of 8; the whole side, if it is shorter than that.
fn snapped(start: u32, length: u32, side: u32) -> (u32, u32) {
    let wanted = length.max(limits::EDIT_SAMPLED_SIDE).next_multiple_of(8);
    if wanted >= side {
        return (0, side);
    }
    let start = start.saturating_sub((wanted - length.min(wanted)) / 2).min(side - wanted);
    (start, wanted)
}

/// The size at which a model samples this: about `budget` pixels, in multiples of 8.
fn sampled_size(size: PixelSize, budget: u64) -> PixelSize {
    let is_sampled = |side: u32| side.is_multiple_of(8) && side >= limits::EDIT_SAMPLED_SIDE;
    let pixels = size.pixels().max(1);
    // Within a tenth it stays as it is: scaling would only cost sharpness.
    let is_close = budget * 10 >= pixels * 9 && budget * 9 <= pixels * 10;
    if is_close && is_sampled(size.width) && is_sampled(size.height) {
        return size;
    }
    let scale = if is_close { 1.0 } else { (budget as f64 / pixels as f64).sqrt() };
    let side = |side: u32| {
        // At most 16,384 times 8: a whole number.
        let eighths = (f64::from(side) * scale / 8.0).round() as u32;
        (eighths * 8).max(limits::EDIT_SAMPLED_SIDE)
    };
    PixelSize { width: side(size.width), height: side(size.height) }
}
