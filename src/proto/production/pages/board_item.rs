//! The objects of a board: of each only what a board shows.

use serde::{Deserialize, Serialize};

use super::super::{
    Asset, AssetId, AssetKind, Cast, CastId, Chapter, ChapterId, NodeStatus, ProductionNode, ProductionNodeId, ReviewState, Scene,
    SceneCode, SceneId, Shot, ShotCode, ShotId,
};
use crate::limits;

/// Something that is replaced by its newer versions.
pub(super) trait BoardItem {
    type Key: Ord + Clone;
    fn key(&self) -> Self::Key;
    fn version(&self) -> u32;
}

macro_rules! board_item {
    ($name:ident, $key:ty) => {
        impl BoardItem for $name {
            type Key = $key;
            fn key(&self) -> $key {
                self.id.clone()
            }
            fn version(&self) -> u32 {
                self.version
            }
        }
    };
}

/// A chapter: a lane. `is_gone`: it is in the trash, as in all of these; it is kept, so that late news of it change nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BoardChapter {
    pub id: ChapterId,
    pub position: u64,
    pub title: String,
    pub version: u32,
    pub is_gone: bool,
}

/// A scene: a row of a lane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BoardScene {
    pub id: SceneId,
    pub chapter: ChapterId,
    pub code: SceneCode,
    pub position: u64,
    pub title: String,
    pub status: ReviewState,
    /// Of its shots that have none of their own.
    pub location: Option<AssetId>,
    pub version: u32,
    pub is_gone: bool,
}

/// A shot: a card.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BoardShot {
    pub id: ShotId,
    pub scene: SceneId,
    pub code: ShotCode,
    pub position: u64,
    pub title: String,
    /// The beginning of what is seen in it.
    pub prompt: String,
    pub status: ReviewState,
    pub version: u32,
    pub is_gone: bool,
}

/// A node: what a card shows of its generation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BoardNode {
    pub id: ProductionNodeId,
    pub shot: Option<ShotId>,
    pub position: u64,
    pub status: NodeStatus,
    pub message: Option<String>,
    pub error: Option<String>,
    pub thumbnail: Option<String>,
    pub current_take: Option<u32>,
    pub take_count: u32,
    pub version: u32,
    pub is_gone: bool,
}

/// A character, style, location, prop or sound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BoardAsset {
    pub id: AssetId,
    pub kind: AssetKind,
    pub name: String,
    pub version: u32,
    pub is_gone: bool,
}

/// That an asset is in a shot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BoardCast {
    pub id: CastId,
    pub shot: ShotId,
    pub asset: AssetId,
    pub version: u32,
    pub is_gone: bool,
}

board_item!(BoardChapter, ChapterId);
board_item!(BoardScene, SceneId);
board_item!(BoardShot, ShotId);
board_item!(BoardNode, ProductionNodeId);
board_item!(BoardAsset, AssetId);
board_item!(BoardCast, CastId);

impl From<&Chapter> for BoardChapter {
    fn from(chapter: &Chapter) -> Self {
        let Chapter { id, position, fields, stamp, .. } = chapter;
        Self { id: *id, position: *position, title: fields.title.clone(), version: stamp.version, is_gone: stamp.deleted_at.is_some() }
    }
}

impl From<&Scene> for BoardScene {
    fn from(scene: &Scene) -> Self {
        Self {
            id: scene.id,
            chapter: scene.chapter,
            code: scene.code,
            position: scene.position,
            title: scene.fields.title.clone(),
            status: scene.fields.status,
            location: scene.fields.location_ref,
            version: scene.stamp.version,
            is_gone: scene.stamp.deleted_at.is_some(),
        }
    }
}

impl From<&Shot> for BoardShot {
    fn from(shot: &Shot) -> Self {
        Self {
            id: shot.id,
            scene: shot.scene,
            code: shot.code,
            position: shot.position,
            title: shot.fields.title.clone(),
            prompt: shot.fields.base_prompt.chars().take(limits::BOARD_PROMPT).collect(),
            status: shot.fields.status,
            version: shot.stamp.version,
            is_gone: shot.stamp.deleted_at.is_some(),
        }
    }
}

impl From<&ProductionNode> for BoardNode {
    fn from(node: &ProductionNode) -> Self {
        let ProductionNode { node_id, position, fields, run, stamp, .. } = node;
        Self {
            id: node_id.clone(),
            shot: fields.shot,
            position: *position,
            status: run.status,
            message: run.message.clone(),
            error: run.error.clone(),
            thumbnail: run.thumbnail.clone(),
            current_take: run.current_take,
            take_count: run.take_count,
            version: stamp.version,
            is_gone: stamp.deleted_at.is_some(),
        }
    }
}

impl From<&Asset> for BoardAsset {
    fn from(asset: &Asset) -> Self {
        let Asset { id, fields, stamp, .. } = asset;
        Self { id: *id, kind: fields.kind, name: fields.name.clone(), version: stamp.version, is_gone: stamp.deleted_at.is_some() }
    }
}

impl From<&Cast> for BoardCast {
    fn from(cast: &Cast) -> Self {
        Self { id: cast.id, shot: cast.shot, asset: cast.asset, version: cast.stamp.version, is_gone: cast.stamp.deleted_at.is_some() }
    }
}
