//! Tasks on disk: SQLite in the data folder.
//!
//! One thread writes ([`writer`]), in order of events; the rest of the server puts writes into an [`inbox`] and waits only where a response
//! depends on the disk. Reads use connections of their own ([`readers`]) and never wait for the writer.

mod assets;
mod batch;
mod catalogs;
mod client_prompts;
mod commit;
mod error;
mod external;
mod gallery;
mod grids;
mod handle;
mod inbox;
mod live;
mod lock;
mod media;
mod model;
mod picture_uses;
mod pictures;
mod production;
mod read;
mod readers;
mod replica;
mod retention;
mod saved_workflows;
mod schema;
mod seal;
mod story_sessions;
#[cfg(test)]
mod tests;
mod time;
mod webhooks;
mod writer;

pub use self::{
    assets::{AssetAdded, AssetRemoved, NewAsset, StoredAsset},
    client_prompts::{NewClientPrompt, PromptsOf, StoredPrompt},
    error::StoreError,
    external::{ExternalApplied, ExternalFilter, ExternalNews, ExternalPart, KeptEvent, StoredExternal},
    gallery::{
        FacetTally, GalleryItem, GalleryNeighbours, GalleryNews, GalleryNewsKind, GalleryNewsPage, GalleryRange, GallerySource,
        GalleryTarget, Lineage, LineageMember, LineageRest, NewGalleryItem, OutputToIndex, TaskToIndex,
    },
    grids::{CellCount, CellKey, StoredCell, StoredCellState, StoredGrid},
    handle::Store,
    live::{LiveChanges, LivePreview, LiveView},
    media::{CopyKey, CopyResult, DueCopy, KeptOutput, MediaFile},
    model::{Added, CommandRecord, Cursor, Event, EventKind, Filter, Health, Key, Origin, Page, Stored},
    production::{
        AgentReported, GenerationSources, NewTake, NewsFilter, ObjectCursor, ObjectDraft, ObjectMove, ObjectPage, ObjectQuery,
        ProducedObject, ProductionError, ProductionHistory, ProductionNewsPage, ProductionRefusal, ProductionUnit, ProjectChange,
        ReachedBeat, StaleTake, StoredObject, TakeEnd, TakePage, TakeQuery, UnitError,
    },
    read::Kept,
    replica::{FollowEnd, LiveFollower, Member, MemberTurn, OwnerAddress, OwnerTerm, Replica, ReplicaError, ReplicaTimes, ReplicaUrl},
    saved_workflows::{NewVersion, SavedWorkflow, SavedWorkflowHead, WorkflowChange, WorkflowChanged},
    seal::{EXTRA_DATA_LOST, StoredExtra},
    story_sessions::StorySession,
    webhooks::{Attempted, Claimed, DeliverySubject, DeliveryTarget, Due, OwnWebhook, Replayed, Subscriber, webhook_tag},
};
