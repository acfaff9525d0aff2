//! One preference: its name, an explanation, and the control.

use leptos::prelude::*;

use super::draft::Draft;
use crate::{
    components::reactive::{Erased, listener, memo},
    live::use_live,
};
use proto::preferences::{Preferences, Setting, seconds};

/// Name and explanation, and beside them the control.
#[component]
fn SettingRow(setting: Setting, label: &'static str, hint: &'static str, children: Children) -> impl IntoView {
    view! {
        <div class="setting">
            <label for=setting.name()>{label}</label>
            <p class="note" id=hint_id(setting)>{hint}</p>
            <div class="setting-control field">{children()}</div>
        </div>
    }
    .erased()
}

fn hint_id(setting: Setting) -> String {
    format!("{}-hint", setting.name())
}

fn problem_id(setting: Setting) -> String {
    format!("{}-problem", setting.name())
}

/// On or off.
#[component]
pub(super) fn SwitchSetting(
    setting: Setting,
    label: &'static str,
    hint: &'static str,
    /// The member of the preferences.
    at: fn(&mut Preferences) -> &mut bool,
) -> impl IntoView {
    let live = use_live();
    let on = memo(move || *at(&mut live.preferences()));
    let change = move |event| {
        let mut preferences = live.preferences_untracked();
        *at(&mut preferences) = event_target_checked(&event);
        live.set_preferences(preferences);
    };
    view! {
        <SettingRow setting label hint>
            <input
                type="checkbox"
                id=setting.name()
                checked=on.get_untracked()
                prop:checked=on
                aria-describedby=hint_id(setting)
                on:change=listener(change)
            />
        </SettingRow>
    }
    .erased()
}

/// A time in seconds.
#[component]
pub(super) fn TimeSetting(draft: Draft, setting: Setting, label: &'static str, hint: &'static str) -> impl IntoView {
    let text = draft.text(setting);
    let problem = memo(move || draft.problem(setting));
    let wrong = memo(move || problem.with(Option::is_some));
    let described_by = memo(move || if wrong.get() { format!("{} {}", problem_id(setting), hint_id(setting)) } else { hint_id(setting) });
    let (least, most) = setting.range_ms().unwrap_or_default();
    view! {
        <SettingRow setting label hint>
            <span class="setting-time">
                <input
                    type="number"
                    id=setting.name()
                    min=seconds(least)
                    max=seconds(most)
                    step="any"
                    inputmode="decimal"
                    autocomplete="off"
                    value=text.get_untracked()
                    prop:value=text
                    aria-invalid=memo(move || wrong.get().then_some("true"))
                    aria-describedby=described_by
                    on:input=listener(move |event| draft.edit(setting, event_target_value(&event)))
                    on:change=listener(move |_| draft.show_problems())
                />
                <span class="note" aria-hidden="true">"seconds"</span>
            </span>
            <p class="field-problem" id=problem_id(setting) hidden=memo(move || !wrong.get())>{problem}</p>
        </SettingRow>
    }
    .erased()
}

/// A choice: the stored values and their labels.
#[component]
pub(super) fn ChoiceSetting(
    setting: Setting,
    label: &'static str,
    hint: &'static str,
    choices: Vec<(String, &'static str)>,
    read: fn(&Preferences) -> String,
    write: fn(&mut Preferences, &str),
) -> impl IntoView {
    let live = use_live();
    let chosen = memo(move || read(&live.preferences()));
    let change = move |event| {
        let mut preferences = live.preferences_untracked();
        write(&mut preferences, &event_target_value(&event));
        live.set_preferences(preferences);
    };
    let option = move |(value, words): (String, &'static str)| {
        let is_it = {
            let value = value.clone();
            memo(move || chosen.with(|chosen| *chosen == value))
        };
        view! { <option value=value selected=is_it prop:selected=is_it>{words}</option> }.erased()
    };
    view! {
        <SettingRow setting label hint>
            <select id=setting.name() aria-describedby=hint_id(setting) on:change=listener(change)>
                {choices.into_iter().map(option).collect_view()}
            </select>
        </SettingRow>
    }
    .erased()
}
