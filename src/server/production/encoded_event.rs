//! Events of projects as connections are sent them.

use std::collections::HashMap;

use bytes::Bytes;
use proto::{
    production::{ProductionRecord, ProjectId},
    wire::ProjectFrame,
};
use tokio::sync::{Mutex, broadcast};

/// One event of a project, encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedEvent {
    /// 0: progress, which is not stored.
    pub number: u64,
    /// A frame of `/ws`.
    pub frame: Bytes,
}

impl EncodedEvent {
    pub(super) fn of(project: ProjectId, record: &ProductionRecord) -> Self {
        // It cannot fail: all keys of these types are texts.
        let json = serde_json::to_vec(record).unwrap_or_default();
        Self { number: record.number, frame: ProjectFrame { project, number: record.number, json: &json }.encode().into() }
    }

    /// What happened up to this number is not known completely.
    pub(super) fn incomplete(project: ProjectId, number: u64) -> Self {
        Self { number, frame: ProjectFrame { project, number, json: &[] }.encode().into() }
    }
}

/// The projects that somebody follows now, each with those who do.
pub(super) type ProjectChannels = Mutex<HashMap<ProjectId, broadcast::Sender<EncodedEvent>>>;
