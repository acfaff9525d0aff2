//! The prompt of the shot: its parts as chips, and where each of them is in the text.

use leptos::{ev, prelude::*};
use proto::production::{CompositePart, CompositePrompt, PartSource, StalePart, stale_parts};

use super::model::ShotModel;
use crate::components::{
    icon::{Glyph, Icon},
    reactive::{Erased, When, listener, memo, part},
};

#[component]
pub(super) fn PromptPanel(model: ShotModel) -> impl IntoView {
    let parts = memo(move || model.prompt.with(|prompt| prompt.parts.clone()));
    let pieces = memo(move || model.prompt.with(pieces));
    let is_empty = memo(move || model.prompt.with(|prompt| prompt.final_prompt.is_empty()));
    // Of the take that is the current one.
    let stale = memo(move || {
        let node = model.node();
        let frozen = model.with(|view| view.current(&node?)?.composite_prompt.clone());
        frozen.map(|frozen| model.prompt.with(|today| stale_parts(&frozen, today))).unwrap_or_default()
    });
    let is_stale = memo(move || stale.with(|stale| !stale.is_empty()));
    view! {
        <section class="card shot-prompt" aria-labelledby="prompt-title">
            <h2 id="prompt-title">"Prompt"</h2>
            <When holds=is_stale>
                <p class="note"><span class="stale-mark">"Stale"</span>" Parts have changed since the current take was made."</p>
            </When>
            {part(move || {
                let stale = stale.get();
                let chips: Vec<_> = parts.get().into_iter().map(|part| chip(model, part, &stale)).collect();
                if chips.is_empty() { ().into_any() } else { view! { <ul class="part-chips" aria-label="Parts of the prompt">{chips}</ul> }.into_any() }
            })}
            {part(move || {
                let pieces: Vec<_> = pieces.get().into_iter().map(|(kind, text)| match kind {
                    "" => text.into_any(),
                    kind => view! { <span class="part-text" data-part=kind>{text}</span> }.erased(),
                }).collect();
                view! { <p class="prompt-text">{pieces}</p> }.into_any()
            })}
            <When holds=is_empty><p class="note">"Write what is seen in the shot, or add a character: then there is a prompt."</p></When>
        </section>
    }
    .into_any()
}

fn chip(model: ShotModel, part: CompositePart, stale: &[StalePart]) -> AnyView {
    let CompositePart { source, text, on } = part;
    let (kind, name) = source_words(model, &source);
    let is_stale = stale.iter().any(|part| part.source == source);
    let label = format!("{name}: {text}{}", if is_stale { ", changed since the current take" } else { "" });
    let toggle = move |_: ev::MouseEvent| model.toggle(source.clone());
    view! {
        <li>
            <button
                type="button"
                class="part-chip"
                data-part=kind
                aria-pressed=if on { "true" } else { "false" }
                aria-label=label
                title=text
                on:click=listener(toggle)
            >
                <Icon glyph=if on { Glyph::Check } else { Glyph::Minus } />
                <span>{name}</span>
                {is_stale.then(|| view! { <span class="stale-mark">"Stale"</span> }.erased())}
            </button>
        </li>
    }
    .erased()
}

/// The kind of a part, and what people read.
fn source_words(model: ShotModel, source: &PartSource) -> (&'static str, String) {
    let asset = |id| {
        let name = model.with_untracked(|view| view.assets.0.iter().find(|asset| asset.id == id).map(|asset| asset.fields.name.clone()));
        name.unwrap_or_default()
    };
    match source {
        PartSource::Base => ("base", "Shot".into()),
        PartSource::Character(id) => ("character", asset(*id)),
        PartSource::Location(id) => ("location", asset(*id)),
        PartSource::Style(id) => ("style", asset(*id)),
        PartSource::Keyword(word) => ("keyword", word.clone()),
        PartSource::Agent(agent) => ("agent", agent.replace('_', " ")),
    }
}

/// The text in pieces, each with the kind of its part; empty: between two parts.
fn pieces(prompt: &CompositePrompt) -> Vec<(&'static str, String)> {
    let letters: Vec<char> = prompt.final_prompt.chars().collect();
    let piece = |from: usize, to: usize| letters.get(from..to.min(letters.len())).unwrap_or_default().iter().collect::<String>();
    let mut found = Vec::new();
    let mut at = 0;
    for span in &prompt.spans {
        let (start, end) = (span.start as usize, span.end as usize);
        if start > at {
            found.push(("", piece(at, start)));
        }
        let kind = match span.source {
            PartSource::Base => "base",
            PartSource::Character(_) => "character",
            PartSource::Location(_) => "location",
            PartSource::Style(_) => "style",
            PartSource::Keyword(_) => "keyword",
            PartSource::Agent(_) => "agent",
        };
        found.push((kind, piece(start, end)));
        at = end;
    }
    if at < letters.len() {
        found.push(("", piece(at, letters.len())));
    }
    found
}

#[cfg(test)]
mod tests {
    use proto::production::{CompositePrompt, CompositeSpan, PartSource};

    use super::pieces;

    #[test]
    fn the_pieces_are_the_whole_text() {
        let span = |start, end, source| CompositeSpan { start, end, source };
        let prompt = CompositePrompt {
            final_prompt: "Straße, night, noir".into(),
            spans: vec![span(0, 6, PartSource::Base), span(8, 13, PartSource::Keyword("night".into()))],
            ..CompositePrompt::default()
        };
        let found = pieces(&prompt);
        let text = |text: &str| text.to_owned();
        assert_eq!(found, [("base", text("Straße")), ("", text(", ")), ("keyword", text("night")), ("", text(", noir"))]);
    }
}
