//! A line of a list of keys: the keys, what they do, and a button to change them.

use leptos::{ev, html, prelude::*};

use super::bindings::{KeyBindings, is_bindable, shown_key};
use crate::components::{
    memo, part,
    reactive::{Erased, listener},
};

const NOT_A_KEY: &str = "Choose a letter, a digit or a sign: other keys are the browser's.";
const NOT_STORED: &str = "This browser stores nothing for this site, so the keys stay as they are.";

/// `other`: what a key does already, in words, if it is another command's.
#[component]
pub(crate) fn KeyLine(
    bindings: RwSignal<KeyBindings>,
    /// Its name where changes are stored. `None`: its keys cannot be changed.
    command: Option<&'static str>,
    usual: &'static [&'static str],
    words: &'static str,
    other: fn(&KeyBindings, &str, &str) -> Option<&'static str>,
) -> impl IntoView {
    let keys = memo(move || {
        bindings.with(|bindings| {
            let keys = command.map_or_else(|| usual.to_vec(), |command| bindings.keys(command, usual));
            keys.into_iter().map(shown_key).collect::<Vec<_>>()
        })
    });
    view! {
        <div class="key-line">
            <dt>{part(move || keys.get().into_iter().map(|key| view! { <kbd>{key}</kbd>" " }).collect_view().into_any())}</dt>
            <dd>
                <span>{words}</span>
                {command.map(|command| view! { <Change bindings command usual words other /> }.erased())}
            </dd>
        </div>
    }
    .erased()
}

#[component]
fn Change(
    bindings: RwSignal<KeyBindings>,
    command: &'static str,
    usual: &'static [&'static str],
    words: &'static str,
    other: fn(&KeyBindings, &str, &str) -> Option<&'static str>,
) -> impl IntoView {
    let waiting = RwSignal::new(false);
    let problem = RwSignal::new(None::<String>);
    let button = NodeRef::<html::Button>::new();
    let apply = move |change: &dyn Fn(&mut KeyBindings)| {
        let mut changed = KeyBindings::load();
        change(&mut changed);
        if changed.save() {
            problem.set(None);
            bindings.set(changed);
        } else {
            problem.set(Some(NOT_STORED.into()));
        }
    };
    let pressed = move |event: ev::KeyboardEvent| {
        if !waiting.get_untracked() {
            return;
        }
        let key = event.key();
        // The browser may have these: the next control, a modifier alone, an input method.
        if matches!(key.as_str(), "Tab" | "Shift" | "Control" | "Alt" | "AltGraph" | "Meta" | "CapsLock" | "Dead" | "Process")
            || event.is_composing()
        {
            return;
        }
        event.prevent_default();
        event.stop_propagation();
        if key == "Escape" {
            waiting.set(false);
            return;
        }
        if !is_bindable(&key) || event.ctrl_key() || event.meta_key() || event.alt_key() {
            return problem.set(Some(NOT_A_KEY.into()));
        }
        let taken = bindings.with_untracked(|bindings| other(bindings, command, &key));
        if let Some(taken) = taken {
            return problem.set(Some(format!("{} is the key of \"{taken}\". Give that one another key first.", shown_key(&key))));
        }
        waiting.set(false);
        apply(&|bindings| bindings.change(command, &key, usual));
    };
    let is_changed = memo(move || bindings.with(|bindings| bindings.changed(command).is_some()));
    let reset = move |_| {
        let mine =
            usual.iter().find_map(|key| bindings.with_untracked(|bindings| other(bindings, command, key)).map(|taken| (*key, taken)));
        if let Some((key, taken)) = mine {
            return problem.set(Some(format!("{} is the key of \"{taken}\" now. Give that one another key first.", shown_key(key))));
        }
        apply(&|bindings| bindings.reset(command));
        if let Some(button) = button.get_untracked() {
            let _ = button.focus();
        }
    };
    view! {
        <button
            type="button"
            class="key-change"
            node_ref=button
            aria-label=move || if waiting.get() { format!("Press a key for: {words}. Escape leaves it as it is.") } else { format!("Change the key of: {words}") }
            on:click=listener(move |_: ev::MouseEvent| {
                problem.set(None);
                waiting.update(|waiting| *waiting = !*waiting);
            })
            on:keydown=listener(pressed)
            on:blur=listener(move |_: ev::FocusEvent| waiting.set(false))
        >
            {move || if waiting.get() { "Press a key…" } else { "Change" }}
        </button>
        {part(move || if is_changed.get() {
            view! {
                <button type="button" class="key-change" aria-label=format!("The usual key of: {words}") on:click=listener(reset)>"Reset"</button>
            }.erased()
        } else {
            ().into_any()
        })}
        {part(move || problem.get().map(|why| view! { <p class="field-problem" role="alert">{why}</p> }.erased()).into_any())}
    }
    .erased()
}
