//! The picture of the take that is shown, with those beside it already loaded, so that nothing flickers.

use leptos::{ev, html, prelude::*, web_sys::HtmlImageElement};

use super::{drawing::drawing_layer, player::Player, review_draft::ReviewDrafts};
use crate::{
    base_path::with_base,
    components::reactive::{Erased, listener, memo, part, rows},
};
use proto::production::views::{DailiesShot, DailiesTake};

/// How many shots are loaded before and after the one that is shown.
const BESIDE: usize = 2;

pub(super) fn picture(player: Player, drafts: Option<ReviewDrafts>) -> AnyView {
    let near = memo(move || {
        let (at, count) = (player.at.get(), player.data.with(|page| page.shots.len()));
        let places = at.saturating_sub(BESIDE)..(at + BESIDE + 1).min(count);
        places.filter_map(|place| u128::try_from(place).ok()).collect::<Vec<_>>()
    });
    let has_file = memo(move || player.shot.with(|shot| take_of(shot.as_ref()).is_some_and(|take| !take.file.is_empty())));
    let name = memo(move || player.shot.with(|shot| shot.as_ref().map(|shot| format!("{} {}", shot.scene, shot.code)).unwrap_or_default()));
    view! {
        <div class="dailies-frame">
            <div class="dailies-stack">
                {rows(near, move |place| one(player, usize::try_from(place).unwrap_or_default()))}
                {part(move || if has_file.get() {
                    drawing_layer(player, drafts)
                } else {
                    view! { <p class="dailies-none">{name}" has no take yet."</p> }.erased()
                })}
            </div>
        </div>
    }
    .erased()
}

fn take_of(shot: Option<&DailiesShot>) -> Option<&DailiesTake> {
    shot.and_then(|shot| shot.take.as_ref())
}

/// The picture of one shot, hidden unless it is the one that is shown.
fn one(player: Player, place: usize) -> AnyView {
    let take = memo(move || {
        player.data.with(|page| {
            let take = take_of(page.shots.get(place)).filter(|take| !take.file.is_empty());
            take.map(|take| (with_base(&take.file), take.is_video, take.number))
        })
    });
    let name = memo(move || {
        player.data.with(|page| page.shots.get(place).map(|shot| format!("{} {}", shot.scene, shot.code)).unwrap_or_default())
    });
    let hidden = memo(move || player.at.get() != place);
    part(move || match take.get() {
        None => ().into_any(),
        Some((file, false, number)) => still(file, format!("Take {number} of {}", name.get_untracked()), hidden),
        Some((file, true, _)) => video(player, place, file, hidden),
    })
}

/// As large as its place, also where it has fewer pixels.
fn still(file: String, alt: String, hidden: Memo<bool>) -> AnyView {
    let image = NodeRef::<html::Img>::new();
    // What the server rendered may be loaded already.
    Effect::new(move |_| {
        if let Some(image) = image.get() {
            set_shape(&image);
        }
    });
    let loaded = move |_: ev::Event| {
        if let Some(image) = image.get_untracked() {
            set_shape(&image);
        }
    };
    view! { <img class="dailies-picture" node_ref=image src=file alt=alt hidden=hidden on:load=listener(loaded) /> }.erased()
}

/// Tells the stylesheet its width by its height, once it is loaded. Not as an attribute, which the content security policy forbids.
fn set_shape(image: &HtmlImageElement) {
    #[cfg(feature = "hydrate")]
    if image.natural_height() > 0 {
        use leptos::web_sys::HtmlElement;
        let shape = f64::from(image.natural_width()) / f64::from(image.natural_height());
        let _ = HtmlElement::style(image).set_property("--shape", &shape.to_string());
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = image;
}

fn video(player: Player, place: usize, file: String, hidden: Memo<bool>) -> AnyView {
    let video = NodeRef::<html::Video>::new();
    Effect::new(move |_| {
        let (at, frame) = player.place.get();
        let plays = player.playback.with(|playback| playback.speed == 1);
        let Some(video) = video.get_untracked() else { return };
        let wanted = frame as f64 / player.fps.get_untracked().max(1.0);
        if at != place {
            let _ = video.pause();
        } else if plays {
            // It plays by itself, and is only corrected where it is off.
            if video.paused() {
                let _ = video.play();
            }
            if (video.current_time() - wanted).abs() > 0.25 {
                video.set_current_time(wanted);
            }
        } else {
            let _ = video.pause();
            video.set_current_time(wanted);
        }
    });
    view! { <video class="dailies-picture" node_ref=video src=file preload="auto" playsinline=true hidden=hidden></video> }.erased()
}
