//! Somebody else changed what a person was changing: what the person wrote stays, and the person chooses.

use leptos::{ev, prelude::*};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::super::theirs::{contested, contested_table};
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

/// Shows it. `yours`: what the person wrote, as JSON; `words`: those of a value, see [`contested`]. `take`: puts what is there now in the place of what the person
/// wrote. `overwrite`: saves what the person wrote over this version.
pub(in crate::components::production) fn trouble_part<T: Clone + Serialize + Send + Sync + 'static>(
    trouble: RwSignal<SaveTrouble<T>>,
    yours: impl Fn() -> String + Send + Sync + 'static,
    words: impl Fn(&str, &Value) -> Option<String> + Send + Sync + 'static,
    take: impl Fn(u32, T) + Clone + Send + Sync + 'static,
    overwrite: impl Fn(u32) + Clone + Send + Sync + 'static,
) -> AnyView {
    part(move || match trouble.get() {
        SaveTrouble::None => ().into_any(),
        SaveTrouble::Wrong(_, message) => view! { <p class="problem" role="alert">{message}</p> }.erased(),
        SaveTrouble::Conflict(version, theirs, what) => {
            let now = serde_json::to_string(&theirs).unwrap_or_default();
            let table = contested_table(contested(&untrack(&yours), &now, &words));
            let (take, overwrite) = (take.clone(), overwrite.clone());
            let take = move |_: ev::MouseEvent| {
                trouble.set(SaveTrouble::None);
                take(version, theirs.clone());
            };
            let overwrite = move |_: ev::MouseEvent| {
                trouble.set(SaveTrouble::None);
                overwrite(version);
            };
            view! {
                <div class="conflict" role="alert">
                    <p><strong>"Your change was not saved"</strong></p>
                    <p>{what}</p>
                    {table}
                    <div class="ask-actions">
                        <button type="button" class="button" on:click=listener(take)>"Take theirs"</button>
                        <button type="button" class="button" on:click=listener(overwrite)>"Overwrite"</button>
                    </div>
                </div>
            }
            .erased()
        }
    })
}
