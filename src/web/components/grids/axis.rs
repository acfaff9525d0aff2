//! One axis of a new grid: its field, and its values.

use leptos::prelude::*;

use super::base::AxisField;
use crate::components::{
    reactive::{Erased, When, listener, memo, part},
    words::count,
};
use proto::grid::{GridAxis, GridProblem, GridValueKind, parse_values, write_values};

/// What a person chose for an axis. Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct AxisDraft {
    pub letter: &'static str,
    /// The name of the field. Empty: the axis is not used.
    pub field: RwSignal<String>,
    /// Its values as typed.
    pub text: RwSignal<String>,
    /// The part of the field's text that is replaced. Empty: all of it.
    pub part: RwSignal<String>,
}

impl AxisDraft {
    pub fn new(letter: &'static str) -> Self {
        Self { letter, field: RwSignal::default(), text: RwSignal::default(), part: RwSignal::default() }
    }

    /// How its values are typed.
    fn kind(self, field: &AxisField) -> GridValueKind {
        if self.replaces(field) { GridValueKind::Words } else { field.kind }
    }

    fn replaces(self, field: &AxisField) -> bool {
        field.is_text && self.part.with(|part| !part.is_empty())
    }

    /// The axis, if it is used. The inner error says what cannot be read.
    pub fn axis(self, fields: &[AxisField]) -> Option<Result<GridAxis, String>> {
        let name = self.field.get();
        let field = fields.iter().find(|field| field.name == name)?;
        let kind = self.kind(field);
        let part = self.replaces(field).then(|| self.part.get());
        let values = self.text.with(|text| parse_values(kind, text));
        Some(match values {
            Ok(values) => Ok(GridAxis { field: name, label: field.label.clone(), values, part, kind }),
            Err(error) => Err(error.message),
        })
    }
}

/// The editor of an axis. `problems`: those that the server found at it.
#[component]
pub(super) fn AxisEditor(draft: AxisDraft, fields: Signal<Vec<AxisField>>, problems: Signal<Vec<GridProblem>>) -> impl IntoView {
    let letter = draft.letter;
    let id = move |what: &str| format!("axis-{letter}-{what}");
    let chosen = memo(move || fields.with(|fields| draft.field.with(|name| fields.iter().find(|field| field.name == *name).cloned())));
    let used = memo(move || chosen.with(Option::is_some));
    let is_text = memo(move || chosen.with(|field| field.as_ref().is_some_and(|field| field.is_text)));
    let kind = memo(move || chosen.with(|field| field.as_ref().map(|field| draft.kind(field)).unwrap_or_default()));
    let read = memo(move || fields.with(|fields| draft.axis(fields)));
    let status = memo(move || match read.get() {
        Some(Ok(axis)) => count(axis.values.len(), "value", "values"),
        _ => String::new(),
    });
    let wrong = memo(move || match read.get() {
        Some(Err(message)) => message,
        Some(Ok(axis)) => problems.with(|problems| {
            let words = |problem: &GridProblem| {
                let value = problem.value.and_then(|value| axis.values.get(usize::from(value)));
                value.map_or_else(|| problem.message.clone(), |value| format!("{value}: {}", problem.message))
            };
            problems.iter().map(words).take(3).collect::<Vec<_>>().join(" ")
        }),
        None => String::new(),
    });
    let is_wrong = memo(move || wrong.with(|wrong| !wrong.is_empty()));
    let choose = move |name: String| {
        let now = fields.with_untracked(|fields| fields.iter().find(|field| field.name == name).cloned());
        draft.part.set(String::new());
        draft.text.set(now.filter(|field| !field.now.is_empty()).map(|field| write_values(field.kind, &[field.now])).unwrap_or_default());
        draft.field.set(name);
    };
    view! {
        <fieldset class="grid-axis">
            <legend>{format!("{letter}: {}", purpose(letter))}</legend>
            <div class="field">
                <label for=id("field")>"Field"</label>
                <select id=id("field") on:change=listener(move |event| choose(event_target_value(&event)))>
                    <option value="" prop:selected=memo(move || draft.field.with(String::is_empty))>
                        {if letter == "X" { "Choose a field" } else { "None" }}
                    </option>
                    {part(move || options(fields.get(), draft))}
                </select>
            </div>
            <When holds=is_text>
                <div class="field">
                    <label for=id("part")>"Only this part of it (optional)"</label>
                    <input
                        id=id("part")
                        type="text"
                        autocomplete="off"
                        placeholder="a cat"
                        prop:value=draft.part
                        on:input=listener(move |event| draft.part.set(event_target_value(&event)))
                    />
                </div>
            </When>
            <When holds=used>
                <div class="field">
                    <label for=id("values")>{format!("Values of {letter}")}</label>
                    <textarea
                        id=id("values")
                        rows="3"
                        aria-describedby=format!("{} {}", id("hint"), id("problem"))
                        aria-invalid=memo(move || is_wrong.get().then(|| "true".to_owned()))
                        prop:value=draft.text
                        on:input=listener(move |event| draft.text.set(event_target_value(&event)))
                    ></textarea>
                    <p class="note" id=id("hint")>{memo(move || hint(kind.get()))}" "<strong>{status}</strong></p>
                    <p class="field-problem" id=id("problem") role="alert" hidden=memo(move || !is_wrong.get())>{wrong}</p>
                </div>
                {part(move || choices(draft, chosen.get(), kind.get()))}
            </When>
        </fieldset>
    }
    .erased()
}

