//! A choice of a list that ComfyUI answers on a route: fetched by the server, which alone may call a ComfyUI.

use leptos::{prelude::*, task::spawn_local};

use super::{
    choices::select,
    combobox::{SEARCHED, combobox},
    line::line,
};
use crate::{
    api::fetch_remote_choices,
    components::{part, reactive::listener},
};
use proto::form::{FieldChoice, FormField};

#[derive(Clone, PartialEq)]
enum RemoteState {
    Loading,
    Failed(String),
    Known(Vec<String>),
}

/// Until the list is known, and where it cannot be had, a value can be typed.
pub(super) fn remote(field: StoredValue<FormField>) -> AnyView {
    let state = RwSignal::new(RemoteState::Loading);
    let ask = move || {
        let (class, input) = field.with_value(|field| (field.class.clone(), field.key.input.clone()));
        spawn_local(async move {
            let answer = match fetch_remote_choices(class, input).await {
                Ok(Ok(choices)) => RemoteState::Known(choices),
                Ok(Err(why)) => RemoteState::Failed(why),
                Err(_) => RemoteState::Failed("The list can be read when Darkroom can be reached.".into()),
            };
            let _ = state.try_set(answer);
        });
    };
    Effect::new(move |_| ask());
    part(move || match state.get() {
        RemoteState::Loading => line(field, None),
        RemoteState::Known(values) => {
            let choices: Vec<FieldChoice> = values.into_iter().map(|value| FieldChoice { value, on: Default::default() }).collect();
            if choices.len() > SEARCHED { combobox(field, choices) } else { select(field, choices) }
        }
        RemoteState::Failed(why) => view! {
            {line(field, None)}
            <p class="note">
                {why}" "<button type="button" class="button" on:click=listener(move |_| ask())>"Read the list again"</button>
            </p>
        }
        .into_any(),
    })
}
