//! Opening the page with the settings of a task: its picture, its mask, and all that was chosen and typed for it.

use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_bindgen::{JsCast, JsValue},
    web_sys,
};
use wasm_bindgen_futures::JsFuture;

use super::{
    before::{PictureMask, ReusedSettings},
    choices::{EditChoices, EditKind},
    model::InpaintModel,
    reused::page_now,
};
use crate::{
    api::fetch_task,
    base_path::with_base,
    components::{
        mask_editor::{keep_mask, mask_in, painted_mask, set_mask},
        pictures::PictureUpload,
    },
    live::Live,
};
use proto::{
    edit::{Edit, EditArea, Inpaint, Outpaint, PictureId, PixelSize, StartLine, StartPart, StartPicture},
    ids::TaskId,
    mask::Mask,
    recipe::TextToImage,
};

/// Opens with the settings of this task. If there are none, the page stays as it is and says why.
pub(super) fn use_settings(model: InpaintModel, live: Live, task: TaskId) {
    model.upload.set(PictureUpload::Idle);
    spawn_local(async move {
        let fail = |why: &str| {
            // The page may have been left meanwhile.
            let _ = model.upload.try_set(PictureUpload::Failed(why.to_owned()));
        };
        let known = untrack(|| live.with_task(task, |task| (task.recipe.clone(), task.start.clone())));
        let (recipe, start) = match known {
            Some(known) => known,
            None => match fetch_task(task).await {
                Ok(Some(task)) => (task.recipe, task.start),
                Ok(None) => return fail("The task whose settings were to be used is not there any more."),
                Err(_) => return fail("Darkroom cannot be reached. Open the settings of the task again when it can."),
            },
        };
        let start = start.unwrap_or_default();
        match start.picture().filter(|start| matches!(start.edit.as_str(), "inpaint" | "outpaint")) {
            Some(picture) if model.reused.try_get_untracked().is_some() => open(model, task, recipe, &picture, &start).await,
            Some(_) => {}
            None => fail("This task neither painted a part of a picture new nor extended one. Use its settings from its page."),
        }
    });
}

async fn open(model: InpaintModel, task: TaskId, recipe: Option<TextToImage>, start: &StartPicture, line: &StartLine) {
    let (part, mut missing) = (line.part(), Vec::new());
    if part.is_none() {
        missing.push("It is of an earlier version of Darkroom, which did not keep how the part was painted, nor its mask.".to_owned());
    }
    let now = model.choices.with_untracked(|choices| choices.picture.clone());
    let painted = now.and_then(|(picture, _)| Some(PictureMask { mask: painted_mask(model.editor, &picture)?, picture }));
    let before = page_now(model, painted);
    if let Some(recipe) = recipe {
        // That of a task is the size of its result.
        let TextToImage { width, height, .. } = TextToImage::default();
        let size = part.as_ref().map_or(PixelSize::new(width, height), |part| part.model_size);
        model.form.fill(&TextToImage { width: size.width, height: size.height, ..recipe });
    }
    let is_another = model.choices.with_untracked(|choices| choices.picture.as_ref().is_none_or(|(id, _)| *id != start.picture));
    model.choices.update(|choices| set(choices, task, start, part.as_ref()));
    model.upload.set(PictureUpload::Idle);
    model.shows_result.set(false);
    let mask = part.as_ref().and_then(|part| part.edit.mask());
    let fetched = match mask {
        Some(id) => fetched(id).await.map(Some),
        None => Ok(None),
    };
    // Where it is gone, the mask of the picture before must not be taken for it, if that has the same size.
    let nothing = || is_another.then(|| Mask::new(start.size.width, start.size.height));
    let mask = match fetched {
        Ok(Some(mask)) => Some(mask),
        Ok(None) if part.is_some() => None,
        Ok(None) => nothing(),
        Err(why) => {
            missing.push(why);
            nothing()
        }
    };
    let reused = ReusedSettings { task, has_mask: mask.is_some() && missing.is_empty(), draft: None, missing, before };
    // The page may have been left meanwhile.
    if model.reused.try_set(Some(reused)).is_none() {
        model.waiting_mask.set(mask.map(|mask| PictureMask { picture: start.picture.clone(), mask }));
    }
}

