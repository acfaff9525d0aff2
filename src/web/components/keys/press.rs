//! Does what a key does.

use leptos::{ev, prelude::*};

use super::table::{KeyAction, action_of, chord};
use crate::{
    components::{
        dom,
        form::FormModel,
        key_bindings::KeyBindings,
        page_state::PageState,
        stage::{ZOOM_IN, ZOOM_OUT, ZOOM_RESET},
    },
    live::Live,
};
use proto::{ids::TaskId, recipe::Field};

/// What the keys act on.
#[derive(Clone, Copy)]
pub struct KeyTargets {
    pub live: Live,
    pub page: PageState,
    pub form: FormModel,
    /// The keys are shown.
    pub sheet: RwSignal<bool>,
    /// Goes to a page.
    pub go: Callback<&'static str>,
    pub path: Memo<String>,
}

/// Handles a key that was pressed anywhere on the page, unless something on the page handled it.
pub fn press(targets: KeyTargets, event: &ev::KeyboardEvent) {
    if event.default_prevented() || event.is_composing() || event.repeat() {
        return;
    }
    let chord = chord(&event.key(), event.ctrl_key(), event.meta_key(), event.alt_key());
    // Without single keys, only those that also work in texts.
    let only_in_texts = dom::is_typing() || !targets.live.preferences_untracked().keys;
    let Some(action) = action_of(&KeyBindings::load(), &chord, only_in_texts) else { return };
    let in_studio = targets.path.get_untracked() == "/";
    let done = match action {
        KeyAction::ShowKeys => {
            targets.sheet.update(|shown| *shown = !*shown);
            true
        }
        KeyAction::Close => targets.sheet.try_update(|shown| std::mem::replace(shown, false)).unwrap_or_default(),
        KeyAction::GoToStudio => go(targets, "/"),
        KeyAction::GoToQueue => go(targets, "/queue"),
        KeyAction::GoToSettings => go(targets, "/settings"),
        KeyAction::GoToGallery => go(targets, "/gallery"),
        KeyAction::ZoomIn => dom::click(ZOOM_IN),
        KeyAction::ZoomOut => dom::click(ZOOM_OUT),
        KeyAction::ZoomReset => dom::click(ZOOM_RESET),
        _ if !in_studio => false,
        KeyAction::Generate => {
            targets.form.send(targets.live, targets.page);
            true
        }
        KeyAction::GoToPrompt => {
            dom::focus(Field::Prompt.name());
            true
        }
        KeyAction::NextTake => take(targets, 1),
        KeyAction::PreviousTake => take(targets, -1),
    };
    if done {
        event.prevent_default();
    }
}

fn go(targets: KeyTargets, path: &'static str) -> bool {
    targets.go.run(path);
    true
}

/// Shows another take. `step`: towards older ones.
fn take(targets: KeyTargets, step: isize) -> bool {
    let (takes, shown) = untrack(|| (targets.live.task_ids(), targets.page.shown()));
    match neighbour(&takes, shown, step) {
        Some(next) => {
            targets.page.select(next);
            true
        }
        None => false,
    }
}

fn neighbour(takes: &[TaskId], shown: Option<TaskId>, step: isize) -> Option<TaskId> {
    let at = takes.iter().position(|take| Some(*take) == shown)?;
    takes.get(at.checked_add_signed(step)?).copied()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn takes_are_gone_through_from_end_to_end() {
        let takes: Vec<TaskId> = (1..=3).map(|number| TaskId(Uuid::from_u128(number))).collect();
        let go = |at: Option<usize>, step| neighbour(&takes, at.map(|at| takes[at]), step);
        assert_eq!([go(Some(0), 1), go(Some(2), -1)], [Some(takes[1]), Some(takes[1])]);
        assert_eq!([go(Some(0), -1), go(Some(2), 1), go(None, 1)], [None; 3]);
    }
}
