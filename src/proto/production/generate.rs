//! What is asked for when a take is to be made, and what comes of it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{AssetId, FieldProblem, PartSource, ProductionNode, QualityPreset, SceneCode, ShotCode, Take, TakeId, check_text};
use crate::{ids::WorkflowId, limits};

/// A take that is to be made by a node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct GenerateRequest {
    /// `null`: that of the take to redo, else that of the node, else that of the project.
    pub quality: Option<QualityPreset>,
    /// The saved workflow that runs. `null`: that of the node, else that of the quality.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<uuid::Uuid>))]
    pub workflow: Option<WorkflowId>,
    /// Values that are set, beside those of the quality: by the names of the parameters of `text-to-image` (`steps`, `cfg` …), or by node and input (`3.steps`).
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub parameters: Map<String, Value>,
    /// `null`: that of the take to redo, else a new one.
    pub seed: Option<SeedNumber>,
    /// The base of the prompt, in place of that of the shot.
    pub prompt: Option<String>,
    /// Parts of the prompt that are switched off: `base`, `character:ID`, `location:ID`, `style:ID`, `keyword:WORD`, `agent:TYPE`.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub off: BTreeSet<PartSource>,
    pub context: GenerateContext,
    /// A take of the node that is to be made again: with its prompt, its seed and its workflow as they were then, and what another quality changes of them.
    pub redo: Option<TakeId>,
    /// What is to be different this time, for people. It is kept with the take.
    pub note: String,
    /// Higher is sooner; 0 is normal.
    #[cfg_attr(feature = "openapi", schema(minimum = -100, maximum = 100))]
    pub priority: i8,
}

/// What a take is of, where that is not what the node and its shot say: the `context` of STORY-009's `start_generation`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct GenerateContext {
    /// The code of a scene.
    pub scene_id: Option<SceneCode>,
    /// The code of a shot of that scene.
    pub shot_id: Option<ShotCode>,
    /// The name of the beat whose keywords are part of the prompt.
    pub emotional_beat: Option<String>,
    /// The characters, in place of those of the shot.
    pub character_refs: Option<Vec<AssetId>>,
    /// The styles, in place of those of the shot.
    pub style_refs: Option<Vec<AssetId>>,
    /// The location, in place of that of the shot.
    pub location_ref: Option<AssetId>,
}

/// A seed. As text where a number would not be exact: the numbers of JavaScript end at 2⁵³.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged, expecting = "a seed is a whole number from 0 to 18446744073709551615, or its digits as text")]
pub enum SeedNumber {
    Number(u64),
    /// Its decimal digits.
    Digits(String),
}

impl SeedNumber {
    /// # Errors
    /// These are not the digits of a seed.
    pub fn value(&self) -> Result<u64, FieldProblem> {
        match self {
            Self::Number(seed) => Ok(*seed),
            Self::Digits(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().map_err(|_| Self::wrong()),
            Self::Digits(_) => Err(Self::wrong()),
        }
    }

    fn wrong() -> FieldProblem {
        FieldProblem::new("seed", "A seed is a whole number from 0 to 18446744073709551615.")
    }
}

impl GenerateRequest {
    /// # Errors
    /// What is wrong with it, whatever is in the project.
    pub fn check(&self) -> Result<(), FieldProblem> {
        check_text("note", &self.note)?;
        check_text("prompt", self.prompt.as_deref().unwrap_or_default())?;
        self.seed.as_ref().map(SeedNumber::value).transpose()?;
        if self.priority.unsigned_abs() > limits::PRIORITY.unsigned_abs() {
            return Err(FieldProblem::new("priority", format!("A priority is a number from -{0} to {0}.", limits::PRIORITY)));
        }
        for (name, refs) in [("character_refs", &self.context.character_refs), ("style_refs", &self.context.style_refs)] {
            if refs.as_ref().is_some_and(|refs| refs.len() > limits::PRODUCTION_LIST) {
                return Err(FieldProblem::new(format!("context/{name}"), format!("At most {} of them.", limits::PRODUCTION_LIST)));
            }
        }
        if self.redo.is_some() {
            let fresh = [
                ("workflow", self.workflow.is_some()),
                ("prompt", self.prompt.is_some()),
                ("off", !self.off.is_empty()),
                ("context", self.context != GenerateContext::default()),
            ];
            if let Some((field, _)) = fresh.into_iter().find(|(_, is_given)| *is_given) {
                return Err(FieldProblem::new(field, "The take that is redone has it as it was. Leave it out, or leave out `redo`."));
            }
        }
        Ok(())
    }
}

/// A take that is being made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewGeneration {
    /// As it is now: its task may have ended already.
    pub take: Take,
    pub node: ProductionNode,
    /// What speaks against the run, for people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// This request came before, with the same `Idempotency-Key`: it is the take of then.
    #[serde(default)]
    pub is_replay: bool,
}
