//! Loads preview pictures: decodes each before it is shown, so that drawing never waits, and releases it when the next is shown. Per task
//! one is loaded and decoded at a time and only the newest waits, so that previews faster than this connection or browser are skipped.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use js_sys::{Array, Uint8Array};
use leptos::{ev::Custom, prelude::window_event_listener, task::spawn_local};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, Event, HtmlImageElement, Response, Url, window};

use super::platform::is_hidden;
use crate::{base_path::with_base, live::Live};
use proto::ids::TaskId;

/// Cheap to clone; one per page.
#[derive(Clone)]
pub(super) struct PreviewLoader {
    live: Live,
    slots: Rc<RefCell<HashMap<TaskId, PreviewSlot>>>,
}

/// The previews of a task. It exists while one is being decoded or waits.
#[derive(Default)]
struct PreviewSlot {
    decoding: bool,
    next: Option<PreviewSource>,
}

enum PreviewSource {
    /// The picture, in JavaScript's memory: the memory of WASM would grow with it and never shrink.
    Received(Uint8Array),
    /// A picture that the server did not push because of its size: the newest one is fetched.
    AtServer,
}

impl PreviewLoader {
    pub(super) fn new(live: Live) -> Self {
        let previews = Self { live, slots: Rc::default() };
        let listening = previews.clone();
        // Lives as long as the page.
        let _ = window_event_listener(Custom::<Event>::new("visibilitychange"), move |_| listening.wake());
        previews
    }

    pub(super) fn show(&self, task: TaskId, image: &[u8]) {
        let picture = if image.is_empty() { PreviewSource::AtServer } else { PreviewSource::Received(Uint8Array::from(image)) };
        self.slots.borrow_mut().entry(task).or_default().next = Some(picture);
        self.load_all(task);
    }

    /// Releases the previews of tasks that have ended.
    pub(super) fn release_stale(&self) {
        self.slots.borrow_mut().retain(|task, slot| slot.decoding || self.live.is_open(*task));
        self.live.drop_stale_previews().iter().for_each(|url| release(url));
    }

    /// Loads the previews that were received while the page was hidden.
    fn wake(&self) {
        self.release_stale();
        let tasks: Vec<TaskId> = self.slots.borrow().keys().copied().collect();
        tasks.into_iter().for_each(|task| self.load_all(task));
    }

    fn load_all(&self, task: TaskId) {
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

    /// The preview to decode now, which is marked as being decoded. `None` while one is, or the page is hidden.
    fn next(&self, task: TaskId) -> Option<PreviewSource> {
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

/// The object URL of a decoded picture.
async fn decoded(picture: PreviewSource, task: TaskId) -> Option<String> {
    let blob = match picture {
        PreviewSource::Received(image) => Blob::new_with_u8_array_sequence(&Array::of1(&image)).ok()?,
        PreviewSource::AtServer => fetch(task).await?,
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

async fn fetch(task: TaskId) -> Option<Blob> {
    let response = JsFuture::from(window()?.fetch_with_str(&with_base(&format!("/tasks/{task}/preview")))).await.ok()?;
    let blob = response.unchecked_into::<Response>().blob().ok()?;
    JsFuture::from(blob).await.ok()?.dyn_into().ok()
}

fn release(url: &str) {
    let _ = Url::revoke_object_url(url);
}
