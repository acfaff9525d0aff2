//! A field while the form is arranged: its name, and what is done with it.

use leptos::{ev, prelude::*};

use super::{
    arrange_context::{ArrangeContext, HEADINGS},
    arrange_list::{ArrangedField, FieldNames},
};
use crate::components::{
    icon::{Glyph, Icon},
    memo, part,
    reactive::{Erased, When, listener, truth},
};
use proto::form::{FieldKey, FormPart};

/// What the controls of one field share.
#[derive(Clone, Copy)]
struct FieldLine {
    context: ArrangeContext,
    key: StoredValue<FieldKey>,
    /// `None`: it is no longer listed.
    field: Memo<Option<ArrangedField>>,
    name: Memo<String>,
}

impl FieldLine {
    /// The id of one of its controls.
    fn id(self, control: &str) -> String {
        self.key.with_value(|key| format!("arrange-{key}-{control}"))
    }

    /// "Pin Steps".
    fn words(self, before: &'static str, after: &'static str) -> Memo<String> {
        memo(move || self.name.with(|name| format!("{before} {name}{after}")))
    }

    fn holds(self, holds: impl Fn(&ArrangedField) -> bool + Send + Sync + 'static) -> Memo<bool> {
        memo(move || self.field.with(|field| field.as_ref().is_some_and(&holds)))
    }

    fn key(self) -> FieldKey {
        self.key.get_value()
    }

    fn toggle(self, hidden: bool) {
        let name = self.name.get_untracked();
        self.context.change(&self.id("name"), |arrangement, base, _| {
            arrangement.set_hidden(base, &self.key(), hidden);
            format!("{name} is {}.", if hidden { "hidden" } else { "shown" })
        });
    }

    fn pin(self, pinned: bool) {
        let name = self.name.get_untracked();
        self.context.change(&self.id("pin"), |arrangement, base, _| {
            arrangement.set_pinned(base, &self.key(), pinned);
            format!("{name} is {}.", if pinned { "pinned" } else { "no longer pinned" })
        });
    }

    fn rename(self, label: &str) {
        let name = self.name.get_untracked();
        self.context.change(&self.id("name"), |arrangement, base, _| {
            arrangement.rename(base, &self.key(), label);
            let label = label.trim();
            if label.is_empty() { format!("{name} has its own name again.") } else { format!("{name} is called {label}.") }
        });
    }

    fn shift(self, up: bool) {
        let name = self.name.get_untracked();
        self.context.change(&self.id("name"), |arrangement, _, form| match arrangement.move_field(form, &self.key(), up) {
            Some(to) => format!("{name} moved {}, {} of {}", if up { "up" } else { "down" }, to.place, to.of),
            None => format!("{name} is at the end."),
        });
    }

    fn set_heading(self, heading: &str) {
        let name = self.name.get_untracked();
        self.context.change(&self.id("heading"), |arrangement, base, form| {
            arrangement.set_heading(base, form, &self.key(), heading);
            format!("{name} has another heading.")
        });
    }

    fn link(self, other: &FieldKey) {
        let name = self.name.get_untracked();
        self.context.change(&self.id("link"), |arrangement, _, form| {
            arrangement.link(&self.key(), other);
            let other = form.field(other).map(|field| FieldNames::of(form).of_field(field)).unwrap_or_default();
            format!("{other} gets the value of {name}.")
        });
    }

    fn unlink(self, key: &FieldKey) {
        self.context.change(&self.id("name"), |arrangement, _, form| {
            arrangement.unlink(key);
            let name = form.field(key).map(|field| FieldNames::of(form).of_field(field)).unwrap_or_default();
            format!("{name} has a value of its own.")
        });
    }
}

