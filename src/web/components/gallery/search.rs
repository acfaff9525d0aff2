//! The field of the search, with suggestions while typing.

use std::time::Duration;

use leptos::{ev, html, prelude::*, task::spawn_local};

use super::{glyphs::MAGNIFIER, model::GalleryModel, url::gallery_url};
use crate::{
    api::complete_search,
    base_path::{use_navigate, with_base},
    components::{
        icon::Icon,
        reactive::{Erased, When, listener, memo, part, truth},
    },
};
use proto::gallery::{GalleryOrder, GalleryQuery, SearchSuggestion};

/// Suggestions are asked for when typing pauses.
const PAUSE: Duration = Duration::from_millis(120);
/// The id of the field.
pub(super) const SEARCH: &str = "gallery-search";
const SUGGESTIONS: &str = "gallery-suggestions";

/// A form that works without JavaScript.
#[component]
pub(super) fn SearchField(model: GalleryModel) -> impl IntoView {
    let field = NodeRef::<html::Input>::new();
    let suggestions = RwSignal::new(Vec::<SearchSuggestion>::new());
    let active = RwSignal::new(None::<usize>);
    let asked = StoredValue::new(0_u32);
    let navigate = StoredValue::new(use_navigate());
    let text = memo(move || model.query.with(|query| query.text.clone()));
    let oldest = memo(move || model.query.with(|query| query.order == GalleryOrder::Oldest));
    Effect::new(move |_| {
        let text = text.get();
        if let Some(field) = field.get()
            && field.value().trim() != text.trim()
        {
            field.set_value(&text);
        }
    });
    let close = move || {
        asked.update_value(|asked| *asked += 1);
        suggestions.set(Vec::new());
        active.set(None);
    };
    let go = move |text: String, order: GalleryOrder| {
        close();
        let query = GalleryQuery { text, order, ..model.query.get_untracked() };
        // The same search again, such as after a mistake of the network.
        if query == model.query.get_untracked() {
            model.find(query);
        } else {
            navigate.with_value(|navigate| navigate(&gallery_url(None, &query), Default::default()));
        }
    };
    let order_now = move || model.query.with_untracked(|query| query.order);
    let value = move || field.get_untracked().map(|field| field.value()).unwrap_or_default();
    let ask = move || {
        let Some(field) = field.get_untracked() else { return };
        let (text, at) = (field.value(), field.selection_start().ok().flatten().unwrap_or_default());
        let number = asked.try_update_value(|asked| {
            *asked += 1;
            *asked
        });
        let send = move || {
            if asked.try_get_value() != number {
                return;
            }
            spawn_local(async move {
                // The field counts in units of UTF-16.
                let cursor = characters(&text, at);
                let answer = complete_search(text, cursor).await;
                if let Ok(Ok(found)) = answer
                    && asked.try_get_value() == number
                {
                    active.set(None);
                    suggestions.set(found.suggestions);
                }
            });
        };
        set_timeout(send, PAUSE);
    };
    let choose = move |at: usize| {
        let Some(suggestion) = suggestions.with_untracked(|list| list.get(at).cloned()) else { return };
        let Some(field) = field.get_untracked() else { return };
        field.set_value(&suggestion.text);
        let cursor = utf16_units(&suggestion.text, suggestion.cursor);
        let _ = field.focus();
        let _ = field.set_selection_range(cursor, cursor);
        close();
        // A whole term is searched for at once; after the name of a field comes its value.
        if suggestion.text.ends_with(' ') {
            go(suggestion.text.trim_end().to_owned(), order_now());
        } else {
            ask();
        }
    };
    let on_key = move |event: ev::KeyboardEvent| {
        let count = suggestions.with_untracked(Vec::len);
        match (event.key().as_str(), active.get_untracked()) {
            ("ArrowDown", at) if count > 0 => active.set(Some(at.map_or(0, |at| (at + 1) % count))),
            ("ArrowUp", at) if count > 0 => active.set(Some(at.map_or(count - 1, |at| (at + count - 1) % count))),
            ("Enter" | "Tab", Some(at)) => choose(at),
            ("Escape", _) if count > 0 => close(),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let is_open = memo(move || suggestions.with(|list| !list.is_empty()));
    view! {
        <form
            class="gallery-search"
            role="search"
            action=with_base("/gallery")
            on:submit=listener(move |event: ev::SubmitEvent| {
                event.prevent_default();
                go(value().trim().to_owned(), order_now());
            })
        >
            <div class="search-field field">
                <label class="visually-hidden" for=SEARCH>"Search the gallery"</label>
                <input
                    id=SEARCH
                    node_ref=field
                    type="search"
                    name="q"
                    value=text.get_untracked()
                    placeholder="Words, or model: lora: tag: size: date: …"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    role="combobox"
                    aria-autocomplete="list"
                    aria-controls=SUGGESTIONS
                    aria-expanded=truth(move || is_open.get())
                    aria-activedescendant=memo(move || active.get().map(|at| format!("{SUGGESTIONS}-{at}")))
                    on:input=listener(move |_| ask())
                    on:focus=listener(move |_| ask())
                    on:keydown=listener(on_key)
                    // A click on a suggestion comes after it.
                    on:blur=listener(move |_| set_timeout(close, Duration::from_millis(200)))
                />
                <ul id=SUGGESTIONS class="suggestions" role="listbox" aria-label="Suggestions" class:hidden=memo(move || !is_open.get())>
                    {part(move || suggestions.get().into_iter().enumerate().map(|(at, suggestion)| {
                        let chosen = memo(move || active.get() == Some(at));
                        view! {
                            <li
                                id=format!("{SUGGESTIONS}-{at}")
                                role="option"
                                aria-selected=truth(move || chosen.get())
                                on:pointerdown=listener(move |event: ev::PointerEvent| {
                                    event.prevent_default();
                                    choose(at);
                                })
                            >
                                <span>{suggestion.label}</span>
                                <span class="note">{suggestion.note}</span>
                            </li>
                        }
                        .erased()
                    }).collect_view().into_any())}
                </ul>
            </div>
            <button class="button" type="submit"><Icon glyph=MAGNIFIER /><span class="visually-hidden">"Search"</span></button>
            <label class="gallery-order field">
                <span class="visually-hidden">"Order"</span>
                <select
                    name="order"
                    on:change=listener(move |event: ev::Event| {
                        let oldest = event_target_value(&event) == "oldest";
                        go(value().trim().to_owned(), if oldest { GalleryOrder::Oldest } else { GalleryOrder::Newest });
                    })
                >
                    <option value="newest" selected=memo(move || !oldest.get())>"Newest"</option>
                    <option value="oldest" selected=oldest>"Oldest"</option>
                </select>
            </label>
        </form>
        <When holds=memo(move || text.with(|text| !text.trim().is_empty()))>
            <p class="visually-hidden" role="status">{memo(move || format!("Search: {}", text.get()))}</p>
        </When>
    }
    .into_any()
}

/// How many characters are before this place, which is in units of UTF-16.
fn characters(text: &str, units: u32) -> u32 {
    let mut seen = 0;
    let before = text.chars().take_while(|c| {
        let is_before = seen < units as usize;
        seen += c.len_utf16();
        is_before
    });
    u32::try_from(before.count()).unwrap_or(u32::MAX)
}

fn utf16_units(text: &str, characters: u32) -> u32 {
    let units: usize = text.chars().take(characters as usize).map(char::len_utf16).sum();
    u32::try_from(units).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_converted_between_characters_and_units_of_utf_16() {
        let text = "a😀b";
        assert_eq!([0, 1, 3, 4].map(|units| characters(text, units)), [0, 1, 2, 3]);
        assert_eq!([0, 1, 2, 3].map(|count| utf16_units(text, count)), [0, 1, 3, 4]);
    }
}
