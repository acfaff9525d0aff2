//! The picture that an edit starts from, as a line of text: tasks keep it, and the form of Studio keeps it as a draft. A page that shows no edit
//! needs none of the code that reads the line.

use serde::{Deserialize, Serialize};

use super::{model::EditRun, picture::PictureId, rect::PixelSize, start_part::StartPart, steps::Strength};
use crate::ids::TaskId;

/// Words with a space between them: the name of the edit, the picture's id, its width and height in pixels, the strength, and the task that made
/// the picture; "-" where there is none. Those of an inpaint or outpaint may go on with what it was asked for ([`StartPart`]). Or "result", a task and the number of one of its outputs, which is to become a picture. Empty: nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StartLine(String);

/// A picture that Darkroom has, and what is done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartPicture {
    /// [`Edit::name`](super::Edit::name).
    pub edit: String,
    pub picture: PictureId,
    pub size: PixelSize,
    /// `None`: nothing is redrawn.
    pub strength: Option<Strength>,
    /// The task of which it is a result.
    pub parent: Option<TaskId>,
}

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    Picture(StartPicture),
    /// An output of a task, by its number.
    Result(TaskId, u32),
}

impl StartLine {
    /// Text that was stored.
    #[must_use]
    pub fn from_text(text: String) -> Self {
        Self(text)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[must_use]
    pub fn of_result(task: TaskId, output: u32) -> Self {
        Self(format!("result {task} {output}"))
    }

    #[must_use]
    pub fn of_picture(start: &StartPicture) -> Self {
        let StartPicture { edit, picture, size, strength, parent } = start;
        let strength = strength.map_or_else(|| "-".to_owned(), |strength| strength.to_string());
        let parent = parent.map_or_else(|| "-".to_owned(), |parent| parent.to_string());
        Self(format!("{edit} {picture} {} {} {strength} {parent}", size.width, size.height))
    }

    /// All that this edit of a picture of this size was asked for, beside the recipe.
    #[must_use]
    pub fn of_edit(run: &EditRun, size: PixelSize) -> Self {
        let start = StartPicture {
            edit: run.edit.name().to_owned(),
            picture: run.source.clone(),
            size,
            strength: run.edit.strength(),
            parent: run.parent,
        };
        let Self(line) = Self::of_picture(&start);
        Self(match StartPart::of(run) {
            Some(part) => format!("{line} {}", part.words()),
            None => line,
        })
    }

    /// The name of the edit.
    #[must_use]
    pub fn edit(&self) -> &str {
        self.0.split(' ').next().unwrap_or_default()
    }

    /// `None`: it is empty, or damaged.
    #[must_use]
    pub fn read(&self) -> Option<Start> {
        let words: Vec<&str> = self.0.split(' ').collect();
        match words.as_slice() {
            ["result", task, output] => Some(Start::Result(task.parse().ok()?, output.parse().ok()?)),
            [edit, picture, width, height, strength, parent, rest @ ..] => {
                if !rest.is_empty() {
                    StartPart::read(edit, strength.parse().ok()?, rest)?;
                }
                Some(Start::Picture(StartPicture {
                    edit: (*edit).to_owned(),
                    picture: picture.parse().ok()?,
                    size: PixelSize::new(width.parse().ok()?, height.parse().ok()?),
                    strength: if *strength == "-" { None } else { Some(strength.parse().ok()?) },
                    parent: if *parent == "-" { None } else { Some(parent.parse().ok()?) },
                }))
            }
            _ => None,
        }
    }

    /// What an inpaint or outpaint was asked for. `None`: it is another edit, or a line of an earlier version of Darkroom.
    #[must_use]
    pub fn part(&self) -> Option<StartPart> {
        let words: Vec<&str> = self.0.split(' ').collect();
        match words.as_slice() {
            [edit, _, _, _, strength, _, rest @ ..] => StartPart::read(edit, strength.parse().ok()?, rest),
            _ => None,
        }
    }

    /// The mask as it was painted.
    #[must_use]
    pub fn mask(&self) -> Option<PictureId> {
        self.part()?.edit.mask().cloned()
    }

    /// The same for a picture that Darkroom has.
    #[must_use]
    pub fn picture(&self) -> Option<StartPicture> {
        match self.read()? {
            Start::Picture(start) => Some(start),
            Start::Result(..) => None,
        }
    }
}
