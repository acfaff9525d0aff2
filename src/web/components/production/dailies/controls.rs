//! The buttons of the player, and its slider.

use leptos::{ev, prelude::*};

use super::{playback::time_words, player::Player};
use crate::components::{
    icon::{Glyph, Icon},
    reactive::{Erased, listener, memo, truth},
};

const BACK: Glyph = Glyph::Path("M15 4.5L7 10l8 5.5zM4.5 4.5v11");
const ON: Glyph = Glyph::Path("M5 4.5l8 5.5-8 5.5zM15.5 4.5v11");
const STEP_BACK: Glyph = Glyph::Path("M12.5 4.5L6 10l6.5 5.5");
const STEP_ON: Glyph = Glyph::Path("M7.5 4.5L14 10l-6.5 5.5");
const LOOP: Glyph = Glyph::Path("M4 11V9a3 3 0 0 1 3-3h8M12.5 3.5L15 6l-2.5 2.5M16 9v2a3 3 0 0 1-3 3H5M7.5 11.5L5 14l2.5 2.5");

pub(super) fn controls(player: Player) -> AnyView {
    let speed = memo(move || player.playback.with(|playback| playback.speed));
    let plays = memo(move || speed.get() != 0);
    let repeats = memo(move || player.playback.with(|playback| playback.repeats));
    let last = memo(move || player.frames.get().saturating_sub(1));
    let place = memo(move || {
        let (_, frame) = player.place.get();
        player.shot.with(|shot| match shot {
            Some(shot) => format!("{} {}, frame {} of {}", shot.scene, shot.code, frame + 1, shot.frames),
            None => String::new(),
        })
    });
    let time = memo(move || {
        let fps = player.fps.get();
        format!("{} / {}", time_words(player.frame.get(), fps), time_words(player.frames.get(), fps))
    });
    let how = memo(move || match speed.get() {
        0 => String::new(),
        1 => "playing".into(),
        speed if speed < 0 => format!("backwards, {} ×", -speed),
        speed => format!("{speed} ×"),
    });
    let seek = move |event: ev::Event| {
        if let Ok(frame) = event_target_value(&event).parse() {
            player.change(|playback, frames| playback.go_to(frame, frames));
        }
    };
    let button = move |label: &'static str, glyph: Glyph, press: Box<dyn Fn()>| {
        view! {
            <button type="button" class="icon-button" aria-label=label title=label on:click=listener(move |_: ev::MouseEvent| press())>
                <Icon glyph />
            </button>
        }
        .erased()
    };
    view! {
        <div class="dailies-controls with-script">
            <input
                class="dailies-slider"
                type="range"
                min="0"
                step="1"
                aria-label="Frame"
                aria-valuetext=place
                max=memo(move || last.get().to_string())
                prop:value=memo(move || player.frame.get().to_string())
                on:input=listener(seek)
            />
            <div class="dailies-buttons" role="group" aria-label="Player">
                {button("Shot before (Shift and left)", BACK, Box::new(move || player.go_by(-1)))}
                {button("Frame before (left)", STEP_BACK, Box::new(move || player.change(|playback, frames| playback.step(-1, frames))))}
                <button
                    type="button"
                    class="button primary"
                    id="dailies-play"
                    on:click=listener(move |_: ev::MouseEvent| player.change(|playback, frames| playback.toggle(frames)))
                >
                    <Icon glyph=memo(move || if plays.get() { Glyph::Pause } else { Glyph::Play }) />
                    {memo(move || if plays.get() { "Pause" } else { "Play" })}
                </button>
                {button("Frame after (right)", STEP_ON, Box::new(move || player.change(|playback, frames| playback.step(1, frames))))}
                {button("Shot after (Shift and right)", ON, Box::new(move || player.go_by(1)))}
                <button
                    type="button"
                    class="icon-button"
                    aria-label="Begin anew at the end"
                    title="Begin anew at the end"
                    aria-pressed=truth(move || repeats.get())
                    on:click=listener(move |_: ev::MouseEvent| player.playback.update(|playback| playback.repeats = !playback.repeats))
                >
                    <Icon glyph=LOOP />
                </button>
                <span class="dailies-time">{time}</span>
                <span class="note">{how}</span>
            </div>
            <p class="note">"Space plays; J, K and L play backwards, stop, and play, faster each time; arrow keys step."</p>
        </div>
    }
    .erased()
}
