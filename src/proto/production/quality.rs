//! How well a take is rendered.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

/// A workflow with overrides for each kind of task; the seed stays the same from one to another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum QualityPreset {
    Low,
    #[default]
    Standard,
    High,
}
