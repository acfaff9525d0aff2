//! The dailies: the current takes in the order of the story, at the project's frame rate, with notes and drawings over them.

mod clock;
mod controls;
mod drawing;
mod keys;
mod page;
mod picture;
mod playback;
mod player;
mod review;
mod review_draft;
mod share;
mod strip;

pub(super) use page::dailies_view;
