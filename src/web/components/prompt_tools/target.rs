//! The prompt that the tools are for: the text area of the form that had the focus last. Texts are changed as if they were typed, so that undo takes them back.

use leptos::prelude::*;

use crate::components::memo;

#[derive(Clone, Copy)]
pub(super) struct PromptTarget {
    /// The id of its element. Not borrowed while the focus moves: `watch` changes it then.
    id: RwSignal<String>,
    /// Its label.
    pub label: RwSignal<String>,
}

impl PromptTarget {
    /// The first prompt of the form, until another one has the focus.
    pub(super) fn new() -> Self {
        let target = Self { id: RwSignal::new("prompt".into()), label: RwSignal::new("Prompt".into()) };
        #[cfg(feature = "hydrate")]
        Effect::new(move |_| browser::watch(target));
        target
    }

    pub(super) fn text(self) -> String {
        self.id.with_untracked(|id| crate::components::dom::typed(id)).unwrap_or_default()
    }

    /// Whether it belongs to the built-in form, where LoRAs can be named in the prompt.
    pub(super) fn takes_loras(self) -> Memo<bool> {
        memo(move || self.id.with(|id| id == "prompt"))
    }

    /// Replaces what is selected in it, or all.
    pub(super) fn insert(self, text: &str, all: bool) {
        #[cfg(feature = "hydrate")]
        browser::insert(&self.id.get_untracked(), text, all);
        #[cfg(not(feature = "hydrate"))]
        let _ = (text, all);
    }

    /// Inserts words, after a comma where there is a text already.
    pub(super) fn add(self, words: &str) {
        let typed = self.text();
        let is_first = typed.trim().is_empty() || typed.trim_end().ends_with(',');
        let text = if is_first { words.to_owned() } else { format!(", {words}") };
        self.insert(&text, false);
    }

    /// Selects from this character on.
    pub(super) fn show(self, at: usize) {
        #[cfg(feature = "hydrate")]
        browser::show(&self.id.get_untracked(), at);
        #[cfg(not(feature = "hydrate"))]
        let _ = at;
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::{
        ev,
        prelude::*,
        wasm_bindgen::{JsCast, JsValue},
        web_sys::{Event, HtmlElement, HtmlTextAreaElement, KeyboardEvent},
    };

    use super::PromptTarget;
    use proto::prompts::{Weighted, change_weight};

    /// Inside of this are texts that are no prompts.
    const TOOLS: &str = ".prompt-tools";

    fn prompt(event: &Event) -> Option<HtmlTextAreaElement> {
        let area: HtmlTextAreaElement = event.target()?.dyn_into().ok()?;
        let inside = |selector: &str| area.closest(selector).ok().flatten().is_some();
        (inside(".make-fields") && !inside(TOOLS)).then_some(area)
    }

    /// Follows the focus, and changes weights by keys.
    pub(super) fn watch(target: PromptTarget) {
        let follow = move |area: &HtmlTextAreaElement| {
            let label = document().query_selector(&format!("label[for=\"{}\"]", area.id())).ok().flatten();
            let _ = target.id.try_set(area.id());
            let _ = target.label.try_set(label.and_then(|label| label.text_content()).unwrap_or_else(|| "Prompt".into()));
        };
        let focused = document().active_element().and_then(|element| element.dyn_into::<HtmlTextAreaElement>().ok());
        if let Some(area) = focused.filter(|area| area.closest(".make-fields").ok().flatten().is_some()) {
            follow(&area);
        }
        let focus = window_event_listener(ev::focusin, move |event| {
            if let Some(area) = prompt(&event) {
                follow(&area);
            }
        });
        let keys = window_event_listener(ev::keydown, weigh);
        on_cleanup(move || {
            focus.remove();
            keys.remove();
        });
    }

    /// Ctrl with an arrow.
    fn weigh(event: KeyboardEvent) {
        let up = match event.key().as_str() {
            "ArrowUp" => true,
            "ArrowDown" => false,
            _ => return,
        };
        if !(event.ctrl_key() || event.meta_key()) || event.alt_key() || event.shift_key() {
            return;
        }
        let Some(area) = prompt(&event) else { return };
        let text = area.value();
        let selection = |place: Result<Option<u32>, JsValue>| characters(&text, place.ok().flatten().unwrap_or_default());
        let (start, end) = (selection(area.selection_start()), selection(area.selection_end()));
        event.prevent_default();
        let all: Vec<char> = text.chars().collect();
        let Some(Weighted { start, end, text: weighted }) = change_weight(&all, start, end, up) else { return };
        let start = units(&text, start);
        let _ = area.set_selection_range(start, units(&text, end));
        type_text(&area, &weighted);
        let length: usize = weighted.chars().map(char::len_utf16).sum();
        let _ = area.set_selection_range(start, start + u32::try_from(length).unwrap_or_default());
    }

    pub(super) fn insert(id: &str, text: &str, all: bool) {
        let Some(area) = area(id) else { return };
        let _ = area.focus();
        if all {
            area.select();
        }
        type_text(&area, text);
    }

    pub(super) fn show(id: &str, at: usize) {
        let Some(area) = area(id) else { return };
        let _ = area.focus();
        let text = area.value();
        let _ = area.set_selection_range(units(&text, at), units(&text, at + 1));
    }

    fn area(id: &str) -> Option<HtmlTextAreaElement> {
        document().get_element_by_id(id)?.dyn_into().ok()
    }

    /// Replaces the selection. `execCommand` is the only way that undo takes back; where it is missing, the text is set.
    fn type_text(area: &HtmlTextAreaElement, text: &str) {
        let document: JsValue = document().into();
        let command =
            js_sys::Reflect::get(&document, &"execCommand".into()).ok().and_then(|found| found.dyn_into::<js_sys::Function>().ok());
        let name = if text.is_empty() { "delete" } else { "insertText" };
        let typed = command.and_then(|command| command.call3(&document, &name.into(), &false.into(), &text.into()).ok());
        if typed.is_none_or(|typed| !typed.is_truthy()) {
            let _ = area.set_range_text(text);
            if let Ok(event) = Event::new("input") {
                let _ = area.unchecked_ref::<HtmlElement>().dispatch_event(&event);
            }
        }
    }

    /// The place in characters of one in UTF-16, and the other way round.
    fn characters(text: &str, units: u32) -> usize {
        let mut left = units as usize;
        text.chars().take_while(|c| left.checked_sub(c.len_utf16()).map(|rest| left = rest).is_some()).count()
    }

    fn units(text: &str, characters: usize) -> u32 {
        u32::try_from(text.chars().take(characters).map(char::len_utf16).sum::<usize>()).unwrap_or(u32::MAX)
    }
}
