//! What the buttons of a row do. One listener on the list serves all rows: `data-do` says which button it was.

use leptos::{prelude::*, wasm_bindgen::JsCast, web_sys};

use super::order::{self, Aim};
use crate::{
    components::{command::command, icon::Glyph},
    live::Live,
};
use proto::{ids::TaskId, wire::Command};

/// A button of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Up,
    Down,
    Top,
    Pause,
    Resume,
    Cancel,
}

impl Act {
    const ALL: [Self; 6] = [Self::Up, Self::Down, Self::Top, Self::Pause, Self::Resume, Self::Cancel];

    /// What it is called.
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

    /// The word in `data-do`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Top => "top",
            // One button that has two faces: the focus stays on it.
            Self::Pause | Self::Resume => "hold",
            Self::Cancel => "cancel",
        }
    }
}

/// What the list remembers of the person who uses it.
#[derive(Clone, Copy)]
pub(super) struct Hand {
    pub(super) live: Live,
    /// For screen readers: what the last command did.
    pub(super) said: RwSignal<String>,
}

impl Hand {
    /// Presses the button that `event` was on, if it was on one.
    pub(super) fn press(self, event: &web_sys::Event) {
        let Some(button) = closest(event, "button[data-do]") else { return };
        // Without JavaScript the button to cancel sends its form.
        event.prevent_default();
        let label = button.get_attribute("aria-label");
        let act = Act::ALL.into_iter().find(|act| label.as_deref() == Some(act.label()));
        let off = |name: &str| button.get_attribute(name).as_deref() == Some("true");
        if let (Some(act), Some(task), false) = (act, task_of(&button), off("aria-disabled") || off("aria-busy")) {
            self.act(act, task, &button);
        }
    }

    fn act(self, act: Act, task: TaskId, button: &web_sys::Element) {
        match act {
            Act::Up => self.move_to(task, Aim::Up, Some(button)),
            Act::Down => self.move_to(task, Aim::Down, Some(button)),
            Act::Top => self.move_to(task, Aim::Top, Some(button)),
            Act::Pause => self.send(Command::Pause { task, paused: true }, task, "Not paused", "is held back".into(), Some(button)),
            Act::Resume => self.send(Command::Pause { task, paused: false }, task, "Not resumed", "waits again".into(), Some(button)),
            Act::Cancel => self.send(Command::Cancel { task }, task, "Not cancelled", String::new(), Some(button)),
        }
    }

    /// Moves a task in line.
    pub(super) fn move_to(self, task: TaskId, aim: Aim, button: Option<&web_sys::Element>) {
        let line = untrack(|| self.live.with_all(order::line));
        if let Some((command, number)) = order::move_to(&line, task, aim) {
            self.send(command, task, "Not moved", format!("is now number {number} in the queue"), button);
        }
    }

    /// Gives a task another priority. The control shows the present one until the change has come.
    pub(super) fn prioritize(self, event: &web_sys::Event) {
        let Some(select) = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlSelectElement>().ok()) else { return };
        let (Ok(priority), Some(task)) = (select.value().parse::<i8>(), task_of(&select)) else { return };
        let now = untrack(|| self.live.with_task(task, |task| task.place.priority.signum())).unwrap_or_default();
        select.set_value(&now.to_string());
        let said = format!("has {} priority now", priority_word(priority));
        self.send(Command::Prioritize { task, priority }, task, "Priority not changed", said, None);
    }

    fn send(self, what: Command, task: TaskId, refused: &'static str, said: String, button: Option<&web_sys::Element>) {
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
            if done && !said.is_empty() {
                let _ = self.said.try_set(format!("{name} {said}"));
            }
        });
        command(self.live, what, refused, Some(task), then);
    }
}

/// What people call a priority.
pub(super) fn priority_word(priority: i8) -> &'static str {
    match priority {
        ..0 => "low",
        0 => "normal",
        1.. => "high",
    }
}

/// The nearest element around the place of `event` that `selector` names.
pub(super) fn closest(event: &web_sys::Event, selector: &str) -> Option<web_sys::Element> {
    let target = event.target()?.dyn_into::<web_sys::Element>().ok()?;
    target.closest(selector).ok().flatten()
}

/// The task in whose row `element` is.
pub(super) fn task_of(element: &web_sys::Element) -> Option<TaskId> {
    element.closest("[data-task-id]").ok()??.get_attribute("data-task-id")?.parse().ok()
}
