//! STORY-009's own WebSocket dialect: a second way to follow projects and to start takes, for clients that were written to it. Its messages are flat JSON with
//! `type`; events of projects are as REST has them.

mod generation;
mod message;
mod session;

pub use self::{
    generation::StoryGeneration,
    message::{StoryMessage, StoryMessageError, StoryReply},
    session::StorySessions,
};
