//! A choice among many: a text that finds them. Only choices are accepted.

use leptos::{ev, html, prelude::*};

use super::{
    choices::choice_words,
    handle::{field_id, invalid, setter, text_of},
};
use crate::components::{
    memo, part,
    reactive::{Erased, listener, truth},
};
use proto::form::{FieldChoice, FormField};

/// More choices than this are searched.
pub(super) const SEARCHED: usize = 12;
/// Choices shown at once.
const SHOWN: usize = 100;

/// The combobox of a field. A value that is no choice stays, and is marked.
pub(super) fn combobox(field: StoredValue<FormField>, choices: Vec<FieldChoice>) -> AnyView {
    let (text, set) = (text_of(field), setter(field));
    let id = field.with_value(field_id);
    view! { <ComboBox id=id.clone() invalid=invalid(field) described_by=format!("{id}-problem") text set=Callback::new(set) choices /> }
        .erased()
}

/// A choice with what is searched in it.
struct Searched {
    choice: FieldChoice,
    words: String,
}

/// An input that opens the list of what fits its text (WAI-ARIA: combobox with list autocomplete).
#[component]
pub(super) fn ComboBox(
    id: String,
    invalid: Memo<Option<String>>,
    described_by: String,
    text: Memo<String>,
    set: Callback<String>,
    choices: Vec<FieldChoice>,
) -> impl IntoView {
    let list_id = format!("{id}-list");
    let option_id = {
        let id = id.clone();
        move |at: usize| format!("{id}-option-{at}")
    };
    let choices = StoredValue::new(
        choices.into_iter().map(|choice| Searched { words: choice_words(&choice).to_lowercase(), choice }).collect::<Vec<_>>(),
    );
    // What is typed and not chosen yet.
    let typed = RwSignal::new(None::<String>);
    let open = RwSignal::new(false);
    let active = RwSignal::new(0_usize);
    let input = NodeRef::<html::Input>::new();
    // The places of the choices that fit, and how many more there are.
    let found = memo(move || {
        let wanted = typed.get().unwrap_or_default().to_lowercase();
        let words: Vec<&str> = wanted.split_whitespace().collect();
        choices.with_value(|choices| {
            let fitting = choices.iter().enumerate().filter(|(_, searched)| words.iter().all(|word| searched.words.contains(word)));
            let mut places: Vec<usize> = fitting.map(|(at, _)| at).collect();
            let more = places.len().saturating_sub(SHOWN);
            // The present choice is among those that are shown.
            let chosen =
                text.with_untracked(|text| places.iter().position(|at| choices.get(*at).is_some_and(|one| one.choice.value == *text)));
            if let Some(beyond) = chosen.filter(|at| *at >= SHOWN) {
                let place = places.remove(beyond);
                places.insert(0, place);
            }
            places.truncate(SHOWN);
            (places, more)
        })
    });
    let close = move || {
        open.set(false);
        typed.set(None);
    };
    let show = move || {
        if !open.get_untracked() {
            let chosen = text.with_untracked(|text| {
                choices.with_value(|choices| {
                    found.with_untracked(|(places, _)| {
                        places.iter().position(|at| choices.get(*at).is_some_and(|one| one.choice.value == *text))
                    })
                })
            });
            active.set(chosen.unwrap_or_default());
            open.set(true);
        }
    };
    let choose = move |at: usize| {
        let value = found.with_untracked(|(places, _)| {
            places.get(at).and_then(|at| choices.with_value(|choices| choices.get(*at).map(|one| one.choice.value.clone())))
        });
        if let Some(value) = value {
            set.run(value);
        }
        close();
    };
    let keys = move |event: ev::KeyboardEvent| {
        let last = found.with_untracked(|(places, _)| places.len().saturating_sub(1));
        let go = |to: usize| {
            event.prevent_default();
            if open.get_untracked() {
                active.set(to);
            } else {
                show();
            }
        };
        let now = active.get_untracked();
        match event.key().as_str() {
            "ArrowDown" => go(if now >= last { 0 } else { now + 1 }),
            "ArrowUp" => go(now.checked_sub(1).unwrap_or(last)),
            "PageDown" => go((now + 10).min(last)),
            "PageUp" => go(now.saturating_sub(10)),
            // Enter alone would send the form.
            "Enter" if !event.ctrl_key() && !event.meta_key() => {
                event.prevent_default();
                if open.get_untracked() {
                    choose(now);
                }
            }
            "Escape" if open.get_untracked() => {
                event.prevent_default();
                event.stop_propagation();
                close();
            }
            _ => {}
        }
    };
    let is_known = memo(move || text.with(|text| choices.with_value(|choices| choices.iter().any(|one| one.choice.value == *text))));
    let shown_text = memo(move || {
        typed.get().unwrap_or_else(|| {
            let text = text.get();
            if is_known.get() || text.is_empty() { text } else { format!("{text} (not there)") }
        })
    });
    let active_id = {
        let option_id = option_id.clone();
        memo(move || (open.get() && found.with(|(places, _)| !places.is_empty())).then(|| option_id(active.get())))
    };
    // The active choice stays in sight.
    Effect::new({
        let option_id = option_id.clone();
        move |_| {
            if open.get() {
                scroll_to(&option_id(active.get()));
            }
        }
    });
    let option = {
        let option_id = option_id.clone();
        move |(at, place): (usize, usize)| {
            let words = choices.with_value(|choices| choices.get(place).map(|one| choice_words(&one.choice)).unwrap_or_default());
            let value = choices.with_value(|choices| choices.get(place).map(|one| one.choice.value.clone()).unwrap_or_default());
            view! {
                <li
                    id=option_id(at)
                    role="option"
                    aria-selected=truth(move || text.with(|text| *text == value))
                    class:active=memo(move || active.get() == at)
                    // Before the input loses the focus.
                    on:mousedown=listener(move |event: ev::MouseEvent| {
                        event.prevent_default();
                        choose(at);
                    })
                >
                    {words}
                </li>
            }
            .erased()
        }
    };
    view! {
        <div class="combobox">
            <input
                type="text"
                role="combobox"
                id=id
                autocomplete="off"
                spellcheck="false"
                aria-autocomplete="list"
                aria-expanded=truth(move || open.get())
                aria-controls=list_id.clone()
                aria-activedescendant=active_id
                aria-invalid=invalid
                aria-describedby=described_by
                placeholder="Choose…"
                prop:value=shown_text
                node_ref=input
                on:input=listener(move |event| {
                    typed.set(Some(event_target_value(&event)));
                    active.set(0);
                    open.set(true);
                })
                on:focus=listener(move |_: ev::FocusEvent| {
                    if let Some(input) = input.get_untracked() {
                        input.select();
                    }
                })
                on:click=listener(move |_: ev::MouseEvent| show())
                on:blur=listener(move |_: ev::FocusEvent| close())
                on:keydown=listener(keys)
            />
            <ul id=list_id role="listbox" aria-label="Choices" hidden=memo(move || !open.get())>
                {part(move || {
                    if !open.get() {
                        return ().into_any();
                    }
                    let (places, more) = found.get();
                    let none = places.is_empty();
                    view! {
                        {places.into_iter().enumerate().map(option.clone()).collect_view()}
                        {none.then(|| view! { <li class="note" role="presentation">"Nothing fits."</li> }.erased())}
                        {(more > 0).then(|| view! { <li class="note" role="presentation">{format!("and {more} more: type to find them")}</li> }.erased())}
                    }.into_any()
                })}
            </ul>
        </div>
    }
    .erased()
}

/// The list alone scrolls, not the page.
fn scroll_to(id: &str) {
    #[cfg(feature = "hydrate")]
    {
        use leptos::{wasm_bindgen::JsCast, web_sys::HtmlElement};
        let option = document().get_element_by_id(id).and_then(|element| element.dyn_into::<HtmlElement>().ok());
        if let Some(option) = option
            && let Some(list) = option.parent_element()
        {
            let (top, bottom) = (option.offset_top(), option.offset_top() + option.offset_height());
            if top < list.scroll_top() {
                list.set_scroll_top(top);
            } else if bottom > list.scroll_top() + list.client_height() {
                list.set_scroll_top(bottom - list.client_height());
            }
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = id;
}
