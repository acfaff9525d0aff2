//! The LoRAs of the workflow as lists, one for each chain of them. What is changed is kept beside the changed values, as JSON.

use std::collections::HashSet;

use leptos::prelude::*;

use super::{
    combobox::ComboBox,
    lora_draft::{Loras, NewFocus, own_entries},
};
use crate::components::{
    form::use_form,
    icon::{Glyph, Icon},
    memo, part,
    reactive::{Erased, When, listener, rows, truth},
};
use proto::{
    form::{FieldChoice, FieldKey, Form, LoraChain, LoraEntry},
    ids::NodeId,
};

/// The nodes whose fields the lists replace.
pub(super) fn lora_nodes(form: &Form) -> HashSet<NodeId> {
    form.loras.iter().flat_map(|chain| &chain.entries).filter_map(|entry| entry.node.clone()).collect()
}

#[component]
pub(super) fn LoraLists(form: StoredValue<Form>) -> impl IntoView {
    let chains = form.with_value(|form| form.loras.clone());
    let choices = StoredValue::new(form.with_value(|form| form.choices(form.lora_choices).to_vec()));
    let can_add = choices.with_value(|choices| !choices.is_empty());
    let several = chains.len() > 1;
    let list = |(at, chain): (usize, LoraChain)| {
        if chain.entries.is_empty() && !can_add {
            return ().into_any();
        }
        let of_model =
            form.with_value(|form| form.fields.iter().find(|field| field.key.node == chain.model.0).map(|field| field.title.clone()));
        let title = match of_model.filter(|_| several) {
            Some(model) => format!("LoRAs of {model}, list {}", at + 1),
            None => "LoRAs".to_owned(),
        };
        view! { <LoraChainEditor at chain title choices form /> }.into_any()
    };
    chains.into_iter().enumerate().map(list).collect_view()
}

#[component]
fn LoraChainEditor(
    at: usize,
    chain: LoraChain,
    title: String,
    choices: StoredValue<Vec<FieldChoice>>,
    form: StoredValue<Form>,
) -> impl IntoView {
    let model = use_form();
    let is_open = untrack(|| !own_entries(model, &chain).is_empty());
    let can_add = choices.with_value(|choices| !choices.is_empty());
    let loras = Loras::new(model, at, chain);
    let keys = memo(move || loras.keys());
    let said = RwSignal::new(String::new());
    let add = move |_| {
        let last = loras.entries.with_untracked(Vec::len);
        loras.change(NewFocus::At(last, "lora_name"), |entries| entries.push(loras.new_entry()));
    };
    view! {
        <details class="more-fields lora-list" open=is_open>
            <summary>{title.clone()}</summary>
            <div class="loras" role="group" aria-label=title>
                {rows(keys, move |key| lora(loras, Loras::place(key), choices, form, said))}
                {can_add.then(|| view! {
                    <button type="button" class="button" id=loras.add_id() on:click=listener(add)>"Add a LoRA"</button>
                }.erased())}
                <p class="visually-hidden" role="status">{said}</p>
            </div>
        </details>
    }
    .erased()
}

/// The LoRA in this place of the list.
fn lora(loras: Loras, at: usize, choices: StoredValue<Vec<FieldChoice>>, form: StoredValue<Form>, said: RwSignal<String>) -> AnyView {
    let number = at + 1;
    let entry = memo(move || loras.entries.with(|entries| entries.get(at).cloned()).unwrap_or_default());
    let file = memo(move || entry.with(|entry| entry.file.clone()));
    let (file_id, count) = (loras.value_id(at, "lora_name"), memo(move || loras.entries.with(Vec::len)));
    let problem = problem_of(entry, choices, form);
    let nearest = memo(move || problem.with(|problem| problem.as_ref().map(|(_, nearest)| nearest.clone()).unwrap_or_default()));
    let words = memo(move || problem.with(|problem| problem.as_ref().map(|(words, _)| words.clone())));
    let invalid = memo(move || file.with(|file| !is_known(choices, file)).then(|| "true".to_owned()));
    let choose = move |name: String| loras.set(at, |entry| entry.file.clone_from(&name));
    let shift = move |up: bool| {
        let to = if up { at.checked_sub(1) } else { Some(at + 1).filter(|to| *to < count.get_untracked()) };
        if let Some(to) = to {
            loras.change(NewFocus::At(to, if up { "up" } else { "down" }), |entries| entries.swap(at, to));
            said.set(format!("LoRA {number} moved {}, {} of {}", if up { "up" } else { "down" }, to + 1, count.get_untracked()));
        }
    };
    let remove = move |_| {
        let left = count.get_untracked().saturating_sub(1);
        let focus = if left == 0 { NewFocus::Add } else { NewFocus::At(at.min(left - 1), "remove") };
        loras.change(focus, |entries| drop((at < entries.len()).then(|| entries.remove(at))));
        said.set(format!("LoRA {number} is removed."));
    };
    let mover = move |up: bool| {
        let (glyph, word) = if up { (Glyph::Up, "up") } else { (Glyph::Down, "down") };
        let refused = truth(move || if up { at == 0 } else { number >= count.get() });
        let label = format!("Move LoRA {number} {word}");
        view! {
            <button
                type="button"
                class="button"
                id=loras.id(at, word)
                aria-label=label.clone()
                title=label
                aria-disabled=refused
                on:click=listener(move |_| shift(up))
            >
                <Icon glyph=glyph />
            </button>
        }
        .erased()
    };
    let removal = format!("Remove LoRA {number}");
    view! {
        <div class="lora" role="group" aria-label=memo(move || file.with(|file| format!("LoRA {number}: {file}")))>
            <div class="field lora-file">
                <label for=file_id.clone()>{format!("LoRA {number}")}</label>
                <ComboBox
                    id=file_id.clone()
                    invalid
                    described_by=format!("{file_id}-problem")
                    text=file
                    set=Callback::new(choose)
                    choices=choices.get_value()
                />
            </div>
            {strengths(loras, at, entry)}
            <div class="lora-buttons">
                <label class="check">
                    <input
                        type="checkbox"
                        role="switch"
                        id=loras.id(at, "on")
                        aria-label=format!("Use LoRA {number}")
                        prop:checked=memo(move || entry.with(|entry| entry.on))
                        on:change=listener(move |event| {
                            let on = event_target_checked(&event);
                            loras.set(at, |entry| entry.on = on);
                        })
                    />
                    <span aria-hidden="true">"Use"</span>
                </label>
                {mover(true)}
                {mover(false)}
                <button type="button" class="button" id=loras.id(at, "remove") aria-label=removal.clone() title=removal on:click=listener(remove)>
                    <Icon glyph=Glyph::Cross />
                </button>
            </div>
            <p class="field-problem" id=format!("{file_id}-problem") data-none=truth(move || words.with(Option::is_none))>{words}</p>
            {part(move || {
                let button = |name: String| {
                    let words = format!("Use {name}");
                    view! { <button type="button" class="button" on:click=listener(move |_| choose(name.clone()))>{words}</button> }.erased()
                };
                let names = nearest.get();
                if names.is_empty() {
                    return ().into_any();
                }
                view! { <div class="actions">{names.into_iter().map(button).collect_view()}</div> }.erased()
            })}
        </div>
    }
    .erased()
}

