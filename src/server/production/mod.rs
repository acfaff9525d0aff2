//! Productions: projects with chapters, scenes, shots and takes, and the agents that work on them.

mod agents;
mod follow;
mod library;
mod objects;
mod story;
mod takes;

pub use self::{
    follow::{FollowedProduction, ProductionFollower},
    library::Productions,
};
