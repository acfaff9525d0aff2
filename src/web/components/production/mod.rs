//! The pages of productions. Their code is loaded when one of them is opened.

mod activity;
mod address;
mod agents;
mod assets;
mod board;
mod client;
mod conflict;
mod dailies;
mod external_tasks;
mod first;
mod form;
mod page_data;
mod project_card;
mod project_events;
mod project_nav;
mod projects;
mod projects_model;
mod root;
mod shot;
mod status;
mod story;
mod styles;
mod theirs;
mod words;

pub use root::ProductionPages;
