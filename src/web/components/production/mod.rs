//! The pages of productions: projects, boards, shots. Their code is loaded when one of them is opened.

mod address;
mod board;
mod client;
mod conflict;
mod first;
mod form;
mod project_card;
mod project_events;
mod project_nav;
mod projects;
mod projects_model;
mod root;
mod shot;
mod status;
mod styles;
mod words;

pub use root::ProductionPages;
