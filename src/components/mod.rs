//! What pages are made of. Each component is small, shows one thing, and reads the live state itself.

mod announcer;
mod bar;
mod cancel;
mod connection;
mod dom;
mod form;
mod header;
mod icon;
mod nodes;
mod notes;
mod page_title;
mod reactive;
mod recipe;
mod stage;
mod strip;
mod takes;
mod task_loader;
mod toasts;
mod tracker;
mod visit;
mod words;

pub use announcer::Announcer;
pub use form::{FormModel, MakePanel, provide_form, use_form};
pub use header::Header;
pub use nodes::{NodePanel, TaskFacts};
pub use page_title::PageTitle;
pub use reactive::memo;
pub use recipe::RecipeFacts;
pub use stage::{EmptyStage, Stage};
pub use strip::StatusStrip;
pub use takes::Takes;
pub use task_loader::{Lookup, look_up};
pub use toasts::Toasts;
pub use tracker::ProgressTracker;
pub use visit::{Visit, provide_visit, use_visit};