/// `at`: the place of the field in the form as Darkroom makes it.
pub(super) fn field_line(context: ArrangeContext, at: u32) -> AnyView {
    let Some((key, title, own)) = context.base.with_value(|base| {
        let field = base.fields.get(at as usize)?;
        Some((field.key.clone(), field.title.clone(), field.label.clone()))
    }) else {
        return ().into_any();
    };
    let field = memo(move || context.lines.with(|lines| lines.fields.get(&at).cloned()));
    let name = memo(move || field.with(|field| field.as_ref().map(|field| field.name.clone()).unwrap_or_default()));
    let line = FieldLine { context, key: StoredValue::new(key.clone()), field, name };
    let label = memo(move || field.with(|field| field.as_ref().map(|field| field.label.clone()).unwrap_or_default()));
    let hidden = line.holds(|field| field.part == FormPart::Hidden);
    let pinned = line.holds(|field| field.part == FormPart::Pinned);
    let stays = line.holds(|field| field.part == FormPart::Hidden || field.depends);
    let follows = line.holds(|field| field.leader.is_some());
    let open = RwSignal::new(false);
    let details = line.id("details");
    let leader = memo(move || {
        let leader = field.with(|field| field.as_ref().and_then(|field| field.leader.clone()));
        leader.map(|leader| format!("It gets the value of {leader}."))
    });
    let node = (title != own).then(|| view! { <span class="field-node">{title}</span> }.erased());
    view! {
        <div class="arrange-field" role="group" aria-label=name data-field=key.to_string()>
            <div class="field arrange-name" on:keydown=listener(move |event| move_by_key(line, &event))>
                {committed(line.id("name"), Some(line.words("Name of", "")), label, own, None, move |text| line.rename(&text))}
                {node}
            </div>
            <div class="arrange-buttons" on:keydown=listener(move |event| move_by_key(line, &event))>
                <button
                    type="button"
                    class="button"
                    id=line.id("pin")
                    aria-label=line.words("Pin", "")
                    aria-pressed=truth(move || pinned.get())
                    hidden=hidden
                    on:click=listener(move |_| line.pin(!pinned.get_untracked()))
                >
                    "Pin"
                </button>
                <button
                    type="button"
                    class="button"
                    id=line.id("hide")
                    aria-label=memo(move || name.with(|name| format!("{} {name}", if hidden.get() { "Show" } else { "Hide" })))
                    hidden=follows
                    on:click=listener(move |_| line.toggle(!hidden.get_untracked()))
                >
                    {memo(move || if hidden.get() { "Show" } else { "Hide" })}
                </button>
                <button
                    type="button"
                    class="button"
                    id=line.id("unlink")
                    aria-label=line.words("Unlink", "")
                    hidden=memo(move || !follows.get())
                    on:click=listener(move |_| line.unlink(&line.key()))
                >
                    "Unlink"
                </button>
                {move_button(line, true, stays)}
                {move_button(line, false, stays)}
                <button
                    type="button"
                    class="button"
                    id=line.id("more")
                    aria-label=line.words("More of", "")
                    aria-expanded=truth(move || open.get())
                    aria-controls=details.clone()
                    hidden=hidden
                    on:click=listener(move |_| open.update(|open| *open = !*open))
                >
                    "More"
                </button>
            </div>
            {part(move || leader.get().map(|words| view! { <p class="note">{words}</p> }.erased()).into_any())}
            <div id=details class="arrange-details">
                <When holds=memo(move || open.get() && !hidden.get())>{more(line)}</When>
            </div>
        </div>
    }
    .erased()
}

fn move_by_key(line: FieldLine, event: &ev::KeyboardEvent) {
    let up = match event.key().as_str() {
        "ArrowUp" => true,
        "ArrowDown" => false,
        _ => return,
    };
    let can_move = line.field.with_untracked(|field| field.as_ref().is_some_and(|field| field.part != FormPart::Hidden && !field.depends));
    if event.alt_key() && can_move {
        event.prevent_default();
        line.shift(up);
    }
}

