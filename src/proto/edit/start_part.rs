//! What an inpaint or outpaint was asked for, so that it can be asked for again: words at the end of a [`StartLine`](super::StartLine).

use super::{
    model::{Edit, EditArea, EditRun, Inpaint, InpaintMethod, Outpaint},
    rect::PixelSize,
    steps::Strength,
};

/// An edit of which only a part of the picture was painted new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartPart {
    /// An inpaint, with the mask as it was painted, or an outpaint.
    pub edit: Edit,
    /// Width × height as they were asked for: about how many pixels the model works with.
    pub model_size: PixelSize,
}

/// In place of the number of pixels around the mask, where the model gets the whole picture.
const WHOLE: &str = "whole";

impl StartPart {
    /// `None`: it is another edit.
    #[must_use]
    pub fn of(run: &EditRun) -> Option<Self> {
        let is_part = matches!(run.edit, Edit::Inpaint(_) | Edit::Outpaint(_));
        is_part.then(|| Self { edit: run.edit.clone(), model_size: PixelSize::new(run.recipe.width, run.recipe.height) })
    }

    /// Without the strength, which lines of all edits have.
    pub(super) fn words(&self) -> String {
        let area = |area: EditArea| match area {
            EditArea::Whole => WHOLE.to_owned(),
            EditArea::Masked { context } => context.to_string(),
        };
        let PixelSize { width, height } = self.model_size;
        match &self.edit {
            Edit::Inpaint(Inpaint { mask, grow, feather, area: seen, method, .. }) => {
                format!("{mask} {grow} {feather} {} {} {width} {height}", area(*seen), method.name())
            }
            Edit::Outpaint(Outpaint { left, top, right, bottom, feather, area: seen, method, .. }) => {
                format!("{left} {top} {right} {bottom} {feather} {} {} {width} {height}", area(*seen), method.name())
            }
            Edit::Redraw { .. } | Edit::Upscale(_) => String::new(),
        }
    }

    /// The words of an edit of this name. `None`: they are damaged.
    pub(super) fn read(edit: &str, strength: Strength, words: &[&str]) -> Option<Self> {
        let area = |word: &str| {
            let masked = |word: &str| Some(EditArea::Masked { context: word.parse().ok()? });
            if word == WHOLE { Some(EditArea::Whole) } else { masked(word) }
        };
        let size = |width: &str, height: &str| Some(PixelSize::new(width.parse().ok()?, height.parse().ok()?));
        match (edit, words) {
            ("inpaint", [mask, grow, feather, seen, method, width, height]) => Some(Self {
                edit: Edit::Inpaint(Inpaint {
                    mask: mask.parse().ok()?,
                    strength,
                    grow: grow.parse().ok()?,
                    feather: feather.parse().ok()?,
                    area: area(seen)?,
                    method: InpaintMethod::of_name(method)?,
                }),
                model_size: size(width, height)?,
            }),
            ("outpaint", [left, top, right, bottom, feather, seen, method, width, height]) => Some(Self {
                edit: Edit::Outpaint(Outpaint {
                    left: left.parse().ok()?,
                    top: top.parse().ok()?,
                    right: right.parse().ok()?,
                    bottom: bottom.parse().ok()?,
                    feather: feather.parse().ok()?,
                    strength,
                    area: area(seen)?,
                    method: InpaintMethod::of_name(method)?,
                }),
                model_size: size(width, height)?,
            }),
            _ => None,
        }
    }
}
