//! Beginning with a picture, and the commands of buttons and keys.

use std::{
    cell::RefCell,
    collections::{BTreeSet, VecDeque},
    rc::Rc,
};

use leptos::{ev, prelude::*};
use proto::mask::{Mask, Painting, TileFacts};

use super::{
    draft,
    elements::window_size,
    frame,
    overlay::MaskCanvas,
    placing::{place, refit, zoom},
    state::{DraftState, Driver, DriverHandle, Gesture, handle},
    touch::Touches,
};
use crate::components::mask_editor::{
    keys::EditorCommand,
    model::{EditedPicture, MaskEditorModel, PaintedMask},
};

/// Starts with each picture of the model.
pub(crate) fn start(model: MaskEditorModel) {
    model.commands.set_value(Some(command));
    Effect::new(move |_| {
        if let Some(picture) = model.picture.get() {
            begin(model, picture);
        }
    });
    Effect::new(move |_| {
        let (grow, feather) = (model.grow.get(), model.feather.get());
        if let Some(handle) = handle(model) {
            handle.0.borrow_mut().shape(grow, feather);
            frame::request(model, &handle);
        }
    });
    Effect::new(move |_| place(model.viewport.get()));
    Effect::new(move |_| {
        model.frame.track();
        refit(model);
    });
    let listeners = [
        window_event_listener(ev::resize, move |_| refit(model)),
        window_event_listener(ev::pagehide, move |_| draft::save_now(model)),
        window_event_listener(ev::visibilitychange, move |_| draft::save_now(model)),
    ];
    on_cleanup(move || {
        draft::save_now(model);
        listeners.into_iter().for_each(WindowListenerHandle::remove);
        model.driver.try_update_value(|driver| *driver = None);
    });
}

fn begin(model: MaskEditorModel, picture: EditedPicture) {
    let Some(overlay) = MaskCanvas::new(picture.size) else { return };
    // Another picture of the same size, such as a result that becomes the source: its mask stays.
    let before = handle(model).map(|handle| handle.0.borrow().painting.mask().clone());
    let carried = before.filter(|mask| (mask.width(), mask.height()) == (picture.size.width, picture.size.height));
    let is_carried = carried.is_some();
    let painting = Painting::new(carried.unwrap_or_else(|| Mask::new(picture.size.width, picture.size.height)));
    let mut driver = Driver {
        facts: vec![TileFacts::default(); painting.mask().tile_count()],
        painting,
        overlay,
        revision: 0,
        to_draw: BTreeSet::new(),
        input: VecDeque::new(),
        gesture: Gesture::None,
        touches: Touches::default(),
        pen_seen: false,
        space_held: false,
        fitted: true,
        frame_requested: false,
        draft: DraftState::default(),
        picture: picture.clone(),
    };
    driver.shape(model.grow.get_untracked(), model.feather.get_untracked());
    let handle = DriverHandle(Rc::new(RefCell::new(driver)));
    model.driver.set_value(Some(Rc::new(handle.clone())));
    model.broken.set(false);
    model.crosshair.set(None);
    model.lasso.set(Vec::new());
    model.painted.set(PaintedMask::default());
    refit(model);
    draft::restore(handle.clone(), is_carried, move || {
        // The page may have been left meanwhile.
        if model.begun.try_update(|begun| *begun += 1).is_some() {
            frame::request(model, &handle);
        }
    });
}

pub(crate) fn command(model: MaskEditorModel, command: EditorCommand) {
    const ZOOM: f64 = 1.5;
    let Some(handle) = handle(model) else { return };
    let middle = window_size().map_or((0.0, 0.0), |(width, height)| (width / 2.0, height / 2.0));
    match command {
        EditorCommand::ZoomIn => return zoom(model, ZOOM, middle),
        EditorCommand::ZoomOut => return zoom(model, 1.0 / ZOOM, middle),
        EditorCommand::Fit => {
            handle.0.borrow_mut().fitted = true;
            return refit(model);
        }
        _ => {}
    }
    let words = {
        let mut driver = handle.0.borrow_mut();
        driver.finish_input();
        let painting = &mut driver.painting;
        match command {
            EditorCommand::Undo if painting.undo() => "Undone",
            EditorCommand::Undo => "Nothing to undo",
            EditorCommand::Redo if painting.redo() => "Redone",
            EditorCommand::Redo => "Nothing to redo",
            EditorCommand::Invert => {
                painting.invert();
                "Inverted"
            }
            EditorCommand::Clear => {
                painting.set_all(0);
                "Cleared"
            }
            EditorCommand::FillAll => {
                painting.set_all(255);
                "Everything is painted"
            }
            _ => "",
        }
    };
    model.announce(words);
    frame::request(model, &handle);
}