fn move_button(line: FieldLine, up: bool, hidden: Memo<bool>) -> AnyView {
    let (glyph, word, after) = if up { (Glyph::Up, "up", " up") } else { (Glyph::Down, "down", " down") };
    let at_end = line.holds(move |field| if up { field.is_first } else { field.is_last });
    view! {
        <button
            type="button"
            class="button"
            id=line.id(word)
            aria-label=line.words("Move", after)
            aria-disabled=truth(move || at_end.get())
            hidden=hidden
            on:click=listener(move |_| {
                if !at_end.get_untracked() {
                    line.shift(up);
                }
            })
        >
            <Icon glyph=glyph />
        </button>
    }
    .erased()
}

/// Its heading, and the fields that get its value.
fn more(line: FieldLine) -> AnyView {
    let FieldLine { context, field, .. } = line;
    let heading = memo(move || field.with(|field| field.as_ref().map(|field| field.heading.clone()).unwrap_or_default()));
    let own = context.base.with_value(|base| {
        let field = base.field(&line.key());
        field.and_then(|field| base.groups.get(usize::from(field.group))).cloned().unwrap_or_default()
    });
    let id = line.id("heading");
    view! {
        <div class="field">
            <label for=id.clone()>"Heading"</label>
            {committed(id, None, heading, own, Some(HEADINGS), move |text| line.set_heading(&text))}
        </div>
        {part(move || links(line))}
    }
    .into_any()
}

/// A text that is taken when it is left or with Enter, which would send the form.
fn committed(
    id: String,
    label: Option<Memo<String>>,
    text: Memo<String>,
    own: String,
    list: Option<&'static str>,
    commit: impl Fn(String) + Copy + 'static,
) -> AnyView {
    let take = move |text: String, given: String| {
        if given != text {
            commit(given);
        }
    };
    view! {
        <input
            type="text"
            id=id
            aria-label=label
            placeholder=own
            maxlength="80"
            autocomplete="off"
            list=list
            prop:value=text
            on:change=listener(move |event| take(text.get_untracked(), event_target_value(&event)))
            on:keydown=listener(move |event: ev::KeyboardEvent| {
                if event.key() == "Enter" && !event.ctrl_key() && !event.meta_key() {
                    event.prevent_default();
                    take(text.get_untracked(), event_target_value(&event));
                }
            })
        />
    }
    .erased()
}

fn links(line: FieldLine) -> AnyView {
    let key = line.key();
    line.context.now.with(|form| {
        let names = FieldNames::of(form);
        let Some(field) = form.field(&key) else { return ().into_any() };
        let linkable = form.linkable(&key);
        if linkable.is_empty() && field.linked.is_empty() {
            return view! { <p class="note">"No other field has values of this type."</p> }.erased();
        }
        let option = |other: &&proto::form::FormField| {
            let name = names.of_field(other);
            let words = if field.same_as.contains(&other.key) { format!("{name}: same value") } else { name };
            view! { <option value=other.key.to_string()>{words}</option> }.erased()
        };
        let follower = |key: &FieldKey| {
            let name = form.field(key).map(|field| names.of_field(field)).unwrap_or_default();
            let label = format!("Unlink {name}");
            let (id, key) = (line.id(&format!("unlink-{key}")), key.clone());
            view! {
                <li>
                    <span>{name}</span>
                    <button type="button" class="button" id=id aria-label=label on:click=listener(move |_| line.unlink(&key))>"Unlink"</button>
                </li>
            }
            .erased()
        };
        let chosen = move |event: ev::Event| {
            if let Ok(other) = event_target_value(&event).parse() {
                line.link(&other);
            }
        };
        let followers = (!field.linked.is_empty()).then(|| {
            view! {
                <p class="note">"These get its value:"</p>
                <ul class="arrange-links">{field.linked.iter().map(follower).collect_view()}</ul>
            }
            .into_any()
        });
        let id = line.id("link");
        view! {
            <div class="field">
                <label for=id.clone()>"Gives its value to"</label>
                <select id=id on:change=listener(chosen)>
                    <option value="">"Choose a field…"</option>
                    {linkable.iter().map(option).collect_view()}
                </select>
                {followers}
            </div>
        }
        .erased()
    })
}
