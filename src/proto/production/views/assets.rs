//! What the page of the assets shows.

use serde::{Deserialize, Serialize};

use super::project::PageProject;
use crate::production::{Asset, AssetFields, AssetId, AssetKind, ShotId};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AssetsPage {
    pub project: PageProject,
    /// By their kinds, in order.
    pub assets: Vec<AssetCard>,
    /// Those in the trash.
    pub trashed: Vec<AssetCard>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AssetCard {
    pub id: AssetId,
    /// The version that a change names.
    pub version: u32,
    pub fields: AssetFields,
    /// In how many shots it is.
    pub shots: u32,
    /// Of how many scenes it is the location: it is in all of their shots that have no other one.
    pub scenes: u32,
}

/// A shot that an asset is in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetShot {
    pub shot: ShotId,
    /// `S001 P001 The pier`.
    pub label: String,
}

impl AssetCard {
    #[must_use]
    pub fn of(asset: Asset, shots: u32, scenes: u32) -> Self {
        Self { id: asset.id, version: asset.stamp.version, fields: asset.fields, shots, scenes }
    }
}

impl AssetKind {
    /// In the order in which prompts have them.
    pub const ALL: [Self; 5] = [Self::Character, Self::Location, Self::Style, Self::Prop, Self::Sound];

    /// One of them, and several, for people.
    #[must_use]
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Character => ("Character", "Characters"),
            Self::Style => ("Style", "Styles"),
            Self::Location => ("Location", "Locations"),
            Self::Prop => ("Prop", "Props"),
            Self::Sound => ("Sound", "Sounds"),
        }
    }
}
