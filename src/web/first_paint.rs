//! The state that the server renders with, embedded in the page. The browser hydrates with the same state, so that its first render is the
//! same.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use proto::{
    submit::{FormOptions, Refusal},
    task::Snapshot,
};

/// What server and browser render first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FirstPaint {
    pub snapshot: Snapshot,
    pub options: FormOptions,
    /// A form that was sent without JavaScript and refused.
    pub returned: Option<ReturnedForm>,
    /// The same of the page for edits.
    pub returned_edit: Option<ReturnedForm>,
    /// The build of the front end that this page loads; see [`proto::wire::ServerMessage::Welcome`].
    pub build: String,
    /// The address of the live connection. Empty: `/ws` of the address of the page.
    pub live_address: String,
    /// A seed for the form, so that server and browser show the same.
    pub seed: u64,
    /// The page belongs to a session, so that it offers to sign out.
    pub signed_in: bool,
    /// `(TaskId, Vec<Delivery>)` of the shown task in postcard: its messages to webhooks. Encoded, because only the code of the task page decodes
    /// it.
    pub webhooks: Vec<u8>,
    /// `(TaskId, TaskWorkflow)` of the shown task in postcard, encoded for the same reason. Empty: it could not be read.
    pub workflow: Vec<u8>,
    /// [`GalleryFirst`](proto::gallery::GalleryFirst) in postcard, for pages of the gallery.
    pub gallery: Vec<u8>,
    /// [`ProductionFirst`](proto::production::ProductionFirst) in postcard, for pages of productions.
    pub production: Vec<u8>,
    /// The picture that the form of Studio starts from, as the text of a [`StartLine`](proto::edit::StartLine).
    pub start: String,
}

/// The texts by the names of their fields, and why the form was refused.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReturnedForm {
    pub fields: Vec<(String, String)>,
    pub refusal: Refusal,
}

/// The names of the fields with the ids of the picture and the mask that came with a form for edits that was refused.
pub(crate) const KEPT_PICTURE: &str = "kept-picture";
pub(crate) const KEPT_MASK: &str = "kept-mask";
/// The name of the field that says to forget that mask.
pub(crate) const WITHOUT_MASK: &str = "without-mask";

/// On the server, takes the state from the context and embeds it in the page. In the browser, reads it from the page.
pub(crate) fn read() -> FirstPaint {
    let text = SharedValue::new_str(|| to_base64(&use_context().unwrap_or_default())).into_inner();
    // Only a page of another version cannot be decoded: it starts empty, and the live connection then offers to reload.
    from_base64(&text).and_then(|bytes| postcard::from_bytes(&bytes).ok()).unwrap_or_default()
}

#[cfg(feature = "ssr")]
fn to_base64(first: &FirstPaint) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.encode(postcard::to_allocvec(first).unwrap_or_default())
}

/// The browser only decodes.
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
