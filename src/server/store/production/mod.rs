//! Productions: projects and what belongs to them.
//!
//! An object is one row with its JSON; the columns beside it are what it is found by. Each change is one unit: the object, everything that follows from it, and the
//! events that tell it are written together or not at all. A take gets its number in the transaction that stores its task, and is completed in the one that
//! stores how the task ended, so that the state of a node cannot stick.

mod access;
mod agents;
mod announce;
mod changes;
mod conflict;
mod discard_node;
mod generation_sources;
mod generations;
mod heard;
mod history;
mod kinds;
mod lists;
mod log;
mod merge;
mod narrative;
mod new_take;
mod news;
mod node_run;
mod objects;
mod project_changes;
mod projects;
mod prompts;
mod purge;
mod refusal;
mod schema;
mod shares;
mod silent_agents;
mod take_changes;
mod take_handle;
mod take_lists;
mod take_rows;
#[cfg(test)]
mod tests;
mod unit;

pub use self::{
    agents::AgentReported,
    changes::ObjectMove,
    generation_sources::GenerationSources,
    history::ProductionHistory,
    kinds::ProducedObject,
    lists::{ObjectCursor, ObjectPage, ObjectQuery},
    narrative::ReachedBeat,
    new_take::{NewTake, TakeEnd},
    news::{NewsFilter, ProductionNewsPage},
    objects::{ObjectDraft, StoredObject},
    project_changes::ProjectChange,
    prompts::StaleTake,
    refusal::{ProductionError, ProductionRefusal, UnitError},
    take_lists::{TakePage, TakeQuery},
    unit::ProductionUnit,
};
pub(super) use self::{
    announce::announce_events,
    generations::{attach_new, complete_ended, withdraw_refused},
    heard::take_report,
    log::newest_event,
    purge::purge,
    schema::{create, create_shares, key_objects},
};
