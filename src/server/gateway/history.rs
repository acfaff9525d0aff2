//! The history as ComfyUI shows it, of the prompts of clients.

use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use bytes::Bytes;
use proto::{gateway::HistoryPage, limits};
use serde::Deserialize;
use serde_json::Value;

use super::{answer, shared::Gateway, viewer::Viewer};

#[derive(Deserialize)]
pub(super) struct HistoryParams {
    max_items: Option<String>,
    offset: Option<String>,
}

/// `GET /history?max_items=&offset=`
pub(super) async fn list(State(gateway): State<Gateway>, viewer: Viewer, Query(params): Query<HistoryParams>) -> Response {
    let Some(page) = HistoryPage::parse(params.max_items.as_deref(), params.offset.as_deref()) else { return answer::trouble() };
    match gateway.app.store().history_page(viewer.prompts(), page, limits::GATEWAY_HISTORY_PAGE).await {
        Ok(entries) => answer::text(StatusCode::OK, object(&entries)),
        Err(error) => answer::unavailable(&error.to_string()),
    }
}

/// `GET /history/{id}`: empty as long as it is not over, and if it is unknown (fact 42).
pub(super) async fn one(State(gateway): State<Gateway>, viewer: Viewer, Path(id): Path<String>) -> Response {
    match gateway.app.store().history_entry(viewer.prompts(), id.clone()).await {
        Ok(entry) => answer::text(StatusCode::OK, object(&entry.map(|entry| (id, entry)).into_iter().collect::<Vec<_>>())),
        Err(error) => answer::unavailable(&error.to_string()),
    }
}

/// An object of values that are JSON already, in their order.
fn object(members: &[(String, String)]) -> String {
    let members: Vec<String> = members.iter().map(|(name, json)| format!("{}: {json}", Value::from(name.as_str()))).collect();
    format!("{{{}}}", members.join(", "))
}

/// `POST /history`: `{"clear": true}` and `{"delete": [ids]}`. Their tasks stay in Darkroom.
pub(super) async fn change(State(gateway): State<Gateway>, viewer: Viewer, body: Bytes) -> Response {
    let Some(body) = answer::object(&body) else { return answer::trouble() };
    let clears = answer::is_set(body.get("clear"));
    let deleted = answer::texts(body.get("delete"));
    if clears || !deleted.is_empty() {
        let which = (!clears).then_some(deleted);
        if let Err(error) = gateway.app.store().clear_history(viewer.prompts(), which).await {
            return answer::unavailable(&error.to_string());
        }
    }
    answer::done()
}
