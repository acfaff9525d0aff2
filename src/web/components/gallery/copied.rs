//! Copies a text and says so.

use crate::{
    components::dom,
    live::{Live, ToastKind},
};

pub(super) fn copy(live: Live, text: String) {
    dom::copy(text, move |is_copied| {
        let (kind, words) = if is_copied { (ToastKind::Good, "Copied") } else { (ToastKind::Bad, "Not copied: the browser forbids it") };
        live.toast(kind, words, "", None);
    });
}
