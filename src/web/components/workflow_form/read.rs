//! Fetches the form of the chosen workflow, again when other ComfyUIs can be reached.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::fetch_workflow_form,
    components::{form::FormModel, memo},
    live::Live,
};
use proto::submit::WorkflowForm;

/// What is known of the form.
#[derive(Clone, PartialEq)]
pub(super) enum FormState {
    Loading,
    /// Darkroom cannot be reached.
    Away,
    /// Why there is no form, for people.
    Refused(String),
    Known(Box<WorkflowForm>),
}

/// The form of the workflow that is chosen.
pub(super) fn read(model: FormModel, live: Live) -> RwSignal<FormState> {
    let state = RwSignal::new(FormState::Loading);
    let reachable = memo(move || live.backends().iter().filter(|backend| backend.state.is_reachable()).count());
    let connected = memo(move || live.connection().state == proto::link::LinkState::Connected);
    let saved = memo(move || model.file.with(|file| file.as_ref().and_then(|file| file.saved).map(|(id, _)| id)));
    let json = memo(move || model.file.with(|file| file.as_ref().map(|file| file.json().to_owned()).unwrap_or_default()));
    Effect::new(move |_| {
        reachable.with(|_| ());
        connected.with(|_| ());
        let asked = json.get();
        if asked.is_empty() {
            return;
        }
        spawn_local(async move {
            let answer = match fetch_workflow_form(asked.clone(), saved.get_untracked()).await {
                Ok(Ok(form)) => FormState::Known(Box::new(form)),
                Ok(Err(why)) => FormState::Refused(why),
                Err(_) => FormState::Away,
            };
            // Another file may have been chosen meanwhile; a form that is shown stays while Darkroom is away.
            let is_current = json.try_get_untracked().is_some_and(|json| json == asked);
            let keeps = answer == FormState::Away && state.try_with_untracked(|state| matches!(state, FormState::Known(_))).unwrap_or(true);
            if is_current && !keeps && state.try_with_untracked(|state| *state != answer).unwrap_or_default() {
                state.set(answer);
            }
        });
    });
    // The form of another file.
    Effect::new(move |before: Option<String>| {
        let json = json.get();
        if before.is_some_and(|before| before != json) {
            state.set(FormState::Loading);
        }
        json
    });
    state
}
