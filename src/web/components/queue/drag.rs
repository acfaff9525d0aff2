//! Dragging a row to another place, with a mouse, a pen or a finger.
//!
//! The order in the document does not change during the drag: the row follows the pointer, a line shows where it would go, and the order
//! changes when the server has changed it.

use leptos::{ev::PointerEvent, prelude::*, wasm_bindgen::JsCast, web_sys};

use super::{
    act::{RowCommands, closest, task_of},
    order::MoveTarget,
};
use proto::ids::TaskId;

/// The page scrolls when the pointer is this near to an edge of the screen. Pixels.
const EDGE: i32 = 72;
/// How far it scrolls with each movement of the pointer. Pixels.
const SCROLL: f64 = 14.0;

#[derive(Clone, Copy)]
pub(super) struct Drag {
    commands: RowCommands,
    dragged: StoredValue<Option<DraggedRow>>,
}

/// The row that is being dragged.
#[derive(Clone, Copy)]
struct DraggedRow {
    task: TaskId,
    /// Where the drag began, in pixels from the top of the page.
    from: i32,
    target: Option<MoveTarget>,
}

impl Drag {
    pub(super) fn new(commands: RowCommands) -> Self {
        Self { commands, dragged: StoredValue::new(None) }
    }

    pub(super) fn start(self, event: &PointerEvent) {
        let Some(grip) = closest(event, "[data-grip]").filter(|_| event.button() == 0) else { return };
        let Some(task) = task_of(&grip) else { return };
        // Prevents the selection of text.
        event.prevent_default();
        let _ = grip.set_pointer_capture(event.pointer_id());
        self.dragged.set_value(Some(DraggedRow { task, from: event.page_y(), target: None }));
        if let Some(row) = row_of(task) {
            let _ = row.set_attribute("data-held", "");
        }
    }

    pub(super) fn follow(self, event: &PointerEvent, list: &web_sys::Element) {
        let Some(dragged) = self.dragged.get_value() else { return };
        scroll_at_edges(event.client_y());
        if let Some(row) = row_of(dragged.task) {
            let _ = row.style().set_property("translate", &format!("0 {}px", event.page_y() - dragged.from));
        }
        let target = target(dragged.task, event);
        mark(list, target);
        self.dragged.set_value(Some(DraggedRow { target, ..dragged }));
    }

    /// Ends the drag and moves the row.
    pub(super) fn drop(self, list: &web_sys::Element) {
        if let Some(DraggedRow { task, target: Some(target), .. }) = self.end(list) {
            self.commands.move_to(task, target, None);
        }
    }

    /// Ends the drag without a change.
    pub(super) fn cancel(self, list: &web_sys::Element) {
        self.end(list);
    }

    fn end(self, list: &web_sys::Element) -> Option<DraggedRow> {
        let dragged = self.dragged.get_value()?;
        self.dragged.set_value(None);
        mark(list, None);
        if let Some(row) = row_of(dragged.task) {
            let _ = row.remove_attribute("data-held");
            let _ = row.style().remove_property("translate");
        }
        Some(dragged)
    }
}

fn row_of(task: TaskId) -> Option<web_sys::HtmlElement> {
    let row = document().query_selector(&format!("[data-task-id=\"{task}\"]")).ok()??;
    row.dyn_into().ok()
}

/// The place of the row under the pointer: after it when the dragged row comes from above, otherwise before it.
fn target(dragged: TaskId, event: &PointerEvent) -> Option<MoveTarget> {
    // By the stylesheet, the dragged row does not receive pointer events.
    let under = document().element_from_point(event.client_x() as f32, event.client_y() as f32)?;
    let row = under.closest("[data-task-id][data-state=waiting]").ok()??;
    let task = task_of(&row).filter(|task| *task != dragged)?;
    let below = row_of(dragged)?.compare_document_position(&row) & web_sys::Node::DOCUMENT_POSITION_FOLLOWING != 0;
    Some(if below { MoveTarget::After(task) } else { MoveTarget::Before(task) })
}

/// Draws the line where the row would go.
fn mark(list: &web_sys::Element, target: Option<MoveTarget>) {
    if let Ok(Some(marked)) = list.query_selector("[data-drop]") {
        let _ = marked.remove_attribute("data-drop");
    }
    let (task, side) = match target {
        Some(MoveTarget::Before(task)) => (task, "before"),
        Some(MoveTarget::After(task)) => (task, "after"),
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
