//! Lets time pass for the playing: once for each frame that the browser draws.

use leptos::prelude::*;

use super::player::Player;
use crate::components::reactive::memo;

/// Lets time pass whenever the player plays.
pub(super) fn start(player: Player) {
    let plays = memo(move || player.playback.with(|playback| playback.speed != 0));
    Effect::new(move |_| {
        if plays.get() {
            run(player);
        }
    });
}

/// Goes on until the playing stands still. Only in browsers.
#[cfg(feature = "hydrate")]
fn run(player: Player) {
    fn now() -> f64 {
        window().performance().map(|performance| performance.now()).unwrap_or_default()
    }

    fn step(player: Player, begun: u32, before: f64) {
        // The page may have been left.
        match player.playback.try_get_untracked() {
            Some(playback) if playback.speed != 0 && player.begun.get_value() == begun => {}
            _ => return,
        }
        let now = now();
        player.advance(now - before);
        request_animation_frame(move || step(player, begun, now));
    }

    player.begun.update_value(|begun| *begun += 1);
    let (begun, at) = (player.begun.get_value(), now());
    request_animation_frame(move || step(player, begun, at));
}

#[cfg(not(feature = "hydrate"))]
fn run(player: Player) {
    let _ = (player.begun, Player::advance);
}
