//! The trigger words of a LoRA or an embedding: each is inserted by itself.

use leptos::{prelude::*, task::spawn_local};

use super::{escaped::as_words, target::PromptTarget};
use crate::{
    api::fetch_trigger_words,
    components::{
        part,
        reactive::{Erased, listener},
    },
};
use proto::prompts::PromptModel;

/// `name`: as the prompt names the model, with the ending of a LoRA's file.
#[component]
pub(super) fn TriggerWords(kind: PromptModel, name: String, target: PromptTarget) -> impl IntoView {
    let words = RwSignal::new(None::<Result<Vec<String>, String>>);
    let label = format!("Trigger words of {name}");
    // In the browser only.
    Effect::new(move |_| {
        let name = name.clone();
        spawn_local(async move {
            let read = fetch_trigger_words(kind, name).await;
            let _ = words.try_set(Some(read.unwrap_or_else(|_| Err("Darkroom cannot be reached. Open this again later.".to_owned()))));
        });
    });
    let chip = move |word: String| {
        let shown = word.clone();
        view! {
            <button type="button" class="trigger-word" on:click=listener(move |_| target.add(&as_words(&word)))>{shown}</button>
        }
        .erased()
    };
    part(move || match words.get() {
        None => view! { <p class="note" role="status">"Reading the words…"</p> }.erased(),
        Some(Err(why)) => view! { <p class="note" role="alert">{why}</p> }.erased(),
        Some(Ok(words)) if words.is_empty() => {
            view! { <p class="note" role="status">"This file names no words. Its author may have published some."</p> }.erased()
        }
        Some(Ok(words)) => view! {
            <div class="trigger-words" role="group" aria-label=label.clone()>{words.into_iter().map(chip).collect_view()}</div>
        }
        .erased(),
    })
}
