//! Productions: projects with chapters, scenes, shots and takes, and the agents that work on them.

mod agents;
mod board_cache;
mod channel;
mod demo;
mod encoded_event;
mod follow;
mod generate;
mod generate_error;
mod known_boards;
mod library;
mod objects;
mod page_board;
mod page_change;
mod page_generate;
mod page_shot;
mod page_trash;
mod shares;
mod story;
mod take_progress;
mod take_redo;
mod take_run;
mod take_values;
mod takes;
mod view;

pub use self::{
    demo::run_demo_production,
    encoded_event::EncodedEvent,
    follow::{FollowedProduction, ProductionFollower},
    generate::CancelledNode,
    generate_error::GenerateError,
    library::{ProductionParts, Productions},
    page_change::problem_of,
};
