//! Somebody else changed what a person was changing: what the person wrote stays, and the person chooses.

use leptos::{ev, prelude::*};
use serde::de::DeserializeOwned;

use crate::components::reactive::{Erased, listener, part};
use proto::production::{ProductionProblem, conflict_words};

/// What is wrong with what a person wants to save.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::components::production) enum SaveTrouble<T> {
    #[default]
    None,
    /// The field that has it (empty: none), and a sentence.
    Wrong(String, String),
    /// Its version now, how it is now, and what is different, as a sentence.
    Conflict(u32, T, String),
}

impl<T: DeserializeOwned> From<ProductionProblem> for SaveTrouble<T> {
    fn from(problem: ProductionProblem) -> Self {
        match problem {
            ProductionProblem::Conflict { version, current, changed } => match serde_json::from_str(&current) {
                Ok(current) => Self::Conflict(version, current, conflict_words(changed.as_deref())),
                Err(_) => Self::Wrong(String::new(), "Somebody else changed it meanwhile. Reload the page.".into()),
            },
            ProductionProblem::Refused { field, message } => Self::Wrong(field, message),
            problem => Self::Wrong(String::new(), problem.words()),
        }
    }
}

/// Shows it. `words`: how it is now, in a line. `take`: puts that in the place of what the person wrote. `keep`: saves what the person wrote over the version.
pub(in crate::components::production) fn trouble_part<T: Clone + Send + Sync + 'static>(
    trouble: RwSignal<SaveTrouble<T>>,
    words: impl Fn(&T) -> String + Send + Sync + 'static,
    take: impl Fn(u32, T) + Clone + Send + Sync + 'static,
    keep: impl Fn(u32) + Clone + Send + Sync + 'static,
) -> AnyView {
    part(move || match trouble.get() {
        SaveTrouble::None => ().into_any(),
        SaveTrouble::Wrong(_, message) => view! { <p class="problem" role="alert">{message}</p> }.erased(),
        SaveTrouble::Conflict(version, theirs, what) => {
            let (shown, take, keep) = (words(&theirs), take.clone(), keep.clone());
            let take = move |_: ev::MouseEvent| {
                trouble.set(SaveTrouble::None);
                take(version, theirs.clone());
            };
            let keep = move |_: ev::MouseEvent| {
                trouble.set(SaveTrouble::None);
                keep(version);
            };
            view! {
                <div class="conflict" role="alert">
                    <p>{what}" Theirs: "<strong>{shown}</strong></p>
                    <div class="ask-actions">
                        <button type="button" class="button" on:click=listener(take)>"Take theirs"</button>
                        <button type="button" class="button" on:click=listener(keep)>"Save mine"</button>
                    </div>
                </div>
            }
            .erased()
        }
    })
}
