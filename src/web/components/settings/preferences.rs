//! The preferences. A valid value takes effect at once; there is no button to save.

use leptos::prelude::*;

use super::{
    draft::Draft,
    field::{ChoiceSetting, SwitchSetting, TimeSetting},
};
use crate::components::{
    page_state::use_page_state,
    reactive::{Erased, listener, memo},
};
use proto::preferences::{Preferences, RATES, Setting, Theme};

/// All preferences, in sections.
#[component]
pub(super) fn PreferencesPanel() -> impl IntoView {
    let page = use_page_state();
    let draft = Draft::new();
    let status = RwSignal::new("");
    let reset = move |_| {
        draft.reset();
        status.set("All preferences are the defaults again.");
    };
    // Until the browser has read its stored preferences, the defaults are shown and cannot be changed.
    let disabled = memo(move || !page.is_hydrated());
    view! {
        <div class="settings-head">
            <div>
                <h1>"Settings"</h1>
                <p class="note with-script">"Kept in this browser, for all its tabs. A change takes effect at once."</p>
                <p class="note without-script">
                    "Preferences belong to the browser that they are kept in, and need JavaScript, which is switched off in this one. Everything else on these pages works without it."
                </p>
            </div>
            <button type="button" class="button with-script" on:click=listener(reset)>"Reset to defaults"</button>
            <p class="visually-hidden" role="status">{status}</p>
        </div>
        <fieldset class="settings with-script" disabled=disabled>
            <section class="card" aria-labelledby="settings-connection">
                <h2 id="settings-connection">"Connection"</h2>
                <SwitchSetting
                    setting=Setting::AutoConnect
                    label="Connect automatically"
                    hint="Live updates begin when a page is opened. Otherwise when you press Connect."
                    at=|preferences| &mut preferences.auto_connect
                />
                <TimeSetting draft setting=Setting::BackoffFirst label="First wait" hint="At most so long before the first new try when the connection is lost. Each wait may be twice the one before." />
                <TimeSetting draft setting=Setting::BackoffMax label="Longest wait" hint="No wait is longer, however often it failed." />
                <TimeSetting draft setting=Setting::PollEvery label="Polling interval" hint="Where live updates do not get through, Darkroom is asked this often while something runs." />
            </section>
            <section class="card" aria-labelledby="settings-display">
                <h2 id="settings-display">"Display"</h2>
                <ChoiceSetting
                    setting=Setting::Theme
                    label="Theme"
                    hint="Of all pages in this browser."
                    choices=Theme::ALL.map(|theme| (theme.as_str().to_owned(), theme_name(theme))).to_vec()
                    read=|preferences| preferences.theme.as_str().to_owned()
                    write=|preferences, word| preferences.theme = Theme::from_word(word).unwrap_or_default()
                />
                <SwitchSetting
                    setting=Setting::Previews
                    label="Show previews"
                    hint="Pictures while they develop. Without them there is less to load; results are always shown."
                    at=|preferences| &mut preferences.previews
                />
                <ChoiceSetting
                    setting=Setting::UpdatesPerSecond
                    label="Updates per second"
                    hint="How often bars and figures move. Fewer are easier on a slow machine or its battery."
                    choices=RATES.map(|rate| (rate.to_string(), rate_name(rate))).to_vec()
                    read=|preferences| preferences.updates_per_second.to_string()
                    write=|preferences, rate| preferences.updates_per_second = rate.parse().unwrap_or(RATES[0])
                />
            </section>
            <section class="card" aria-labelledby="settings-everyday">
                <h2 id="settings-everyday">"Everyday"</h2>
                <SwitchSetting
                    setting=Setting::Keys
                    label="Single keys"
                    hint="Keys without Ctrl act on the page while no text is typed. The key ? lists them."
                    at=|preferences| &mut preferences.keys
                />
                <SwitchSetting
                    setting=Setting::Notify
                    label="Notifications"
                    hint="Of the system, when a task ends while this page is hidden. The browser asks for your permission."
                    at=|preferences| &mut preferences.notify
                />
            </section>
            <section class="card" aria-labelledby="settings-debugging">
                <h2 id="settings-debugging">"Debugging"</h2>
                <SwitchSetting
                    setting=Setting::Debug
                    label="Debug mode"
                    hint="Keeps an event log of the live connection, and shows it below."
                    at=|preferences: &mut Preferences| &mut preferences.debug
                />
                <SwitchSetting
                    setting=Setting::LogToConsole
                    label="Log to the console"
                    hint="In debug mode, writes each event to the console of this browser too."
                    at=|preferences| &mut preferences.log_to_console
                />
            </section>
        </fieldset>
    }.erased()
}

fn theme_name(theme: Theme) -> &'static str {
    match theme {
        Theme::System => "As the system",
        Theme::Dark => "Dark",
        Theme::Light => "Light",
    }
}

fn rate_name(rate: u8) -> &'static str {
    match rate {
        60 => "60 (as often as the screen)",
        30 => "30",
        10 => "10",
        2 => "2",
        _ => "1",
    }
}
