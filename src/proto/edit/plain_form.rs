//! An inpaint or outpaint as a form without JavaScript sends it: a text for each [`EditField`], and one for the method.

use super::{
    model::{Edit, EditArea, EditField, EditProblem, Inpaint, InpaintMethod, Outpaint},
    picture::PictureId,
    steps::Strength,
};

/// The name of the text that says how a part is painted.
pub const METHOD_FIELD: &str = "method";

/// The edges of a picture that is extended.
const EDGES: [EditField; 4] = [EditField::Left, EditField::Top, EditField::Right, EditField::Bottom];

/// With a mask a part is painted new, without one the picture is extended.
///
/// # Errors
/// Everything that is wrong, each at its field.
pub fn edit_of_texts<'t>(text: impl Fn(&str) -> &'t str, mask: Option<PictureId>) -> Result<Edit, Vec<EditProblem>> {
    let mut problems = Vec::new();
    let mut number = |field: EditField| pixels(field, text(field.name()), &mut problems);
    let (grow, feather) = (number(EditField::Grow), number(EditField::Feather));
    let [left, top, right, bottom] = EDGES.map(&mut number);
    // Nothing typed: the model sees all of it.
    let area = match text(EditField::Context.name()).trim() {
        "" => EditArea::Whole,
        _ => EditArea::Masked { context: number(EditField::Context) },
    };
    let method = InpaintMethod::of_name(text(METHOD_FIELD)).unwrap_or(InpaintMethod::Noise);
    let strength = match text(EditField::Strength.name()).parse::<Strength>() {
        Ok(strength) => strength,
        // It is always erased at full strength.
        Err(_) if method == InpaintMethod::Erase => Strength::FULL,
        Err(error) => {
            problems.push(EditProblem::new(EditField::Strength, error.to_string()));
            Strength::FULL
        }
    };
    let extended = EDGES.into_iter().zip([left, top, right, bottom]).find(|(_, pixels)| *pixels > 0).map(|(edge, _)| edge);
    match (&mask, extended) {
        (Some(_), Some(edge)) => {
            problems.push(EditProblem::new(edge, "Either give a mask, or extend the picture: both at once is not possible."));
        }
        (None, None) => {
            problems.push(EditProblem::new(EditField::Mask, "Give a mask, or say by how many pixels the picture is to be extended."));
        }
        (Some(_), None) | (None, Some(_)) => {}
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(match mask {
        Some(mask) => Edit::Inpaint(Inpaint { mask, strength, grow, feather, area, method }),
        None => Edit::Outpaint(Outpaint { left, top, right, bottom, feather, strength, area, method }),
    })
}

/// A number of pixels as it was typed; nothing typed is 0.
pub fn pixels(field: EditField, text: &str, problems: &mut Vec<EditProblem>) -> u32 {
    let text = text.trim();
    if text.is_empty() {
        return 0;
    }
    text.parse().unwrap_or_else(|_| {
        problems.push(EditProblem::new(field, "This must be a whole number of pixels."));
        0
    })
}
