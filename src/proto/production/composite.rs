//! Composite prompts: a text, and of which parts it is made.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::AssetId;

/// A prompt that was assembled. A take keeps the one that it was made with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CompositePrompt {
    pub base_prompt: String,
    /// What is sent.
    pub final_prompt: String,
    /// The characters in it, in order.
    #[serde(default)]
    pub character_refs: Vec<AssetId>,
    /// The styles in it, in order.
    #[serde(default)]
    pub style_refs: Vec<AssetId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub location_ref: Option<AssetId>,
    /// Those of the beat that are in it, in order.
    #[serde(default)]
    pub emotional_keywords: Vec<String>,
    /// All notes of agents, also those that are not in the text.
    #[serde(default)]
    pub agent_notes: BTreeMap<String, String>,
    /// The LoRAs of the parts that are in the text.
    #[serde(default)]
    pub lora_models: Vec<LoraModel>,
    /// Where each part is in `final_prompt`, in order.
    #[serde(default)]
    pub spans: Vec<CompositeSpan>,
    /// All parts, also those that are switched off.
    #[serde(default)]
    pub parts: Vec<CompositePart>,
}

/// A LoRA that a prompt needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoraModel {
    pub model_path: String,
    pub weight: f64,
    pub trigger_word: String,
}

/// Where a part is in the text: from `start` to before `end`, in characters (Unicode code points).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CompositeSpan {
    pub start: u32,
    pub end: u32,
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub source: PartSource,
}

/// A part of a prompt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CompositePart {
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub source: PartSource,
    /// What it adds.
    pub text: String,
    /// It is in the text.
    pub on: bool,
}

/// Where a part of a prompt comes from. As JSON a text: `base`, `character:ID`, `location:ID`, `style:ID`, `keyword:WORD`, `agent:TYPE`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartSource {
    Base,
    Character(AssetId),
    Location(AssetId),
    Style(AssetId),
    /// A keyword of the emotional beat.
    Keyword(String),
    /// The note of an agent of this type.
    Agent(String),
}

/// Not a [`PartSource`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("A part of a prompt is base, character:ID, location:ID, style:ID, keyword:WORD or agent:TYPE.")]
pub struct BadPartSource;

impl fmt::Display for PartSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base => f.write_str("base"),
            Self::Character(id) => write!(f, "character:{id}"),
            Self::Location(id) => write!(f, "location:{id}"),
            Self::Style(id) => write!(f, "style:{id}"),
            Self::Keyword(word) => write!(f, "keyword:{word}"),
            Self::Agent(agent) => write!(f, "agent:{agent}"),
        }
    }
}

impl FromStr for PartSource {
    type Err = BadPartSource;

    fn from_str(text: &str) -> Result<Self, BadPartSource> {
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        let id = || rest.parse().map_err(|_| BadPartSource);
        match kind {
            "base" if rest.is_empty() => Ok(Self::Base),
            "character" => id().map(Self::Character),
            "location" => id().map(Self::Location),
            "style" => id().map(Self::Style),
            "keyword" if !rest.is_empty() => Ok(Self::Keyword(rest.to_owned())),
            "agent" if !rest.is_empty() => Ok(Self::Agent(rest.to_owned())),
            _ => Err(BadPartSource),
        }
    }
}

impl Serialize for PartSource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PartSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
