//! Using an output again: its settings in the form of Studio, after a look at what would change there.

use leptos::{ev, prelude::*};

use super::{
    form_changes::{FormChange, UsedSettings, changes},
    form_snapshot::FormSnapshot,
    used_notice,
};
use crate::{
    base_path::use_navigate,
    components::{
        dom,
        form::{FormKind, FormModel, use_form},
        reactive::{Erased, listener, part, truth},
        words::count,
    },
};
use proto::{
    gallery::{GalleryId, MissingName, OutputFacts},
    recipe::Field,
};

const REVIEW: &str = "use-again-review";

/// A change that a person may leave out, or replace.
#[derive(Clone)]
struct ReviewRow {
    change: FormChange,
    taken: RwSignal<bool>,
    text: RwSignal<String>,
}

#[derive(Clone)]
struct Review {
    used: UsedSettings,
    rows: Vec<ReviewRow>,
    same: usize,
    /// The form starts from a picture, and this output did not.
    drops_start: bool,
}

impl Review {
    fn new(form: FormModel, facts: &OutputFacts, missing: &[MissingName], used: UsedSettings) -> Self {
        let found = changes(facts, missing, used, |field| form.value(field).get_untracked());
        let row = |change: FormChange| {
            let offered = change.missing.as_ref().map(|nearest| nearest.first().cloned());
            // Without anything like it, the form keeps what it has.
            let taken = RwSignal::new(!matches!(offered, Some(None)));
            let text = RwSignal::new(offered.flatten().unwrap_or_else(|| change.then.clone()));
            ReviewRow { change, taken, text }
        };
        let has_start = form.start.with_untracked(|start| !start.is_empty());
        let drops_start = used == UsedSettings::All && has_start && facts.parents.is_empty();
        Self { used, rows: found.changes.into_iter().map(row).collect(), same: found.same, drops_start }
    }

    fn changes_nothing(&self) -> bool {
        self.rows.is_empty() && !self.drops_start
    }
}

#[component]
pub(super) fn UseAgain(id: GalleryId, facts: OutputFacts, missing: Vec<MissingName>) -> impl IntoView {
    let form = use_form();
    let navigate = StoredValue::new(use_navigate());
    let go = move || navigate.with_value(|navigate| navigate("/", Default::default()));
    let has_loras = !facts.loras.is_empty();
    let is_known = !facts.prompt.is_empty() || facts.seed.is_some() || !facts.models.is_empty();
    let facts = StoredValue::new((facts, missing));
    let review = RwSignal::new(None::<Review>);
    let chosen = move || review.with(|review| review.as_ref().map(|review| review.used));
    let choose = move |used: UsedSettings| {
        if review.with_untracked(|review| review.as_ref().is_some_and(|review| review.used == used)) {
            return review.set(None);
        }
        review.set(Some(facts.with_value(|(facts, missing)| Review::new(form, facts, missing, used))));
        request_animation_frame(|| dom::focus_any(REVIEW));
    };
    let button = move |used: UsedSettings| {
        view! {
            <button type="button" class="button" aria-expanded=truth(move || chosen() == Some(used)) on:click=listener(move |_: ev::MouseEvent| choose(used))>
                {used.label()}
            </button>
        }
        .erased()
    };
    let used = move |review: Review| {
        let before = FormSnapshot::of(form);
        let words = apply(form, &review);
        go();
        used_notice::show(form, id, words, before);
    };
    if !is_known {
        return ().into_any();
    }
    view! {
        <section class="use-again with-script" aria-label="Use again">
            <h2>"Use again in Studio"</h2>
            <div class="actions">{UsedSettings::EACH.map(button).into_iter().collect_view()}</div>
            {part(move || match review.get() {
                None => ().into_any(),
                Some(review) => {
                    let nothing = review.changes_nothing();
                    let for_button = StoredValue::new(review.clone());
                    view! {
                        <div class="review card" id=REVIEW tabindex="-1" role="group" aria-label="What changes in the form">
                            {difference(review)}
                            {(has_loras && !nothing).then(|| view! {
                                <p class="note">"Its LoRAs are not part of this form. Open it as a workflow to have them, too."</p>
                            }.erased())}
                            <button type="button" class="generate" on:click=listener(move |_: ev::MouseEvent| used(for_button.get_value()))>
                                {if nothing { "Go to Studio" } else { "Use in Studio" }}
                            </button>
                        </div>
                    }
                    .into_any()
                }
            })}
        </section>
    }
    .into_any()
}

