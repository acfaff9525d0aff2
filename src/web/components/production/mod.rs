//! The pages of productions: projects, boards, shots. Their code is loaded when one of them is opened.

mod address;
mod first;
mod project_events;
mod project_nav;
mod projects;
mod root;
mod styles;

pub use root::ProductionPages;
