//! The page of the story: the steps of its structure with what is told in them, and the lane of beats with their intensity.

mod beat_draft;
mod beat_form;
mod curve;
mod lane;
mod page;
mod steps;
mod structure;
mod words;

pub(super) use page::story_view;
