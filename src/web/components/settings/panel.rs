//! The preferences, the session, and in debug mode the event log.

use leptos::prelude::*;

use super::{log::EventLogPanel, preferences::PreferencesPanel, session::SessionPanel};
use crate::{
    components::{
        boundary::Boundary,
        reactive::{Erased, When, memo},
    },
    live::use_live,
};

/// The page of the settings.
#[component]
pub fn SettingsPanel() -> impl IntoView {
    let live = use_live();
    let debug = memo(move || live.preferences().debug);
    view! {
        <Boundary name="The list of preferences"><PreferencesPanel /></Boundary>
        <SessionPanel />
        <When holds=debug>
            <Boundary name="The event log"><EventLogPanel /></Boundary>
        </When>
    }
    .erased()
}
