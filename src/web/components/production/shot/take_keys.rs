//! Keys on a take that has the focus.

use leptos::{ev, prelude::*};
use proto::production::{TakeId, TakeReview, TakeState};
use serde_json::json;

use super::{model::ShotModel, review::note_id};
use crate::components::{dom, production::form::fields, reactive::listener};

/// The id of the button of a take, which has the focus in the list.
pub(super) fn take_button_id(take: TakeId) -> String {
    format!("take-{take}")
}

/// Arrows go from take to take; Delete throws away; with single keys on: C makes it current, A approves, X rejects, R writes what is to be different, 0 to 5 rate.
pub(super) fn on_key(model: ShotModel, take: TakeId) -> Box<dyn FnMut(ev::KeyboardEvent)> {
    listener(move |event: ev::KeyboardEvent| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let Some(this) = untrack(|| model.take(take)) else { return };
        let beside = |step: isize| {
            let takes: Vec<TakeId> = model.with_untracked(|view| {
                let trashed = this.stamp.deleted_at.is_some();
                view.takes_of(&this.node_id, trashed).iter().map(|take| take.id).collect()
            });
            let at = takes.iter().position(|other| *other == take)?;
            takes.get(at.checked_add_signed(step)?).copied()
        };
        let go = |to: Option<TakeId>| {
            if let Some(to) = to {
                model.looked_at.set(Some(to));
                dom::focus(&take_button_id(to));
            }
        };
        let review = |review: TakeReview| {
            let word: &'static str = review.into();
            model.review(&this, fields(&[("review", json!(word))]));
        };
        let has_keys = model.client.live.preferences_untracked().keys;
        let is_finished = this.state == TakeState::Completed && this.stamp.deleted_at.is_none();
        match event.key().as_str() {
            "ArrowDown" | "ArrowRight" => go(beside(1)),
            "ArrowUp" | "ArrowLeft" => go(beside(-1)),
            "Delete" if this.stamp.deleted_at.is_none() => model.trash(take, true),
            "c" | "C" if has_keys && is_finished => model.choose(&this),
            "a" | "A" if has_keys && is_finished => review(TakeReview::Approved),
            "x" | "X" if has_keys && is_finished => review(TakeReview::Rejected),
            "r" | "R" if has_keys && is_finished => dom::focus(&note_id(take)),
            digit @ ("0" | "1" | "2" | "3" | "4" | "5") if has_keys && is_finished => {
                let rating = digit.parse::<u8>().unwrap_or_default();
                model.review(&this, fields(&[("rating", json!(rating))]));
            }
            _ => return,
        }
        event.prevent_default();
    })
}
