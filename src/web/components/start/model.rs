//! The state of the slot. What survives a reload is in the form: the line that names the picture, and the strength.

use leptos::prelude::*;

use super::planned::{planned, submission};
use crate::{
    components::{form::FormModel, memo, pictures::PictureUpload},
    live::Live,
};
use proto::{
    edit::{EditPlan, EditProblem, Start, StartLine, StartPicture},
    ids::TaskId,
    recipe::Field,
};

/// The id of the part of the form that can be opened, with the slot in it.
#[cfg(feature = "hydrate")]
pub(super) const SLOT: &str = "start";

/// Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct StartModel {
    pub form: FormModel,
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only browsers drop"))]
    pub live: Live,
    pub upload: RwSignal<PictureUpload>,
    /// The picture in the slot.
    pub picture: Memo<Option<StartPicture>>,
    /// `None` without a picture.
    pub planned: Memo<Option<Result<EditPlan, Vec<EditProblem>>>>,
    /// The picture before the one that is on its way: it comes back if that fails.
    before: StoredValue<StartLine>,
}

impl StartModel {
    pub fn new(form: FormModel, live: Live) -> Self {
        let picture = memo(move || form.start.with(|line| StartLine::from_text(line.clone()).picture()));
        let planned = memo(move || {
            let steps = form.value(Field::Steps).get();
            picture.with(|picture| picture.as_ref().map(|start| planned(start, &form.strength.get(), &steps)))
        });
        form.with_start.set_value(Some(submission));
        Self { form, live, upload: RwSignal::new(PictureUpload::Idle), picture, planned, before: StoredValue::new(StartLine::default()) }
    }

    /// What the line says now. A result still has to become a picture.
    pub fn read(self) -> Option<(TaskId, u32)> {
        match StartLine::from_text(self.form.start.get()).read() {
            Some(Start::Picture(start)) => self.before.set_value(StartLine::of_picture(&start)),
            Some(Start::Result(task, output)) => return Some((task, output)),
            // Nothing, or a line of another version of Darkroom.
            None => {
                self.before.set_value(StartLine::default());
                self.form.start.maybe_update(|line| {
                    let is_damaged = !line.is_empty();
                    line.clear();
                    is_damaged
                });
            }
        }
        None
    }

    pub fn remove(self) {
        self.before.set_value(StartLine::default());
        self.upload.set(PictureUpload::Idle);
        self.form.start.set(String::new());
        self.form.refusal.set(None);
    }

    #[cfg(feature = "hydrate")]
    pub fn opened(self, uploaded: Result<StartPicture, String>) {
        // The page may have been left meanwhile.
        if self.upload.try_get_untracked().is_none() {
            return;
        }
        match uploaded {
            Ok(start) => {
                self.upload.set(PictureUpload::Idle);
                self.form.refusal.set(None);
                self.form.start.set(StartLine::of_picture(&start).as_str().to_owned());
            }
            Err(why) => {
                self.upload.set(PictureUpload::Failed(why));
                self.form.start.set(self.before.get_value().as_str().to_owned());
            }
        }
    }
}
