//! The page of a shot: its prompt, the picture of the current take, all takes, and what the shot says.

mod cast;
mod details;
mod differences;
mod generate;
mod model;
mod page;
mod prompt;
mod review;
mod take;
mod take_keys;
mod takes;
mod viewer;

pub(super) use page::ShotPage;