/// Fills the form, and says what is in it now.
fn apply(form: FormModel, review: &Review) -> String {
    let mut fields = Vec::new();
    for row in review.rows.iter().filter(|row| row.taken.get_untracked()) {
        form.edit(row.change.field, row.text.get_untracked());
        fields.push(row.change.field.label().to_lowercase());
        if row.change.field == Field::Seed {
            form.new_seed.set(false);
            form.reused_seed.set(true);
        }
    }
    if review.used == UsedSettings::All {
        // Also where the form has its seed already.
        form.new_seed.set(false);
        if review.drops_start {
            form.start.set(String::new());
        }
    }
    form.kind.set(FormKind::Text);
    form.refusal.set(None);
    if fields.is_empty() {
        return "The form has the settings of this output.".into();
    }
    format!("From this output: {}.", fields.join(", "))
}

fn difference(review: Review) -> AnyView {
    let Review { rows, same, drops_start, .. } = review;
    if rows.is_empty() && !drops_start {
        return view! { <p class="note">"The form has all of this already."</p> }.erased();
    }
    let same =
        (same > 0).then(|| view! { <p class="note">{format!("{} the same already.", count(same, "field is", "fields are"))}</p> }.erased());
    view! {
        <ul class="differences">
            {rows.into_iter().map(row_of).collect_view()}
            {drops_start.then(|| view! { <li><p class="note">"The picture to start from is taken out."</p></li> }.erased())}
        </ul>
        {same}
    }
    .into_any()
}

fn row_of(row: ReviewRow) -> AnyView {
    let ReviewRow { change, taken, text } = row;
    let FormChange { field, now, then, missing } = change;
    let id = format!("use-{}", field.name());
    let shown = |text: &str| if text.is_empty() { "empty".to_owned() } else { text.to_owned() };
    let instead = missing.map(|nearest| {
        let option = |name: &String| view! { <option value=name.clone()>{name.clone()}</option> }.erased();
        let nothing = nearest.is_empty();
        let choices = nearest.iter().map(option).collect_view();
        view! {
            <p class="missing">{format!("No ComfyUI has {then}.")}{nothing.then_some(" The form keeps what it has, unless you tick this.")}</p>
            {(!nothing).then(|| view! {
                <label class="field">
                    "Instead"
                    <select on:change=listener(move |event: ev::Event| text.set(event_target_value(&event)))>
                        {choices}
                        <option value=then.clone()>{format!("{then} (missing)")}</option>
                    </select>
                </label>
            }.erased())}
        }
        .into_any()
    });
    let is_missing = instead.is_some();
    view! {
        <li class:left-out=move || !taken.get()>
            <label class="check" for=id.clone()>
                <input
                    type="checkbox"
                    id=id.clone()
                    prop:checked=taken
                    on:change=listener(move |event: ev::Event| taken.set(event_target_checked(&event)))
                />
                {field.label()}
            </label>
            <p class="difference">
                <del><span class="visually-hidden">"now "</span>{shown(&now)}</del>
                {(!is_missing).then(|| view! { <ins><span class="visually-hidden">"then "</span>{move || { let text = text.get(); if text.is_empty() { "empty".to_owned() } else { text } }}</ins> }.into_any())}
            </p>
            {instead}
        </li>
    }
    .into_any()
}
