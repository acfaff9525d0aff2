//! The focus stays where it is when rows move or go: an element that is moved in the document loses it.

use leptos::{prelude::*, wasm_bindgen::JsCast, web_sys};
use uuid::Uuid;

use proto::ids::TaskId;

/// A control of a row is known by what it does and its task: its id is made of the two.
pub(super) fn control_id(name: &str, task: TaskId) -> String {
    format!("{name}-{task}")
}

/// What had the focus before the rows were put in another order, and the order then.
#[derive(Clone, Copy)]
pub(super) struct Focus {
    had: StoredValue<Option<String>>,
    rows: StoredValue<Vec<u128>>,
}

impl Focus {
    pub(super) fn new() -> Self {
        Self { had: StoredValue::new(None), rows: StoredValue::new(Vec::new()) }
    }

    /// Called right before the rows are put in another order.
    pub(super) fn remember(self) {
        if cfg!(feature = "hydrate") {
            self.had.set_value(document().active_element().map(|element| element.id()).filter(|id| !id.is_empty()));
        }
    }

    /// Called when `rows` are in order. A row that is gone leaves the focus to the one that took its place.
    pub(super) fn restore(self, rows: &[u128]) {
        let before = self.rows.get_value();
        self.rows.set_value(rows.to_vec());
        let lost = document().active_element().is_none_or(|element| element.tag_name() == "BODY");
        let Some(had) = self.had.get_value().filter(|_| lost) else { return };
        let element = document().get_element_by_id(&had).or_else(|| {
            let (name, task) = had.split_once('-')?;
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
