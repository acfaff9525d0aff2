//! Preview pictures: decoded before they are shown, so that the page never waits for one, and released when the next is there. Of each
//! task one is loaded and decoded at a time and only the newest waits, so that a stream too fast for this line or this browser is shown as
//! fast as they can.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use js_sys::{Array, Uint8Array};
use leptos::{ev::Custom, prelude::window_event_listener, task::spawn_local};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, Event, HtmlImageElement, Response, Url, window};

use super::is_hidden;
use crate::live::Live;
use proto::ids::TaskId;

/// Cheap to clone; one a page.
#[derive(Clone)]
pub(super) struct Previews {
    live: Live,
    slots: Rc<RefCell<HashMap<TaskId, Slot>>>,
}

/// A task's previews. It is there while one is being decoded or waits.
#[derive(Default)]
struct Slot {
    decoding: bool,
    next: Option<Picture>,
}

enum Picture {
    /// Held by JavaScript: it must not make this program's memory grow, which never shrinks.
    Here(Uint8Array),
    /// Too large to be sent unasked. Whatever is the newest when it is asked for.
    AtServer,
}

impl Previews {
    pub(super) fn new(live: Live) -> Self {
        let previews = Self { live, slots: Rc::default() };
        let turned = previews.clone();
        // Lives as long as the page.
        let _ = window_event_listener(Custom::<Event>::new("visibilitychange"), move |_| turned.wake());
        previews
    }

    pub(super) fn show(&self, task: TaskId, image: &[u8]) {
        let picture = if image.is_empty() { Picture::AtServer } else { Picture::Here(Uint8Array::from(image)) };
        self.slots.borrow_mut().entry(task).or_default().next = Some(picture);
        self.develop(task);
    }

    /// Lets go of the previews of tasks that are over.
    pub(super) fn release_stale(&self) {
        self.slots.borrow_mut().retain(|task, slot| slot.decoding || self.live.is_open(*task));
        self.live.drop_stale_previews().iter().for_each(|url| release(url));
    }

    /// What came while nobody looked, of what is not over.
    fn wake(&self) {
        self.release_stale();
        let tasks: Vec<TaskId> = self.slots.borrow().keys().copied().collect();
        tasks.into_iter().for_each(|task| self.develop(task));
    }

    fn develop(&self, task: TaskId) {
        let Some(picture) = self.next(task) else { return };
        let previews = self.clone();
        spawn_local(async move {
            let mut next = Some(picture);
            while let Some(picture) = next {
                if let Some(url) = decoded(picture, task).await
                    && let Some(before) = previews.live.set_preview(task, url)
                {
                    release(&before);
                }
                if let Some(slot) = previews.slots.borrow_mut().get_mut(&task) {
                    slot.decoding = false;
                }
                next = previews.next(task);
            }
        });
    }

    /// The preview to decode now, if it is time for one: from then on it is being decoded.
    fn next(&self, task: TaskId) -> Option<Picture> {
        let mut slots = self.slots.borrow_mut();
        let slot = slots.get_mut(&task).filter(|slot| !slot.decoding)?;
        if slot.next.is_none() {
            slots.remove(&task);
            return None;
        }
        if is_hidden() {
            return None;
        }
        slot.decoding = true;
        slot.next.take()
    }
}

/// The url of a picture that is ready to be drawn.
async fn decoded(picture: Picture, task: TaskId) -> Option<String> {
    let blob = match picture {
        Picture::Here(image) => Blob::new_with_u8_array_sequence(&Array::of1(&image)).ok()?,
        Picture::AtServer => load(task).await?,
    };
    let url = Url::create_object_url_with_blob(&blob).ok()?;
    let element = HtmlImageElement::new().ok()?;
    element.set_src(&url);
    if JsFuture::from(element.decode()).await.is_ok() {
        return Some(url);
    }
    release(&url);
    None
}

async fn load(task: TaskId) -> Option<Blob> {
    let response = JsFuture::from(window()?.fetch_with_str(&format!("/tasks/{task}/preview"))).await.ok()?;
    let blob = response.unchecked_into::<Response>().blob().ok()?;
    JsFuture::from(blob).await.ok()?.dyn_into().ok()
}

fn release(url: &str) {
    let _ = Url::revoke_object_url(url);
}