/// The strength for the model, and folded away that for the text encoder, which is the same until it is changed.
fn strengths(loras: Loras, at: usize, entry: Memo<LoraEntry>) -> AnyView {
    let number = at + 1;
    let strength = memo(move || entry.with(|entry| entry.strength.clone()));
    let clip = memo(move || entry.with(|entry| entry.clip_strength.clone()).unwrap_or_default());
    let has_clip = memo(move || entry.with(|entry| entry.clip_strength.is_some()));
    let differs = entry.with_untracked(|entry| entry.clip_strength.as_ref().is_some_and(|clip| *clip != entry.strength));
    let apart = RwSignal::new(differs);
    let set = move |text: String| {
        loras.set(at, |entry| {
            if entry.clip_strength.is_some() && !apart.get_untracked() {
                entry.clip_strength = Some(text.clone());
            }
            entry.strength.clone_from(&text);
        });
    };
    let set_clip = move |text: String| {
        apart.set(true);
        loras.set(at, |entry| entry.clip_strength = Some(text.clone()));
    };
    let id = loras.value_id(at, "strength_model");
    let problem = format!("{}-problem", loras.value_id(at, "lora_name"));
    let clip_problem = StoredValue::new(problem.clone());
    view! {
        <div class="field lora-strength">
            <label for=id.clone()>"Strength"</label>
            {number_input(id, format!("Strength of LoRA {number}"), problem, strength, set)}
        </div>
        <When holds=has_clip>
            <details class="lora-clip" open=differs>
                <summary>"Strength for the prompt"</summary>
                <div class="field">
                    {number_input(
                        loras.value_id(at, "strength_clip"),
                        format!("Strength for the prompt of LoRA {number}"),
                        clip_problem.get_value(),
                        clip,
                        set_clip,
                    )}
                </div>
            </details>
        </When>
    }
    .into_any()
}

fn number_input(id: String, label: String, described_by: String, text: Memo<String>, set: impl Fn(String) + 'static) -> AnyView {
    view! {
        <input
            type="number"
            id=id
            aria-label=label
            aria-describedby=described_by
            min="-100"
            max="100"
            step="any"
            inputmode="decimal"
            autocomplete="off"
            prop:value=text
            on:input=listener(move |event| set(event_target_value(&event)))
        />
    }
    .erased()
}

/// A ComfyUI has it, or it is not chosen yet.
fn is_known(choices: StoredValue<Vec<FieldChoice>>, file: &str) -> bool {
    file.is_empty() || choices.with_value(|choices| choices.iter().any(|choice| choice.value == file))
}

/// Why ComfyUI would refuse this LoRA, and the names that are nearest to one that nobody has.
fn problem_of(
    entry: Memo<LoraEntry>,
    choices: StoredValue<Vec<FieldChoice>>,
    form: StoredValue<Form>,
) -> Memo<Option<(String, Vec<String>)>> {
    let model = use_form();
    memo(move || {
        let LoraEntry { node, file, .. } = entry.get();
        let refused = model.refusal.with(|refusal| {
            let of_node = |problem: &&proto::task::Problem| problem.node.is_some() && problem.node == node;
            refusal.as_ref()?.problems.iter().find(of_node).map(|problem| problem.message.clone())
        });
        let own = (!is_known(choices, &file)).then(|| {
            let key = node.map(|node| FieldKey { node, input: "lora_name".to_owned() });
            let problem = form.with_value(|form| key.and_then(|key| form.field(&key)?.problem.clone()));
            match problem {
                Some(problem) => (problem.message, problem.nearest),
                None => (format!("No ComfyUI has \"{file}\"."), Vec::new()),
            }
        });
        match (refused, own) {
            (Some(words), own) => Some((words, own.map(|(_, nearest)| nearest).unwrap_or_default())),
            (None, own) => own,
        }
    })
}
