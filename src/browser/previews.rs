//! Preview pictures: decoded before they are shown, so that the page never waits for one, and released when the next is there.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use js_sys::{Array, Uint8Array};
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, HtmlImageElement, Url};

use crate::{live::Live, proto::ids::TaskId};

pub(super) struct Previews {
    live: Live,
    /// How many came of each task: of two that are being decoded, the older is not shown after the newer.
    newest: Rc<RefCell<HashMap<TaskId, u64>>>,
}

impl Previews {
    pub(super) fn new(live: Live) -> Self {
        Self { live, newest: Rc::default() }
    }

    pub(super) fn show(&self, task: TaskId, image: &[u8]) {
        let Some(url) = object_url(image) else { return };
        let number = {
            let mut newest = self.newest.borrow_mut();
            let number = newest.entry(task).or_default();
            *number += 1;
            *number
        };
        let (live, newest) = (self.live, self.newest.clone());
        spawn_local(async move {
            let decoded = decode(&url).await;
            let superseded = newest.borrow().get(&task) != Some(&number);
            if !decoded || superseded {
                release(&url);
            } else if let Some(before) = live.set_preview(task, url) {
                release(&before);
            }
        });
    }

    /// Lets go of the previews of tasks that are over.
    pub(super) fn release_stale(&self) {
        self.live.drop_stale_previews().iter().for_each(|url| release(url));
    }
}

fn object_url(image: &[u8]) -> Option<String> {
    let parts = Array::of1(&Uint8Array::from(image));
    let blob = Blob::new_with_u8_array_sequence(&parts).ok()?;
    Url::create_object_url_with_blob(&blob).ok()
}

async fn decode(url: &str) -> bool {
    let Ok(image) = HtmlImageElement::new() else { return false };
    image.set_src(url);
    JsFuture::from(image.decode()).await.is_ok()
}

fn release(url: &str) {
    let _ = Url::revoke_object_url(url);
}
