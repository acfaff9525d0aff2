//! The state that the server renders with and the browser takes over: carried inside the page, so that nothing changes when it comes alive.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use proto::{
    submit::{FormOptions, Refusal},
    task::Snapshot,
};

/// What the server knows when it renders, and the browser takes over as it is: the first render of both must be the same.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FirstPaint {
    pub snapshot: Snapshot,
    pub options: FormOptions,
    /// A form that was sent without JavaScript and refused: what was typed, and what is wrong with it.
    pub returned: Option<ReturnedForm>,
    /// Of the front end that this page loads; see [`proto::wire::ServerMessage::Welcome`].
    pub build: String,
    /// A seed for the form, so that server and browser show the same.
    pub seed: u64,
    /// The page belongs to a session, which its person can end.
    pub signed_in: bool,
    /// What webhooks were told of the task that is shown, with its id, in postcard: only the page of a task reads it.
    pub webhooks: Vec<u8>,
}

/// What was typed, by the names of the fields, and why it was refused.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReturnedForm {
    pub fields: Vec<(String, String)>,
    pub refusal: Refusal,
}

/// On the server the state of now, which it puts into the page; in the browser what it finds there.
pub(crate) fn take() -> FirstPaint {
    let text = SharedValue::new_str(|| to_base64(&use_context().unwrap_or_default())).into_inner();
    // Only the page of another version is not readable: it begins empty, and the live connection tells it to reload.
    from_base64(&text).and_then(|bytes| postcard::from_bytes(&bytes).ok()).unwrap_or_default()
}

#[cfg(feature = "ssr")]
fn to_base64(first: &FirstPaint) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.encode(postcard::to_allocvec(first).unwrap_or_default())
}

/// The browser only reads.
#[cfg(not(feature = "ssr"))]
fn to_base64(_: &FirstPaint) -> String {
    String::new()
}

#[cfg(feature = "hydrate")]
fn from_base64(text: &str) -> Option<Vec<u8>> {
    let bytes = web_sys::window()?.atob(text).ok()?;
    Some(bytes.chars().map(|c| c as u8).collect())
}

#[cfg(not(feature = "hydrate"))]
fn from_base64(text: &str) -> Option<Vec<u8>> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.decode(text).ok()
}
