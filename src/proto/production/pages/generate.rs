//! Takes that a page asks for.

use serde::{Deserialize, Serialize};

use super::super::{PartSource, ProductionNodeId, ProjectId, QualityPreset, ShotId, TakeId};
use crate::ids::CommandId;

/// What is to be made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GenerateOrder {
    pub project: ProjectId,
    /// With the same one no take is made twice.
    pub id: CommandId,
    /// One take of each of these shots, at most [`PRODUCTION_BULK`](crate::limits::PRODUCTION_BULK). Empty: of `node`.
    pub shots: Vec<ShotId>,
    pub node: Option<ProductionNodeId>,
    /// `None`: that of the node or of the project, or of the take to redo.
    pub quality: Option<QualityPreset>,
    /// Parts of the prompt that are switched off.
    pub off: Vec<PartSource>,
    /// What is to be different this time.
    pub note: String,
    /// A take of the node that is made again as it was then.
    pub redo: Option<TakeId>,
}

/// What became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenerateOutcome {
    /// How many takes are in the queue.
    pub started: u32,
    /// The shots that are refused, and why, for people.
    pub refused: Vec<(ShotId, String)>,
    /// What is to be known of those that are started, for people.
    pub notes: Vec<String>,
}
