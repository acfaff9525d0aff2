//! Wildcards: the list of them, and the text of one.

use leptos::{ev, prelude::*, task::spawn_local};

use super::names::KnownNames;
use crate::{
    api::{read_wildcard, remove_wildcard, write_wildcard},
    components::{
        memo, part,
        reactive::{Erased, When, listener},
    },
};
use proto::prompts::WildcardText;

/// The wildcard that is edited.
#[derive(Clone, Copy)]
struct Editing {
    name: RwSignal<String>,
    text: RwSignal<String>,
    /// That of the text that was read. `None`: it is a new one.
    revision: RwSignal<Option<String>>,
    /// What happened last: whether it went well, and words.
    outcome: RwSignal<Option<(bool, String)>>,
}

#[component]
pub(super) fn WildcardPanel(names: KnownNames) -> impl IntoView {
    names.fetch();
    let editing = Editing {
        name: RwSignal::new(String::new()),
        text: RwSignal::new(String::new()),
        revision: RwSignal::new(None),
        outcome: RwSignal::new(None),
    };
    let all = memo(move || names.known.with(|known| known.as_ref().map(|known| known.wildcards.clone())));
    let choose = move |event: ev::Event| open(editing, event_target_value(&event));
    let is_old = memo(move || editing.revision.with(Option::is_some));
    let option = move |name: String| {
        let shown = name.clone();
        let is_it = memo(move || editing.revision.with(Option::is_some) && editing.name.with(|now| *now == shown));
        view! { <option value=name.clone() prop:selected=is_it>{name.clone()}</option> }.erased()
    };
    view! {
        <div class="wildcards">
            <div class="field">
                <label for="wildcard-choice">"Wildcard"</label>
                <select id="wildcard-choice" on:change=listener(choose)>
                    <option value="" prop:selected=memo(move || !is_old.get())>"A new one"</option>
                    {part(move || all.get().unwrap_or_default().into_iter().map(option).collect_view().into_any())}
                </select>
            </div>
            <When holds=memo(move || !is_old.get())>
                <div class="field">
                    <label for="wildcard-name">"Name"</label>
                    <input
                        type="text"
                        id="wildcard-name"
                        placeholder="animals/dogs"
                        autocomplete="off"
                        prop:value=editing.name
                        on:input=listener(move |event| editing.name.set(event_target_value(&event)))
                        // Enter would send the form.
                        on:keydown=listener(move |event: ev::KeyboardEvent| if event.key() == "Enter" { event.prevent_default() })
                    />
                </div>
            </When>
            <div class="field">
                <label for="wildcard-text">"Values, one a line"</label>
                <textarea
                    id="wildcard-text"
                    rows="6"
                    spellcheck="false"
                    prop:value=editing.text
                    on:input=listener(move |event| editing.text.set(event_target_value(&event)))
                ></textarea>
                <p class="note">"A value may be a template itself, also with other wildcards. Lines that begin with # are none."</p>
            </div>
            <div class="actions">
                <button type="button" class="button" on:click=listener(move |_| save(editing, names))>"Save wildcard"</button>
                <When holds=is_old>
                    <button type="button" class="button" on:click=listener(move |_| remove(editing, names))>"Remove wildcard"</button>
                </When>
            </div>
            {part(move || editing.outcome.get().map(|(good, words)| if good {
                view! { <p class="note" role="status">{words}</p> }.erased()
            } else {
                view! { <p class="field-problem" role="alert">{words}</p> }.erased()
            }).into_any())}
        </div>
    }
    .erased()
}

const AWAY: &str = "Darkroom cannot be reached. Try again when it can be.";

fn show(editing: Editing, WildcardText { name, text, revision }: WildcardText) {
    editing.name.set(name);
    editing.text.set(text);
    editing.revision.set(Some(revision));
}

fn open(editing: Editing, name: String) {
    editing.outcome.set(None);
    if name.is_empty() {
        editing.name.set(String::new());
        editing.text.set(String::new());
        editing.revision.set(None);
        return;
    }
    spawn_local(async move {
        let problem = match read_wildcard(name).await {
            Ok(Ok(read)) => return show(editing, read),
            Ok(Err(why)) => why,
            Err(_) => AWAY.to_owned(),
        };
        let _ = editing.outcome.try_set(Some((false, problem)));
    });
}

fn save(editing: Editing, names: KnownNames) {
    let (name, text, revision) = (editing.name.get_untracked(), editing.text.get_untracked(), editing.revision.get_untracked());
    spawn_local(async move {
        let outcome = match write_wildcard(name, text, revision).await {
            Ok(Ok(written)) => {
                let words = format!("Saved. In prompts it is written __{}__.", written.name);
                show(editing, written);
                names.asked.update(|asked| *asked += 1);
                (true, words)
            }
            Ok(Err(why)) => (false, why),
            Err(_) => (false, AWAY.to_owned()),
        };
        let _ = editing.outcome.try_set(Some(outcome));
    });
}

fn remove(editing: Editing, names: KnownNames) {
    let name = editing.name.get_untracked();
    spawn_local(async move {
        let outcome = match remove_wildcard(name).await {
            Ok(Ok(())) => {
                // Its text stays here, so that it can be saved again.
                editing.revision.set(None);
                names.asked.update(|asked| *asked += 1);
                (true, "Removed. Saving brings it back.".to_owned())
            }
            Ok(Err(why)) => (false, why),
            Err(_) => (false, AWAY.to_owned()),
        };
        let _ = editing.outcome.try_set(Some(outcome));
    });
}
