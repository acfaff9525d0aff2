//! Two to four outputs beside each other or over each other, and in what they differ.

mod behind;
mod difference;
mod entry;
mod facts;
mod flicker;
mod heading;
mod keys;
mod layers;
mod model;
mod modes;
mod onion;
mod page;
mod picture;
mod pixels;
mod side;
mod swipe;
mod video;

pub(super) use entry::CompareButton;
pub(super) use page::ComparePanel;
