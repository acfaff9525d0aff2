//! The keys of the player, as editing programs have them.

use leptos::{ev, prelude::*};

use super::player::Player;
use crate::components::dom;

/// Listens as long as the page lives.
pub(super) fn listen(player: Player) {
    let on_key = move |event: ev::KeyboardEvent| {
        if dom::is_typing() || dom::exists_any("dialog[open]") || event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let key = event.key();
        // Without single keys, only those that are no letters.
        let letters = player.data.live.preferences_untracked().keys;
        let shift = event.shift_key();
        match key.as_str() {
            // A button that has the focus is pressed by it.
            " " if letters && !dom::is_on_control() => player.change(|playback, frames| playback.toggle(frames)),
            "j" | "J" if letters => player.change(|playback, _| playback.backwards()),
            "k" | "K" if letters => player.stop(),
            "l" | "L" if letters => player.change(|playback, _| playback.forwards()),
            "ArrowLeft" if shift => player.go_by(-1),
            "ArrowRight" if shift => player.go_by(1),
            "ArrowLeft" if !dom::is_on_slider() => player.change(|playback, frames| playback.step(-1, frames)),
            "ArrowRight" if !dom::is_on_slider() => player.change(|playback, frames| playback.step(1, frames)),
            _ => return,
        }
        event.prevent_default();
    };
    let keys = window_event_listener(ev::keydown, on_key);
    on_cleanup(move || keys.remove());
}
