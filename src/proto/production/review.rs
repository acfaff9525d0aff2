//! What people say of the work: another axis than what machines do with it.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

/// Where people are with a scene or a shot. Words of Kitsu, AYON and ShotGrid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum ReviewState {
    #[default]
    Todo,
    Ready,
    InProgress,
    Review,
    Retake,
    Approved,
    Hold,
    Omitted,
}

/// The groups of AYON, onto which a team's own words are mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReviewGroup {
    NotStarted,
    InProgress,
    Done,
    Blocked,
}

impl ReviewState {
    pub const ALL: [Self; 8] =
        [Self::Todo, Self::Ready, Self::InProgress, Self::Review, Self::Retake, Self::Approved, Self::Hold, Self::Omitted];

    #[must_use]
    pub fn group(self) -> ReviewGroup {
        match self {
            Self::Todo | Self::Ready => ReviewGroup::NotStarted,
            Self::InProgress | Self::Review | Self::Retake => ReviewGroup::InProgress,
            Self::Approved => ReviewGroup::Done,
            Self::Hold | Self::Omitted => ReviewGroup::Blocked,
        }
    }
}

/// What people say of one take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum TakeReview {
    #[default]
    Neutral,
    Approved,
    Rejected,
    /// Another take is wanted: the note says what is to be different.
    Retake,
}
