//! All shots in order: a press shows one.

use leptos::{ev, prelude::*};

use super::{player::Player, review::review_look};
use crate::components::{
    icon::Icon,
    reactive::{Erased, listener, memo, part},
};
use proto::production::views::DailiesShot;

pub(super) fn strip(player: Player) -> AnyView {
    let shots = memo(move || player.data.with(|page| page.shots.clone()));
    let one = move |(place, shot): (usize, DailiesShot)| {
        let name = format!("{} {}", shot.scene, shot.code);
        let is_it = memo(move || (player.at.get() == place).then_some("true"));
        let picture = shot.take.as_ref().filter(|take| !take.file.is_empty() && !take.is_video).map(|take| format!("{}?thumb=320", take.file));
        let (tone, glyph, words) = match &shot.take {
            Some(take) => review_look(take.review),
            None => ("", crate::components::icon::Glyph::Minus, "No take"),
        };
        let marks = shot.take.as_ref().map(|take| !take.note.is_empty() || !take.drawing.is_empty()).unwrap_or_default();
        view! {
            <li>
                <button
                    type="button"
                    class="dailies-thumb"
                    data-tone=tone
                    aria-current=is_it
                    on:click=listener(move |_: ev::MouseEvent| player.go_to_shot(place))
                >
                    {picture.map(|src| view! { <img src=src alt="" loading="lazy" width="96" height="54" /> }.erased())}
                    <span class="dailies-thumb-name">{name}</span>
                    <span class="badge"><Icon glyph /></span>
                    <span class="visually-hidden">{words}{marks.then_some(", with a note")}</span>
                </button>
            </li>
        }
        .erased()
    };
    view! {
        <ol class="dailies-strip" aria-label="Shots">
            {part(move || shots.get().into_iter().enumerate().map(one).collect_view().into_any())}
        </ol>
    }
    .erased()
}
