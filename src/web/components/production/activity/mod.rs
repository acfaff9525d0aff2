//! The page of the activity: what happened, as sentences, with a slider back in time.

mod filters;
mod list;
mod page;
mod slider;

pub(super) use page::activity_view;
