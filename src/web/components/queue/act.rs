//! What the buttons of a row do. One listener on the list serves all rows: `data-do` names the button, and
//! `data-state` of the row whether the pause button pauses or resumes.

use leptos::{prelude::*, wasm_bindgen::JsCast, web_sys};

use super::order::{self, MoveTarget};
use crate::{
    components::{command::send_command, icon::Glyph},
    live::Live,
};
use proto::{ids::TaskId, task::QueueState, wire::Command};

/// A button of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowAction {
    Up,
    Down,
    Top,
    Pause,
    Resume,
    Cancel,
}

impl RowAction {
    /// The action of a button, from its `data-do` and whether its task is paused.
    fn of(name: &str, paused: bool) -> Option<Self> {
        Some(match name {
            "up" => Self::Up,
            "down" => Self::Down,
            "top" => Self::Top,
            "hold" if paused => Self::Resume,
            "hold" => Self::Pause,
            "cancel" => Self::Cancel,
            _ => return None,
        })
    }

    /// The accessible name of the button.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Up => "Move up",
            Self::Down => "Move down",
            Self::Top => "Move to the top",
            Self::Pause => "Pause",
            Self::Resume => "Resume",
            Self::Cancel => "Cancel",
        }
    }

    pub(super) fn glyph(self) -> Glyph {
        match self {
            Self::Up => Glyph::Up,
            Self::Down => Glyph::Down,
            Self::Top => Glyph::Top,
            Self::Pause => Glyph::Pause,
            Self::Resume => Glyph::Play,
            Self::Cancel => Glyph::Cross,
        }
    }

    /// The value of `data-do`; see [`RowAction::of`].
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Top => "top",
            // One button, so that the focus stays on it when the task is paused or resumed.
            Self::Pause | Self::Resume => "hold",
            Self::Cancel => "cancel",
        }
    }
}

/// Sends the commands of the rows.
#[derive(Clone, Copy)]
pub(super) struct RowCommands {
    pub(super) live: Live,
    /// For screen readers: the result of the last command.
    pub(super) status: RwSignal<String>,
}

impl RowCommands {
    /// Carries out the action of the button that was clicked, if the click was on one.
    pub(super) fn press(self, event: &web_sys::Event) {
        let Some(button) = closest(event, "button[data-do]") else { return };
        // The cancel button would submit its form, which is for pages without JavaScript.
        event.prevent_default();
        let is_true = |name: &str| button.get_attribute(name).as_deref() == Some("true");
        let paused = row_of(&button).and_then(|row| row.get_attribute("data-state")).as_deref() == Some(QueueState::Paused.as_str());
        let action = button.get_attribute("data-do").and_then(|name| RowAction::of(&name, paused));
        if let (Some(action), Some(task), false) = (action, task_of(&button), is_true("aria-disabled") || is_true("aria-busy")) {
            self.act(action, task, &button);
        }
    }

    fn act(self, action: RowAction, task: TaskId, button: &web_sys::Element) {
        match action {
            RowAction::Up => self.move_to(task, MoveTarget::Up, Some(button)),
            RowAction::Down => self.move_to(task, MoveTarget::Down, Some(button)),
            RowAction::Top => self.move_to(task, MoveTarget::Top, Some(button)),
            RowAction::Pause => self.send(Command::Pause { task, paused: true }, task, "Not paused", "is held back".into(), Some(button)),
            RowAction::Resume => self.send(Command::Pause { task, paused: false }, task, "Not resumed", "waits again".into(), Some(button)),
            RowAction::Cancel => self.send(Command::Cancel { task }, task, "Not cancelled", String::new(), Some(button)),
        }
    }

    /// Moves a waiting task.
    pub(super) fn move_to(self, task: TaskId, target: MoveTarget, button: Option<&web_sys::Element>) {
        let line = untrack(|| self.live.with_all(order::line));
        if let Some((command, number)) = order::move_to(&line, task, target) {
            self.send(command, task, "Not moved", format!("is now number {number} in the queue"), button);
        }
    }

    /// Changes the priority of a task. The control shows the present one until the server has changed it.
    pub(super) fn prioritize(self, event: &web_sys::Event) {
        let Some(select) = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlSelectElement>().ok()) else { return };
        let (Ok(priority), Some(task)) = (select.value().parse::<i8>(), task_of(&select)) else { return };
        let now = untrack(|| self.live.with_task(task, |task| task.place.priority.signum())).unwrap_or_default();
        select.set_value(&now.to_string());
        let status = format!("has {} priority now", priority_name(priority));
        self.send(Command::Prioritize { task, priority }, task, "Priority not changed", status, None);
    }

    fn send(self, command: Command, task: TaskId, refused: &'static str, status: String, button: Option<&web_sys::Element>) {
        let name = untrack(|| self.live.with_task(task, |task| task.name.clone())).unwrap_or_default();
        let busy = button.cloned();
        let mark = move |on: bool| {
            if let Some(button) = &busy {
                let _ = if on { button.set_attribute("aria-busy", "true") } else { button.remove_attribute("aria-busy") };
            }
        };
        mark(true);
        let then = Box::new(move |done: bool| {
            mark(false);
            if done && !status.is_empty() {
                let _ = self.status.try_set(format!("{name} {status}"));
            }
        });
        send_command(self.live, command, refused, Some(task), then);
    }
}

/// The name of a priority.
pub(super) fn priority_name(priority: i8) -> &'static str {
    match priority {
        ..0 => "low",
        0 => "normal",
        1.. => "high",
    }
}

/// The innermost element around the target of `event` that matches `selector`.
pub(super) fn closest(event: &web_sys::Event, selector: &str) -> Option<web_sys::Element> {
    let target = event.target()?.dyn_into::<web_sys::Element>().ok()?;
    target.closest(selector).ok().flatten()
}

/// The task whose row contains `element`.
pub(super) fn task_of(element: &web_sys::Element) -> Option<TaskId> {
    row_of(element)?.get_attribute("data-task-id")?.parse().ok()
}

fn row_of(element: &web_sys::Element) -> Option<web_sys::Element> {
    element.closest("[data-task-id]").ok().flatten()
}