/// What is not said stays as it was chosen.
fn set(choices: &mut EditChoices, task: TaskId, start: &StartPicture, part: Option<&StartPart>) {
    choices.picture = Some((start.picture.clone(), start.size));
    choices.kind = if start.edit == "outpaint" { EditKind::Outpaint } else { EditKind::Inpaint };
    choices.task = Some(task);
    if let Some(strength) = start.strength {
        choices.strength = strength.to_string();
    }
    let Some(part) = part else { return };
    let (area, method) = match &part.edit {
        Edit::Inpaint(Inpaint { grow, feather, area, method, .. }) => {
            (choices.grow, choices.feather) = (*grow, *feather);
            (*area, *method)
        }
        Edit::Outpaint(Outpaint { left, top, right, bottom, feather, area, method, .. }) => {
            let sides = [&mut choices.left, &mut choices.top, &mut choices.right, &mut choices.bottom, &mut choices.fade];
            for (text, pixels) in sides.into_iter().zip([left, top, right, bottom, feather]) {
                *text = pixels.to_string();
            }
            (*area, *method)
        }
        Edit::Redraw { .. } | Edit::Upscale(_) => return,
    };
    choices.method = method;
    choices.masked = area != EditArea::Whole;
    if let EditArea::Masked { context } = area {
        choices.context = context.to_string();
    }
}

/// A mask that Darkroom has, or why it cannot be shown.
async fn fetched(id: &PictureId) -> Result<Mask, String> {
    let away = "Its mask could not be fetched: Darkroom cannot be reached. Use the settings again when it can.";
    let gone = "Its mask is not stored any more. Paint what should change again.";
    mask_at(&with_base(&format!("/api/pictures/{id}")), away, gone).await
}

/// The mask in a picture of Darkroom. `away`, `gone`: what is said when Darkroom cannot be reached, or has it no more.
pub(super) async fn mask_at(address: &str, away: &str, gone: &str) -> Result<Mask, String> {
    let away = || away.to_owned();
    let answer = JsFuture::from(window().fetch_with_str(address)).await.map_err(|_| away())?;
    let answer: web_sys::Response = answer.dyn_into().map_err(|_| away())?;
    if !answer.ok() {
        return Err(gone.to_owned());
    }
    let file = JsFuture::from(answer.blob().map_err(|_| away())?).await.map_err(|_| away())?;
    mask_in(&file.dyn_into().map_err(|_| away())?).await
}

/// Takes over the mask that waits for its picture, as soon as the picture's draft was looked up: undo brings that back.
pub(super) fn take_waiting_mask(model: InpaintModel) {
    Effect::new(move |_| {
        model.editor.begun.track();
        let Some(PictureMask { picture, mask }) = model.waiting_mask.get() else { return };
        let Some(now) = painted_mask(model.editor, &picture) else { return };
        model.waiting_mask.set(None);
        // In place of a mask that is gone: the picture's own draft stays.
        let is_own = model.reused.with_untracked(|reused| reused.as_ref().is_some_and(|reused| !is_carried(reused, &picture, &now)));
        if mask.is_empty() && is_own {
            return;
        }
        keep_draft(model, picture, now, &mask);
        if let Err(why) = set_mask(model.editor, &mask) {
            model.reused.maybe_update(|reused| reused.as_mut().map(|reused| reused.missing.push(why)).is_some());
        }
    });
}

/// It is the mask of the picture before, which has the same size.
fn is_carried(reused: &ReusedSettings, picture: &PictureId, now: &Mask) -> bool {
    let before = reused.before.as_ref().and_then(|before| before.mask.as_ref());
    before.is_some_and(|before| before.picture != *picture && before.mask == *now)
}

/// What is painted on the picture now must not be lost: if it is the picture that the page had before, it belongs to what was there. Another
/// picture's draft becomes a saved mask.
fn keep_draft(model: InpaintModel, picture: PictureId, now: Mask, new: &Mask) {
    let mut is_other = false;
    model.reused.maybe_update(|reused| {
        let Some(reused) = reused else { return false };
        if is_carried(reused, &picture, &now) {
            return false;
        }
        match &mut reused.before {
            Some(before) if before.choices.picture.as_ref().is_some_and(|(id, _)| *id == picture) => {
                before.mask = Some(PictureMask { picture, mask: now.clone() });
                true
            }
            _ => {
                is_other = !now.is_empty() && now != *new;
                false
            }
        }
    });
    if is_other {
        let name = format!("Draft of {}", String::from(js_sys::Date::new_0().to_locale_string("default", &JsValue::UNDEFINED)));
        spawn_local(async move {
            if keep_mask(model.editor, &name, &now).await.is_ok() {
                // The page may have been left meanwhile.
                let _ = model.reused.try_maybe_update(|reused| (reused.as_mut().map(|reused| reused.draft = Some(name)).is_some(), ()));
                model.editor.begun.try_update(|begun| *begun += 1);
            }
        });
    }
}
