//! What the pages of a production show beside board and shot, ready to be drawn: the server reads it anew whenever something happened.

mod agents;
mod external;
mod project;
mod story;

pub use self::{
    agents::{AgentCard, AgentsPage, HandoffChain},
    external::{ExternalGroup, ExternalLine, ExternalPage, ExternalQuery, JoinedShot, RedisLink, RedisPart, WorkerLine},
    project::PageProject,
    story::{StoryBeat, StoryChapter, StoryPage, StoryPlace, StoryScene, StoryStep},
};
