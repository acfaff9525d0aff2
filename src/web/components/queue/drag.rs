//! Dragging a row to another place, with a mouse, a pen or a finger. What the keyboard does with buttons, by hand.
//!
//! Nothing is moved in the document meanwhile: the row follows the pointer, a line shows where it would go, and the order changes when
//! the server has changed it.

use leptos::{ev::PointerEvent, prelude::*, wasm_bindgen::JsCast, web_sys};

use super::{
    act::{Hand, closest, task_of},
    order::Aim,
};
use proto::ids::TaskId;

/// So near to an edge of the screen the page scrolls, pixels.
const EDGE: i32 = 72;
/// And so far with each movement of the pointer.
const SCROLL: f64 = 14.0;

#[derive(Clone, Copy)]
pub(super) struct Drag {
    hand: Hand,
    held: StoredValue<Option<Held>>,
}

/// The row in the hand.
#[derive(Clone, Copy)]
struct Held {
    task: TaskId,
    /// Where the pointer took it, pixels from the top of the page.
    from: i32,
    aim: Option<Aim>,
}

impl Drag {
    pub(super) fn new(hand: Hand) -> Self {
        Self { hand, held: StoredValue::new(None) }
    }

    pub(super) fn take(self, event: &PointerEvent) {
        let Some(grip) = closest(event, "[data-grip]").filter(|_| event.button() == 0) else { return };
        let Some(task) = task_of(&grip) else { return };
        // No text is selected meanwhile.
        event.prevent_default();
        let _ = grip.set_pointer_capture(event.pointer_id());
        self.held.set_value(Some(Held { task, from: event.page_y(), aim: None }));
        if let Some(row) = row_of(task) {
            let _ = row.set_attribute("data-held", "");
        }
    }

    pub(super) fn follow(self, event: &PointerEvent, list: &web_sys::Element) {
        let Some(held) = self.held.get_value() else { return };
        scroll_at_edges(event.client_y());
        if let Some(row) = row_of(held.task) {
            let _ = row.style().set_property("translate", &format!("0 {}px", event.page_y() - held.from));
        }
        let aim = aim(held.task, event);
        mark(list, aim);
        self.held.set_value(Some(Held { aim, ..held }));
    }

    /// The pointer lets go.
    pub(super) fn drop(self, list: &web_sys::Element) {
        if let Some(Held { task, aim: Some(aim), .. }) = self.let_go(list) {
            self.hand.move_to(task, aim, None);
        }
    }

    /// Ends it without a change.
    pub(super) fn put_back(self, list: &web_sys::Element) {
        self.let_go(list);
    }

    fn let_go(self, list: &web_sys::Element) -> Option<Held> {
        let held = self.held.get_value()?;
        self.held.set_value(None);
        mark(list, None);
        if let Some(row) = row_of(held.task) {
            let _ = row.remove_attribute("data-held");
            let _ = row.style().remove_property("translate");
        }
        Some(held)
    }
}

fn row_of(task: TaskId) -> Option<web_sys::HtmlElement> {
    let row = document().query_selector(&format!("[data-task-id=\"{task}\"]")).ok()??;
    row.dyn_into().ok()
}

/// The row under the pointer gives its place to the one in the hand, and makes room towards where that came from.
fn aim(held: TaskId, event: &PointerEvent) -> Option<Aim> {
    // The row in the hand lets the pointer through.
    let under = document().element_from_point(event.client_x() as f32, event.client_y() as f32)?;
    let row = under.closest("[data-task-id][data-state=waiting]").ok()??;
    let task = task_of(&row).filter(|task| *task != held)?;
    let below = row_of(held)?.compare_document_position(&row) & web_sys::Node::DOCUMENT_POSITION_FOLLOWING != 0;
    Some(if below { Aim::After(task) } else { Aim::Before(task) })
}

/// Draws the line where the row would go.
fn mark(list: &web_sys::Element, aim: Option<Aim>) {
    if let Ok(Some(marked)) = list.query_selector("[data-drop]") {
        let _ = marked.remove_attribute("data-drop");
    }
    let (task, side) = match aim {
        Some(Aim::Before(task)) => (task, "before"),
        Some(Aim::After(task)) => (task, "after"),
        _ => return,
    };
    if let Some(row) = row_of(task) {
        let _ = row.set_attribute("data-drop", side);
    }
}

fn scroll_at_edges(y: i32) {
    let height = window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or(f64::MAX);
    if y < EDGE {
        window().scroll_by_with_x_and_y(0.0, -SCROLL);
    } else if f64::from(y + EDGE) > height {
        window().scroll_by_with_x_and_y(0.0, SCROLL);
    }
}
