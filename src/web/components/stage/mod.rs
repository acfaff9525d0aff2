//! The middle of the page: the picture while it is made, the results, and what is shown when there is none.

mod actions;
mod blank;
mod empty;
mod error_card;
mod made_from;
mod output;
mod panel;
mod picture;
mod results;
mod storage;

pub(crate) use actions::ResultActions;
pub use empty::EmptyStage;
pub(crate) use made_from::MadeFrom;
pub use panel::Stage;
