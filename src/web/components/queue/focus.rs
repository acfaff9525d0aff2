//! Keeps the focus when rows move or disappear: an element that is moved in the document loses it.

use leptos::{prelude::*, wasm_bindgen::JsCast, web_sys};
use uuid::Uuid;

use proto::ids::TaskId;

/// The id of a control in a row: its name and its task.
pub(super) fn control_id(name: &str, task: TaskId) -> String {
    format!("{name}-{task}")
}

/// The element that had the focus before the rows were reordered, and their order then.
#[derive(Clone, Copy)]
pub(super) struct Focus {
    focused: StoredValue<Option<String>>,
    rows: StoredValue<Vec<u128>>,
}

impl Focus {
    pub(super) fn new() -> Self {
        Self { focused: StoredValue::new(None), rows: StoredValue::new(Vec::new()) }
    }

    /// To be called right before the rows are reordered.
    pub(super) fn remember(self) {
        if cfg!(feature = "hydrate") {
            self.focused.set_value(document().active_element().map(|element| element.id()).filter(|id| !id.is_empty()));
        }
    }

    /// To be called after the rows are reordered. The focus of a removed row goes to the row that took its place.
    pub(super) fn restore(self, rows: &[u128]) {
        let before = self.rows.get_value();
        self.rows.set_value(rows.to_vec());
        let lost = document().active_element().is_none_or(|element| element.tag_name() == "BODY");
        let Some(focused) = self.focused.get_value().filter(|_| lost) else { return };
        let element = document().get_element_by_id(&focused).or_else(|| {
            let (name, task) = focused.split_once('-')?;
            let task = task.parse::<TaskId>().ok()?.0.as_u128();
            let at = before.iter().position(|row| *row == task)?;
            let next = TaskId(Uuid::from_u128(*rows.get(at.min(rows.len().saturating_sub(1)))?));
            document().get_element_by_id(&control_id(name, next))
        });
        let element = element.or_else(|| document().get_element_by_id("queue-title"));
        if let Some(element) = element.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
            let _ = element.focus();
        }
    }
}
