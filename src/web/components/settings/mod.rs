//! What this browser prefers, and in debug mode the event log of its live connection.
//!
//! Only the page of the settings uses what is here.

mod draft;
mod export;
mod field;
mod log;
mod panel;
mod session;

use leptos::prelude::*;

use super::reactive::{Erased, When, memo};
use crate::{components::boundary::Boundary, live::use_live};
use log::EventLog;
use panel::PreferencesPanel;
use session::SessionPanel;

/// All of it.
#[component]
pub fn Settings() -> impl IntoView {
    let live = use_live();
    let debug = memo(move || live.preferences().debug);
    view! {
        <Boundary name="The list of preferences"><PreferencesPanel /></Boundary>
        <SessionPanel />
        <When holds=debug>
            <Boundary name="The event log"><EventLog /></Boundary>
        </When>
    }
    .erased()
}
