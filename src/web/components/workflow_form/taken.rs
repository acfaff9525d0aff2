//! The settings that another program wrote into a picture: they fill the form, and what it does not take over is listed above the fields.

use leptos::prelude::*;

use crate::components::{
    dom,
    form::{FormKind, FormModel},
    icon::{Glyph, Icon},
    part,
    reactive::{Erased, listener},
    words::count,
};
use proto::{
    recipe::Field,
    submit::{SettingChoice, SkippedSetting, TakenSettings},
};

const ID: &str = "taken-settings";

/// Fills the form. `file`: the name of the picture.
pub(super) fn fill(form: FormModel, file: String, settings: TakenSettings) {
    let has_seed = settings.fields.iter().any(|(field, _)| *field == Field::Seed);
    for (field, text) in &settings.fields {
        form.value(*field).set(text.clone());
    }
    form.kind.set(FormKind::Text);
    form.refusal.set(None);
    if has_seed {
        form.new_seed.set(false);
        form.reused_seed.set(true);
    }
    form.notice.set(Some(ViewFn::from(move || notice(form, &file, &settings))));
    // When it is in the document.
    request_animation_frame(|| dom::focus_any(ID));
}

fn notice(form: FormModel, file: &str, settings: &TakenSettings) -> AnyView {
    let TakenSettings { program, fields, skipped } = settings;
    let names: Vec<String> = fields.iter().filter(|(_, text)| !text.is_empty()).map(|(field, _)| field.label().to_lowercase()).collect();
    let taken = if names.is_empty() {
        format!("{program} made this picture. Nothing of its settings fits the form.")
    } else {
        format!("The settings that {program} wrote into this picture are in the form: {}.", names.join(", "))
    };
    let must_choose = skipped.iter().any(|skipped| !skipped.instead.is_empty());
    let summary = format!("{} not taken over", count(skipped.len(), "setting is", "settings are"));
    let lines = skipped.iter().map(|skipped| line(form, skipped)).collect_view();
    let list = (!skipped.is_empty()).then(|| {
        view! {
            <details open=must_choose>
                <summary>{summary}</summary>
                <ul>{lines}</ul>
            </details>
        }
        .erased()
    });
    view! {
        <section class="file-card taken-settings" id=ID tabindex="-1" aria-label=format!("Settings of {file}")>
            <div class="file-head">
                <p class="file-name">{file.to_owned()}</p>
                <button type="button" class="icon-button" aria-label="Close" title="Close" on:click=listener(move |_| {
                    form.notice.set(None);
                    dom::focus(Field::Prompt.name());
                })>
                    <Icon glyph=Glyph::Cross />
                </button>
            </div>
            <p class="note">{taken}</p>
            <p class="note">"Expect a similar picture, not the same one: programs differ in noise and in how they weigh words."</p>
            {list}
        </section>
    }
    .erased()
}

fn line(form: FormModel, skipped: &SkippedSetting) -> AnyView {
    let SkippedSetting { name, value, why, instead } = skipped.clone();
    let chosen = RwSignal::new(String::new());
    let choices = part(move || {
        let done = chosen.get();
        if instead.is_empty() {
            return ().into_any();
        }
        if !done.is_empty() {
            return view! { <p class="note" role="status">{format!("{done} is in the form.")}</p> }.erased();
        }
        let button = |choice: &SettingChoice| {
            let choice = choice.clone();
            let label = choice.label.clone();
            view! {
                <button type="button" class="button" on:click=listener(move |_| {
                    replace(form, &choice);
                    chosen.set(choice.label.clone());
                    dom::focus_any(ID);
                })>{label}</button>
            }
            .erased()
        };
        view! { <div class="taken-choices" role="group" aria-label="Use instead">{instead.iter().map(button).collect_view()}</div> }
            .erased()
    });
    view! {
        <li>
            <p><strong>{name}</strong>" "<span class="taken-value">{value}</span></p>
            <p class="note">{why}</p>
            {choices}
        </li>
    }
    .erased()
}

fn replace(form: FormModel, choice: &SettingChoice) {
    let text = match choice.field {
        Field::Prompt => {
            let prompt = form.value(Field::Prompt).get_untracked();
            if prompt.trim().is_empty() { choice.text.clone() } else { format!("{prompt}, {}", choice.text) }
        }
        _ => choice.text.clone(),
    };
    form.edit(choice.field, text);
}
