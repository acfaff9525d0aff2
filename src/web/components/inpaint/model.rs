//! The state of the page.

use leptos::prelude::*;

use super::{
    before::{PictureMask, ReusedSettings},
    choices::{EditChoices, EditKind},
    planned::Planned,
};
use crate::components::{
    form::FormModel,
    mask_editor::{EditedPicture, MaskEditorModel},
    memo,
    pictures::PictureUpload,
};
use proto::{
    edit::{PictureId, PixelSize},
    mask::Mask,
};

/// Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct InpaintModel {
    /// Prompt, checkpoint, steps and so on.
    pub form: FormModel,
    pub editor: MaskEditorModel,
    pub choices: RwSignal<EditChoices>,
    pub upload: RwSignal<PictureUpload>,
    /// The result is shown in place of the mask.
    pub shows_result: RwSignal<bool>,
    pub planned: Memo<Planned>,
    /// The mask that was sent last: of which picture and which revision, and its id.
    pub sent_mask: RwSignal<Option<SentMask>>,
    /// The page has the settings of a task.
    pub reused: RwSignal<Option<ReusedSettings>>,
    /// To be taken over when the draft of its picture was looked up.
    pub waiting_mask: RwSignal<Option<PictureMask>>,
    /// An output of the gallery, to be taken over as the mask when there is a picture.
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only browsers fetch"))]
    pub given_mask: RwSignal<Option<Mask>>,
    /// An edge of the extended picture is being dragged: the window does not move meanwhile.
    pub dragged: RwSignal<bool>,
}

/// A mask that Darkroom has.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SentMask {
    pub source: PictureId,
    pub revision: u32,
    pub id: PictureId,
}

impl InpaintModel {
    pub fn new(form: FormModel) -> Self {
        let editor = MaskEditorModel::new();
        let choices = RwSignal::new(EditChoices::default());
        let planned = memo(move || Planned::of(form, &choices.get(), editor.painted.get()));
        let model = Self {
            form,
            editor,
            choices,
            upload: RwSignal::new(PictureUpload::Idle),
            shows_result: RwSignal::new(false),
            planned,
            sent_mask: RwSignal::new(None),
            reused: RwSignal::new(None),
            waiting_mask: RwSignal::new(None),
            given_mask: RwSignal::new(None),
            dragged: RwSignal::new(false),
        };
        model.keep();
        model.follow();
        model
    }

    /// Begins with another picture.
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only browsers upload"))]
    pub fn open(self, id: PictureId, size: PixelSize) {
        self.choices.update(|choices| {
            choices.picture = Some((id, size));
            choices.task = None;
        });
        self.upload.set(PictureUpload::Idle);
        self.shows_result.set(false);
    }

    /// The editor shows what is chosen.
    fn follow(self) {
        let Self { editor, choices, .. } = self;
        Effect::new(move |_| {
            let chosen = choices.with(|choices| choices.picture.clone()).map(|(id, size)| EditedPicture { id, size });
            if editor.picture.with_untracked(|shown| *shown != chosen) {
                editor.picture.set(chosen);
            }
        });
        Effect::new(move |_| {
            let (grow, feather) = choices.with(|choices| (choices.grow, choices.feather));
            editor.grow.set(grow);
            editor.feather.set(feather);
        });
        Effect::new(move |before: Option<(u32, u32)>| {
            let shape = (editor.grow.get(), editor.feather.get());
            if before.is_some() {
                choices.maybe_update(|choices| {
                    let changed = (choices.grow, choices.feather) != shape;
                    (choices.grow, choices.feather) = shape;
                    changed
                });
            }
            shape
        });
        let (planned, dragged, extends) =
            (self.planned, self.dragged, memo(move || choices.with(|choices| choices.kind == EditKind::Outpaint)));
        Effect::new(move |_| {
            editor.locked.set(extends.get());
            let frame = planned.with(|planned| planned.extended()).filter(|_| extends.get());
            if !dragged.get() {
                editor.frame.set(frame);
            }
        });
    }

    /// Keeps the choices in this browser, and the tools.
    fn keep(self) {
        #[cfg(feature = "hydrate")]
        {
            keep(self.choices, "darkroom:edit:choices");
            keep(self.editor.settings, "darkroom:edit:tools");
        }
    }
}

#[cfg(feature = "hydrate")]
fn keep<T>(signal: RwSignal<T>, key: &'static str)
where
    T: Clone + PartialEq + serde::Serialize + serde::de::DeserializeOwned + Send + Sync + 'static,
{
    use crate::storage;
    // After hydration: the first render is the server's.
    Effect::new(move |restored: Option<()>| {
        let value = signal.get();
        if restored.is_some() {
            if let Ok(text) = serde_json::to_string(&value) {
                storage::save(key, &text);
            }
        } else if let Some(stored) = storage::load(key).and_then(|text| serde_json::from_str(&text).ok()) {
            signal.set(stored);
        }
    });
}
