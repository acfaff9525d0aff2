//! Embeddings, LoRAs and wildcards, to be inserted into the prompt.

use leptos::{ev, prelude::*};

use super::{names::KnownNames, target::PromptTarget, thumbnail::Thumbnail, trigger_words::TriggerWords};
use crate::components::{
    memo, part,
    reactive::{Erased, listener, truth},
    words::count,
};
use proto::prompts::{PromptModel, PromptNames};

/// Names shown at once.
const SHOWN: usize = 40;

#[derive(Clone, PartialEq)]
struct Insertion {
    text: String,
    name: String,
    kind: &'static str,
    /// The model behind it, as ComfyUI names it.
    model: Option<(PromptModel, String)>,
}

fn insertions(names: PromptNames, loras: bool) -> Vec<Insertion> {
    let PromptNames { loras: files, embeddings, wildcards } = names;
    let lora = |file: String| {
        let name = file.rsplit_once('.').map_or_else(|| file.clone(), |(stem, _)| stem.to_owned());
        Insertion { text: format!("<lora:{name}:1>"), name, kind: "LoRA", model: Some((PromptModel::Lora, file)) }
    };
    let wildcard = |name: String| Insertion { text: format!("__{name}__"), name, kind: "wildcard", model: None };
    let embedding = |name: String| Insertion {
        text: format!("embedding:{name}"),
        name: name.clone(),
        kind: "embedding",
        model: Some((PromptModel::Embedding, name)),
    };
    let models = embeddings.into_iter().map(embedding).chain(files.into_iter().filter(|_| loras).map(lora));
    wildcards.into_iter().map(wildcard).chain(models).collect()
}

fn words_button(model: (PromptModel, String), name: &str, open: RwSignal<Option<(PromptModel, String)>>) -> AnyView {
    let (of_line, clicked) = (model.clone(), model);
    let is_open = truth(move || open.with(|open| open.as_ref() == Some(&of_line)));
    let toggle = move |_| open.update(|open| *open = if open.as_ref() == Some(&clicked) { None } else { Some(clicked.clone()) });
    view! {
        <button
            type="button"
            class="button"
            aria-label=format!("Trigger words of {name}")
            aria-expanded=is_open
            on:click=listener(toggle)
        >
            "Words"
        </button>
    }
    .erased()
}

#[component]
pub(super) fn InsertPanel(target: PromptTarget, names: KnownNames) -> impl IntoView {
    names.fetch();
    let search = RwSignal::new(String::new());
    let takes_loras = target.takes_loras();
    let all = memo(move || names.known.get().map(|known| insertions(known, takes_loras.get())));
    let found = memo(move || {
        let wanted = search.get().to_lowercase();
        let words: Vec<&str> = wanted.split_whitespace().collect();
        let all = all.get()?;
        let fitting = all.into_iter().filter(|one| {
            let text = format!("{} {}", one.name, one.kind).to_lowercase();
            words.iter().all(|word| text.contains(word))
        });
        Some(fitting.collect::<Vec<_>>())
    });
    // The model whose trigger words are shown.
    let open = RwSignal::new(None::<(PromptModel, String)>);
    let line = move |one: Insertion| {
        let Insertion { text, name, kind, model } = one;
        let inserted = model.clone();
        let words = model.clone().map(|model| words_button(model, &name, open));
        let shown = model.clone();
        let thumbnail = model.clone().map(|(kind, name)| view! { <Thumbnail kind name /> }.erased());
        let is_open = memo(move || model.is_some() && open.get() == model);
        view! {
            <li>
                <div class="prompt-line">
                    {thumbnail}
                    <button type="button" class="prompt-name" on:click=listener(move |_| {
                        target.insert(&text, false);
                        if inserted.is_some() {
                            open.set(inserted.clone());
                        }
                    })>
                        <span>{name}</span>
                        <span class="note">{kind}</span>
                    </button>
                    {words}
                </div>
                {part(move || match shown.clone().filter(|_| is_open.get()) {
                    Some((kind, name)) => view! { <TriggerWords kind name target /> }.erased(),
                    None => ().into_any(),
                })}
            </li>
        }
        .erased()
    };
    view! {
        <div class="prompt-insert">
            <label for="prompt-search" class="visually-hidden">"Search embeddings, LoRAs and wildcards"</label>
            <input
                type="search"
                id="prompt-search"
                placeholder="Search embeddings, LoRAs and wildcards"
                autocomplete="off"
                prop:value=search
                on:input=listener(move |event| search.set(event_target_value(&event)))
                // Enter would send the form.
                on:keydown=listener(move |event: ev::KeyboardEvent| if event.key() == "Enter" { event.prevent_default() })
            />
            {part(move || match found.get() {
                None => view! { <p class="note" role="status">"Reading the names…"</p> }.erased(),
                Some(found) if found.is_empty() => view! {
                    <p class="note" role="status">"There is none. Wildcards are made here; embeddings and LoRAs are files of ComfyUI."</p>
                }.erased(),
                Some(found) => {
                    let more = found.len().saturating_sub(SHOWN);
                    view! {
                        <ul class="prompt-names" aria-label="Names">{found.into_iter().take(SHOWN).map(line).collect_view()}</ul>
                        {(more > 0).then(|| view! { <p class="note">{format!("and {}", count(more, "more", "more"))}</p> }.erased())}
                    }.into_any()
                }
            })}
            <p class="note">"Ctrl ↑ and Ctrl ↓ change the weight of what is selected in a prompt."</p>
        </div>
    }
    .erased()
}
