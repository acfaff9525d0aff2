//! What programs are told of tasks, in one order: for each task one place, which moves to the end whenever there is something new to tell. Every
//! stream of events is a place in that order and nothing else (`feed/follower.rs`). Who reads later reads less: of each task only how it is now.
//!
//! The words themselves are made when the first reader comes for them, once for all who read them.

mod follower;
mod log;

pub use self::follower::{FollowError, Followed, Follower, parse_id};
pub use log::Feed;
