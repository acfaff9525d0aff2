//! One type for each kind of id of a production.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use crate::{limits, text::is_unseen};

macro_rules! production_id {
    ($($(#[$doc:meta])* $name:ident)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::from_str(text).map(Self)
            }
        }
    )+};
}

production_id! {
    /// A project (version 7).
    ProjectId
    /// A chapter of a project (version 7).
    ChapterId
    /// A scene of a chapter (version 7).
    SceneId
    /// A shot of a scene (version 7).
    ShotId
    /// A take of a node (version 7).
    TakeId
    /// A character, style, location, prop or sound of a project (version 7).
    AssetId
    /// That an asset is in a shot (version 7).
    CastId
    /// An emotional beat of a project (version 7).
    BeatId
}

/// A production node. Programs choose the text, which is unique in its project: 1 to [`limits::PRODUCTION_NODE_ID`] characters, none of them unseen, and no
/// `/`, so that it can be a part of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct ProductionNodeId(String);

/// What the id of a node may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The id of a node has 1 to {} characters, none of them a control character or \"/\".", limits::PRODUCTION_NODE_ID)]
pub struct BadNodeId;

impl ProductionNodeId {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProductionNodeId {
    type Err = BadNodeId;
    fn from_str(text: &str) -> Result<Self, BadNodeId> {
        let count = text.chars().count();
        // A browser takes these as steps in the tree of paths.
        let is_step = text == "." || text == "..";
        let fits = (1..=limits::PRODUCTION_NODE_ID).contains(&count) && !text.chars().any(|c| is_unseen(c) || c == '/') && !is_step;
        if fits { Ok(Self(text.to_owned())) } else { Err(BadNodeId) }
    }
}

impl From<Uuid> for ProductionNodeId {
    fn from(id: Uuid) -> Self {
        Self(id.to_string())
    }
}

impl fmt::Display for ProductionNodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ProductionNodeId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
