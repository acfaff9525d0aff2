//! Server-sent events for programs that follow tasks: [`log`] orders the tasks that have news, [`streams`] makes the events, and each program reads
//! them with a [`follower`].

mod follower;
mod log;
mod messages;
mod place;
mod sse;
mod streams;

pub use self::{
    follower::{FollowError, FollowStart, Follower},
    log::FeedLog,
    messages::FollowedMessage,
    place::{EventId, parse_id},
    streams::EventStreams,
};
