//! All shots in order: a press shows one.

use leptos::{ev, prelude::*};

use super::{player::Player, review::review_look};
use crate::{
    base_path::with_base,
    components::{
        icon::{Glyph, Icon},
        reactive::{Erased, listener, memo, part, rows},
    },
};
use proto::production::views::DailiesShot;

pub(super) fn strip(player: Player) -> AnyView {
    let keys = memo(move || player.data.with(|page| page.shots.iter().map(|shot| shot.shot.0.as_u128()).collect::<Vec<_>>()));
    view! { <ol class="dailies-strip" aria-label="Shots">{rows(keys, move |key| thumb(player, key))}</ol> }.erased()
}

fn thumb(player: Player, key: u128) -> AnyView {
    let place = memo(move || player.data.with(|page| page.shots.iter().position(|shot| shot.shot.0.as_u128() == key)));
    let shot = memo(move || place.get().and_then(|place| player.data.with(|page| page.shots.get(place).cloned())));
    let picture = memo(move || shot.with(|shot| shot.as_ref().map(picture_of).unwrap_or_default()));
    let name = memo(move || shot.with(|shot| shot.as_ref().map(|shot| format!("{} {}", shot.scene, shot.code)).unwrap_or_default()));
    let look = move || {
        shot.with(|shot| match shot.as_ref().and_then(|shot| shot.take.as_ref()) {
            Some(take) => review_look(take.review),
            None => ("", Glyph::Minus, "No take"),
        })
    };
    let words = memo(move || {
        let marked = shot.with(|shot| {
            let take = shot.as_ref().and_then(|shot| shot.take.as_ref());
            take.is_some_and(|take| !take.note.is_empty() || !take.drawing.is_empty())
        });
        if marked { format!("{}, with a note", look().2) } else { look().2.to_owned() }
    });
    let show = move |_: ev::MouseEvent| {
        if let Some(place) = place.get_untracked() {
            player.go_to_shot(place);
        }
    };
    view! {
        <li>
            <button
                type="button"
                class="dailies-thumb"
                data-tone=memo(move || look().0)
                aria-current=memo(move || (Some(player.at.get()) == place.get()).then_some("true"))
                on:click=listener(show)
            >
                {part(move || match picture.get() {
                    none if none.is_empty() => view! { <span class="dailies-thumb-none"></span> }.into_any(),
                    src => view! { <img src=src alt="" loading="lazy" width="96" height="54" /> }.erased(),
                })}
                <span class="dailies-thumb-name">{name}</span>
                <span class="badge"><Icon glyph=memo(move || look().1) /></span>
                <span class="visually-hidden">{words}</span>
            </button>
        </li>
    }
    .erased()
}

/// Empty: there is none.
fn picture_of(shot: &DailiesShot) -> String {
    let take = shot.take.as_ref().filter(|take| !take.file.is_empty() && !take.is_video);
    take.map(|take| with_base(&format!("{}?thumb=320", take.file))).unwrap_or_default()
}
