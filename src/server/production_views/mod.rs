//! Answers what the pages of productions ask, beside board and shot: one file for each page.

mod activity;
mod agents;
mod assets;
mod cut;
mod dailies;
mod external;
mod in_order;
mod service;
mod story;
mod whole;

pub(crate) use self::{cut::cut, dailies::page as dailies_page};
