//! What other programs report: over Redis (tasks and workers of Celery, and the studio's own channels, of projects too) and over HTTP. And what Darkroom tells them, on a stream of
//! Redis. Without Redis everything else works.

mod commands;
mod connection;
mod error;
mod events;
mod follow;
mod heard;
mod link;
mod liveness;
mod order_queue;
mod orders;
mod programs;
mod publish;
mod publish_story;
mod reconcile;
mod seen;
mod status;
mod write;

pub use self::{
    error::ExternalRequestError,
    events::EventsTaken,
    follow::{ExternalFollower, FollowedExternal},
    programs::ExternalPrograms,
    status::{RedisState, RedisStatus},
};