fn purpose(letter: &str) -> &'static str {
    match letter {
        "X" => "columns",
        "Y" => "rows",
        _ => "sheets",
    }
}

fn hint(kind: GridValueKind) -> &'static str {
    match kind {
        GridValueKind::Whole => "Numbers with commas, or ranges: 20-40 (+10) is 20, 30, 40; 1-10 [4] is four of them.",
        GridValueKind::Decimal => "Numbers with commas, or ranges: 5-7 (+0.5); 0-1 [5] is five of them.",
        GridValueKind::Words => "With commas, or one per line. In quotes if there is a comma in it.",
        GridValueKind::Lines => "One per line.",
    }
}

/// The important fields first.
fn options(fields: Vec<AxisField>, draft: AxisDraft) -> AnyView {
    let option = move |field: AxisField| {
        let name = field.name.clone();
        let is_it = memo(move || draft.field.with(|chosen| *chosen == name));
        view! { <option value=field.name prop:selected=is_it>{field.label}</option> }.erased()
    };
    let (pinned, others): (Vec<_>, Vec<_>) = fields.into_iter().partition(|field| field.pinned);
    let others = (!others.is_empty())
        .then(|| view! { <optgroup label="More fields">{others.into_iter().map(option).collect_view()}</optgroup> }.erased());
    (pinned.into_iter().map(option).collect_view(), others).into_any()
}

/// A box for each choice of the field.
fn choices(draft: AxisDraft, field: Option<AxisField>, kind: GridValueKind) -> AnyView {
    let Some(field) = field.filter(|field| !field.choices.is_empty()) else { return ().into_any() };
    let values = memo(move || draft.text.with(|text| parse_values(kind, text).unwrap_or_default()));
    let number = field.choices.len();
    let choice = move |name: String| {
        let (shown, toggled) = (name.clone(), name.clone());
        let is_in = memo(move || values.with(|values| values.contains(&shown)));
        let toggle = move |_| {
            let mut values = values.get_untracked();
            let before = values.len();
            values.retain(|value| *value != toggled);
            if values.len() == before {
                values.push(toggled.clone());
            }
            draft.text.set(write_values(kind, &values));
        };
        view! {
            <label class="grid-choice">
                <input type="checkbox" prop:checked=is_in on:change=listener(toggle) />
                <span>{name}</span>
            </label>
        }
        .erased()
    };
    view! {
        <details class="more-fields">
            <summary>{count(number, "choice", "choices")}</summary>
            <div class="grid-choices">{field.choices.into_iter().map(choice).collect_view()}</div>
        </details>
    }
    .erased()
}
