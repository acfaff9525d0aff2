//! The projects that the page follows: told to the server, and read over HTTP while there is no socket.

use js_sys::{Array, JSON, Reflect};
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::state::PageDriver;
use crate::{base_path::with_base, browser::request::LimitedRequest};
use proto::{
    limits,
    wire::{ClientMessage, ProjectFrame, ProjectPlace},
};

impl PageDriver {
    /// Tells the server which projects are followed: all of them.
    pub(super) fn send_projects(&self) {
        let mut places = self.0.live.followed_projects();
        places.truncate(limits::FOLLOWED_PROJECTS);
        self.send(&ClientMessage::Projects(places));
    }

    /// After a new connection was made.
    pub(super) fn follow_again(&self) {
        if !self.0.live.followed_projects().is_empty() {
            self.send_projects();
        }
    }

    pub(super) fn receive_event(&self, frame: &ProjectFrame) {
        let json = std::str::from_utf8(frame.json).ok().filter(|json| !json.is_empty());
        self.0.live.project_event(frame.project, frame.number, json);
    }

    /// Reads what happened in the followed projects since.
    pub(super) fn poll_projects(&self) {
        for place in self.0.live.followed_projects() {
            let driver = self.clone();
            let request = LimitedRequest::new(events_after(place), limits::POLL_TIME);
            spawn_local(async move {
                if let Some(Some(page)) = request.answer().await {
                    driver.tell(place, &page);
                }
            });
        }
    }

    /// Tells a page of events, as REST has it.
    fn tell(&self, place: ProjectPlace, page: &JsValue) {
        let member = |object: &JsValue, name: &str| Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED);
        let number = |object: &JsValue, name: &str| member(object, name).as_f64().unwrap_or_default() as u64;
        if member(page, "is_complete").as_bool() == Some(false) {
            return self.0.live.project_event(place.project, number(page, "next"), None);
        }
        let Ok(events) = member(page, "events").dyn_into::<Array>() else { return };
        for event in events.iter() {
            let json = JSON::stringify(&event).ok().and_then(|text| text.as_string());
            self.0.live.project_event(place.project, number(&event, "number"), json.as_deref());
        }
    }
}

async fn events_after(place: ProjectPlace) -> Option<JsValue> {
    let address = with_base(&format!("/api/projects/{}/events?after={}&limit=500", place.project, place.known.unwrap_or_default()));
    let answer = JsFuture::from(leptos::prelude::window().fetch_with_str(&address)).await.ok()?;
    let response: web_sys::Response = answer.dyn_into().ok()?;
    if !response.ok() {
        return None;
    }
    JsFuture::from(response.json().ok()?).await.ok()
}
