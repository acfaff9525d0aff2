//! Lets time pass for the playing: once for each frame that the browser draws.

use super::player::Player;

/// Goes on until the playing stands still.
#[cfg(feature = "hydrate")]
pub(super) fn run(player: Player) {
    use leptos::prelude::*;

    fn now() -> f64 {
        window().performance().map(|performance| performance.now()).unwrap_or_default()
    }

    fn step(player: Player, before: f64) {
        // The page may have been left.
        match player.playback.try_get_untracked() {
            Some(playback) if playback.speed != 0 => {}
            _ => return,
        }
        let now = now();
        player.advance(now - before);
        request_animation_frame(move || step(player, now));
    }

    let begin = now();
    request_animation_frame(move || step(player, begin));
}

#[cfg(not(feature = "hydrate"))]
pub(super) fn run(_: Player) {}
