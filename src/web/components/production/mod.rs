//! The pages of productions: projects, boards, shots. Their code is loaded when one of them is opened.

mod activity;
mod address;
mod agents;
mod assets;
mod dailies;
mod external_tasks;
mod first;
mod page_data;
mod project_events;
mod project_nav;
mod projects;
mod root;
mod story;
mod styles;

pub use root::ProductionPages;
