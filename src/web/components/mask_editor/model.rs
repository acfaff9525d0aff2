//! The state of the editor: what its parts show, and the driver that paints.

use leptos::prelude::*;

use super::{
    keys::EditorCommand,
    tools::{ToolSettings, stepped},
    viewport::{ViewFrame, Viewport},
};
use crate::components::key_bindings::KeyBindings;
use proto::edit::{PictureId, PixelRect, PixelSize};

/// The picture that is edited.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EditedPicture {
    pub id: PictureId,
    pub size: PixelSize,
}

/// What is painted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct PaintedMask {
    /// The smallest rectangle with everything that is painted.
    pub bounds: Option<PixelRect>,
    /// The share of the picture, in thousandths.
    pub permille: u32,
    pub can_undo: bool,
    pub can_redo: bool,
    /// The draft of before was looked up, so that this is the whole mask.
    pub known: bool,
    /// Another number for each mask of a picture: how often it was changed.
    pub revision: u32,
}

/// Cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct MaskEditorModel {
    pub picture: RwSignal<Option<EditedPicture>>,
    pub settings: RwSignal<ToolSettings>,
    /// How the mask is shaped before it is used, in pixels: enlarged, then softened. What is seen is shaped, what is painted stays as it is.
    pub grow: RwSignal<u32>,
    pub feather: RwSignal<u32>,
    /// What belongs into the window beside the picture, such as what it is extended by.
    pub frame: RwSignal<Option<ViewFrame>>,
    pub viewport: RwSignal<Viewport>,
    pub painted: RwSignal<PaintedMask>,
    /// How many pictures were begun with: it grows when the draft of one was looked up.
    pub begun: RwSignal<u32>,
    /// Where the pointer is, in pixels of the picture.
    pub pointer: RwSignal<Option<(f64, f64)>>,
    /// The place that the keyboard moves.
    pub crosshair: RwSignal<Option<(f64, f64)>>,
    /// The points of the lasso that is being drawn.
    pub lasso: RwSignal<Vec<(f32, f32)>>,
    /// The keys that were changed in this browser.
    pub bindings: RwSignal<KeyBindings>,
    /// For screen readers.
    pub announced: RwSignal<String>,
    /// The mask is neither shown nor changed; the picture can only be moved.
    pub locked: RwSignal<bool>,
    /// The picture could not be shown.
    pub broken: RwSignal<bool>,
    #[cfg(feature = "hydrate")]
    pub(super) driver: StoredValue<Option<std::rc::Rc<dyn std::any::Any>>, LocalStorage>,
    /// Carries out the commands that change the mask or the view.
    #[cfg(feature = "hydrate")]
    pub(super) commands: StoredValue<Option<RunCommand>, LocalStorage>,
}

/// Carries out a command in the browser.
#[cfg(feature = "hydrate")]
pub(super) type RunCommand = fn(MaskEditorModel, EditorCommand);

impl MaskEditorModel {
    pub fn new() -> Self {
        Self {
            picture: RwSignal::new(None),
            settings: RwSignal::new(ToolSettings::default()),
            grow: RwSignal::new(0),
            feather: RwSignal::new(0),
            frame: RwSignal::new(None),
            viewport: RwSignal::new(Viewport { scale: 1.0, x: 0.0, y: 0.0 }),
            painted: RwSignal::new(PaintedMask::default()),
            begun: RwSignal::new(0),
            pointer: RwSignal::new(None),
            crosshair: RwSignal::new(None),
            lasso: RwSignal::new(Vec::new()),
            bindings: RwSignal::new(KeyBindings::default()),
            announced: RwSignal::new(String::new()),
            locked: RwSignal::new(false),
            broken: RwSignal::new(false),
            #[cfg(feature = "hydrate")]
            driver: StoredValue::new_local(None),
            #[cfg(feature = "hydrate")]
            commands: StoredValue::new_local(None),
        }
    }

    /// The brush's diameter in pixels of the picture.
    pub fn diameter(self) -> u32 {
        let size = self.picture.with(|picture| picture.as_ref().map_or(PixelSize::new(1, 1), |picture| picture.size));
        self.settings.get().diameter(size.width, size.height)
    }

    pub fn set_diameter(self, diameter: u32) {
        self.settings.update(|settings| settings.size = diameter);
    }

    /// The picture, and what else belongs into the window.
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only browsers have a window"))]
    pub fn whole(self) -> ViewFrame {
        let size = self.picture.with(|picture| picture.as_ref().map_or(PixelSize::new(1, 1), |picture| picture.size));
        let picture = ViewFrame { left: 0.0, top: 0.0, right: f64::from(size.width), bottom: f64::from(size.height) };
        self.frame.get().unwrap_or(picture)
    }

    pub fn announce(self, words: impl Into<String>) {
        self.announced.set(words.into());
    }

    pub fn run(self, command: EditorCommand) {
        let moves = matches!(command, EditorCommand::ZoomIn | EditorCommand::ZoomOut | EditorCommand::Fit);
        if self.locked.get_untracked() && !moves {
            return;
        }
        match command {
            EditorCommand::Choose(tool) => {
                self.settings.update(|settings| settings.tool = tool);
                self.lasso.set(Vec::new());
                self.announce(tool.label());
            }
            EditorCommand::Swap => {
                let erases = self.settings.with_untracked(|settings| settings.tool == super::tools::Tool::Eraser);
                self.run(EditorCommand::Choose(if erases { super::tools::Tool::Brush } else { super::tools::Tool::Eraser }));
            }
            EditorCommand::Smaller | EditorCommand::Larger => {
                let diameter = stepped(untrack(|| self.diameter()), command == EditorCommand::Larger);
                self.set_diameter(diameter);
                self.announce(format!("Brush {diameter} pixels"));
            }
            _ => self.drive(command),
        }
    }

    /// Commands that change the mask or the view.
    fn drive(self, command: EditorCommand) {
        #[cfg(feature = "hydrate")]
        if let Some(carry_out) = self.commands.try_get_value().flatten() {
            carry_out(self, command);
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = command;
    }
}
