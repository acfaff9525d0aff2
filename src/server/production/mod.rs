//! Productions: projects with chapters, scenes, shots and takes, and the agents that work on them.

mod agents;
mod follow;
mod library;
mod objects;
mod page_board;
mod page_change;
mod page_shot;
mod shares;
mod story;
mod takes;
mod view;

pub use self::{
    follow::{FollowedProduction, ProductionFollower},
    library::Productions,
    page_change::problem_of,
};
