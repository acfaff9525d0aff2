//! What the pages of a production show beside board and shot, ready to be drawn: the server reads it anew whenever something happened.

mod activity;
mod agents;
mod assets;
mod dailies;
mod external;
mod project;
mod sentence;
mod story;

pub use self::{
    activity::{ActivityKind, ActivityLine, ActivityPage, ActivityQuery},
    agents::{AgentCard, AgentsPage, HandoffChain},
    assets::{AssetCard, AssetShot, AssetsPage},
    dailies::{DailiesPage, DailiesShot, DailiesTake},
    external::{ExternalGroup, ExternalLine, ExternalPage, ExternalQuery, JoinedShot, RedisLink, RedisPart, WorkerLine},
    project::PageProject,
    story::{StoryBeat, StoryChapter, StoryPage, StoryPlace, StoryScene, StoryStep},
};
