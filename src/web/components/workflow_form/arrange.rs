//! Arranging the form: what is pinned and hidden, names, headings, the order, and fields that get one value.

use std::collections::{HashMap, HashSet};

use leptos::prelude::*;

use super::{
    arrange_context::{ArrangeContext, HEADINGS},
    arrange_field::field_line,
    arrange_list::{ArrangeLine, list},
    arrangement::set_arrangement,
};
use crate::components::{
    dom,
    form::{FormModel, use_form},
    icon::{Glyph, Icon},
    memo, part,
    reactive::{Erased, listener, rows, truth},
};
use proto::{
    form::{Arrangement, FieldKey, Form, FormPart},
    ids::NodeId,
};

/// Whether the form is being arranged. It outlives the fields, which are rendered again when their form changes.
#[derive(Clone, Copy)]
pub(super) struct Arranging {
    pub on: RwSignal<bool>,
}

impl Arranging {
    pub fn new(model: FormModel) -> Self {
        let on = RwSignal::new(false);
        let json = memo(move || model.file.with(|file| file.as_ref().map(|file| file.json().to_owned())));
        // Another file.
        Effect::new(move |_| {
            json.with(|_| ());
            on.set(false);
        });
        Self { on }
    }
}

const BUTTON: &str = "arrange-form";

#[component]
pub(super) fn ArrangeButton(arranging: Arranging) -> impl IntoView {
    view! {
        <div class="actions arrange-start">
            <button
                type="button"
                class="button"
                id=BUTTON
                aria-pressed=truth(move || arranging.on.get())
                on:click=listener(move |_| arranging.on.update(|on| *on = !*on))
            >
                "Arrange this form"
            </button>
        </div>
    }
    .erased()
}

/// The fields of a form with what arranges them. `base`: the form as Darkroom makes it, `now`: as it is arranged.
#[component]
pub(super) fn ArrangePanel(
    base: StoredValue<Form>,
    now: Memo<Form>,
    left_out: StoredValue<HashSet<NodeId>>,
    arranging: Arranging,
) -> impl IntoView {
    let model = use_form();
    let headings = StoredValue::new(Vec::<String>::new());
    let places = base.with_value(|base| {
        let mut places = HashMap::<FieldKey, u32>::new();
        for (at, field) in (0..).zip(&base.fields) {
            places.entry(field.key.clone()).or_insert(at);
        }
        places
    });
    let lines = memo(move || {
        let listed = |headings: &mut Vec<String>| now.with(|form| left_out.with_value(|left_out| list(form, &places, left_out, headings)));
        headings.try_update_value(listed).unwrap_or_default()
    });
    let context = ArrangeContext { model, base, now, lines, said: RwSignal::new(String::new()) };
    let keys = memo(move || lines.with(|lines| lines.keys.clone()));
    let heading = move |part: FormPart, at: u32| {
        let text = headings.with_value(|headings| headings.get(at as usize).cloned()).unwrap_or_default();
        heading_line(context, part, text, format!("arrange-heading-{}-{at}", part as u8))
    };
    let line = move |key: u128| match ArrangeLine::of_key(key) {
        ArrangeLine::Part(part) => part_line(part),
        ArrangeLine::Heading(part, at) => heading(part, at),
        ArrangeLine::Field(at) => field_line(context, at),
    };
    let is_own = memo(move || model.arrangement.with(String::is_empty));
    let undo = move |_| {
        if !is_own.get_untracked() {
            set_arrangement(model, &Arrangement::default());
            context.said.set("The form is as Darkroom makes it.".to_owned());
        }
    };
    let done = move |_| {
        arranging.on.set(false);
        dom::focus(BUTTON);
    };
    view! {
        <section class="arrange" aria-label="Arrangement of the form">
            <p class="note">
                "Pinned fields are always shown, others when they are unfolded. A field that has the focus is also moved with Alt and the arrow keys."
            </p>
            <div class="actions">
                <button type="button" class="button" id="arrange-done" on:click=listener(done)>"Done"</button>
                <button type="button" class="button" id="arrange-undo" aria-disabled=truth(move || is_own.get()) on:click=listener(undo)>
                    "Undo all"
                </button>
            </div>
            <datalist id=HEADINGS>
                {part(move || {
                    let option = |heading: String| view! { <option value=heading></option> }.erased();
                    now.with(|form| form.groups.clone()).into_iter().map(option).collect_view().into_any()
                })}
            </datalist>
            <div class="arrange-lines">{rows(keys, line)}</div>
            <p class="visually-hidden" role="status">{context.said}</p>
        </section>
    }
    .erased()
}

fn part_line(part: FormPart) -> AnyView {
    let title = match part {
        FormPart::Pinned => "Pinned",
        FormPart::More => "More settings",
        FormPart::Hidden => "Hidden",
    };
    view! { <h2 class="arrange-part">{title}</h2> }.erased()
}

/// A heading, which is moved with its fields.
fn heading_line(context: ArrangeContext, part: FormPart, text: String, id: String) -> AnyView {
    let button = |up: bool, glyph: Glyph, word: &'static str| {
        let label = format!("Move the heading {text} {word}");
        let (text, id) = (text.clone(), format!("{id}-{word}"));
        let press = {
            let id = id.clone();
            move |_| {
                context.change(&id, |arrangement, _, form| {
                    let moved = arrangement.move_heading(form, part, &text, up);
                    match moved {
                        Some(to) => format!("{text} moved {word}, {} of {}", to.place, to.of),
                        None => format!("{text} is at the end."),
                    }
                });
            }
        };
        view! {
            <button type="button" class="button" id=id aria-label=label.clone() title=label on:click=listener(press)>
                <Icon glyph=glyph />
            </button>
        }
        .erased()
    };
    view! {
        <div class="arrange-heading">
            <h3>{text.clone()}</h3>
            <div class="actions">
                {button(true, Glyph::Up, "up")}
                {button(false, Glyph::Down, "down")}
            </div>
        </div>
    }
    .erased()
}
