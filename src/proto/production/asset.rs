//! Assets: what a project shows again and again.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use super::{
    AssetId, CastId, FieldProblem, ObjectKind, ProductionObject, ProjectId, ShotId, Stamp, check_line, check_list, check_optional_line,
    check_range, check_text,
};
use crate::limits;

/// A character, style, location, prop or sound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Asset {
    pub id: AssetId,
    pub project_id: ProjectId,
    /// Smaller ones come first. Only the order means something.
    pub position: u64,
    #[serde(flatten)]
    pub fields: AssetFields,
    #[serde(flatten)]
    pub stamp: Stamp,
}

/// What people write about an asset.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct AssetFields {
    pub kind: AssetKind,
    /// 1 to 200 characters.
    pub name: String,
    pub description: String,
    /// What prompts say of it.
    pub prompt_fragment: String,
    /// The word that its LoRA was trained with.
    pub trigger_word: String,
    pub lora: Option<AssetLora>,
    /// How its LoRA is doing: any word of the program that trains it.
    pub lora_training_status: Option<String>,
    /// Ids of pictures, as `POST /api/pictures` gives them.
    pub images: Vec<String>,
    /// Names of variations.
    pub variations: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum AssetKind {
    #[default]
    Character,
    Style,
    Location,
    Prop,
    Sound,
}

/// The LoRA of an asset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AssetLora {
    /// The file, as ComfyUI names it.
    pub model_path: String,
    /// −10 to 10.
    pub weight: f64,
}

/// That an asset is in a shot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Cast {
    pub id: CastId,
    pub project_id: ProjectId,
    pub shot: ShotId,
    pub asset: AssetId,
    /// Smaller ones come first: in this order they are in prompts.
    pub position: u64,
    #[serde(flatten)]
    pub fields: CastFields,
    #[serde(flatten)]
    pub stamp: Stamp,
}

/// How an asset is in a shot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct CastFields {
    /// How often it is in the shot. Spelled as Kitsu does.
    pub nb_occurences: u32,
    pub label: String,
}

impl Default for CastFields {
    fn default() -> Self {
        Self { nb_occurences: 1, label: String::new() }
    }
}

impl ProductionObject for Asset {
    type Fields = AssetFields;
    const KIND: ObjectKind = ObjectKind::Asset;

    fn key(&self) -> String {
        self.id.to_string()
    }
    fn project(&self) -> ProjectId {
        self.project_id
    }
    fn parent(&self) -> String {
        let kind: &str = self.fields.kind.into();
        kind.to_owned()
    }
    fn position(&self) -> u64 {
        self.position
    }
    fn set_position(&mut self, position: u64) {
        self.position = position;
    }
    fn fields(&self) -> &AssetFields {
        &self.fields
    }
    fn set_fields(&mut self, fields: AssetFields) -> Result<(), FieldProblem> {
        check_line("name", &fields.name, limits::PRODUCTION_LINE)?;
        check_text("description", &fields.description)?;
        check_text("prompt_fragment", &fields.prompt_fragment)?;
        check_optional_line("trigger_word", &fields.trigger_word, limits::PRODUCTION_LINE)?;
        check_optional_line("lora_training_status", fields.lora_training_status.as_deref().unwrap_or_default(), limits::PRODUCTION_LINE)?;
        check_list("images", fields.images.iter().map(String::as_str))?;
        check_list("variations", fields.variations.iter().map(String::as_str))?;
        if let Some(lora) = &fields.lora {
            check_line("lora/model_path", &lora.model_path, limits::PRODUCTION_LINE)?;
            check_range("lora/weight", lora.weight, -10.0, 10.0)?;
        }
        self.fields = fields;
        Ok(())
    }
    fn stamp(&self) -> &Stamp {
        &self.stamp
    }
    fn stamp_mut(&mut self) -> &mut Stamp {
        &mut self.stamp
    }
    fn words(&self) -> String {
        let AssetFields { name, description, prompt_fragment, trigger_word, .. } = &self.fields;
        format!("{name}\n{description}\n{prompt_fragment}\n{trigger_word}").to_lowercase()
    }
}

impl ProductionObject for Cast {
    type Fields = CastFields;
    const KIND: ObjectKind = ObjectKind::Cast;

    fn key(&self) -> String {
        self.id.to_string()
    }
    fn project(&self) -> ProjectId {
        self.project_id
    }
    fn parent(&self) -> String {
        self.shot.to_string()
    }
    fn code(&self) -> Option<String> {
        Some(self.asset.to_string())
    }
    fn position(&self) -> u64 {
        self.position
    }
    fn set_position(&mut self, position: u64) {
        self.position = position;
    }
    fn fields(&self) -> &CastFields {
        &self.fields
    }
    fn set_fields(&mut self, fields: CastFields) -> Result<(), FieldProblem> {
        check_range("nb_occurences", f64::from(fields.nb_occurences), 1.0, f64::from(limits::PRODUCTION_CODE))?;
        check_optional_line("label", &fields.label, limits::PRODUCTION_LINE)?;
        self.fields = fields;
        Ok(())
    }
    fn stamp(&self) -> &Stamp {
        &self.stamp
    }
    fn stamp_mut(&mut self) -> &mut Stamp {
        &mut self.stamp
    }
    fn words(&self) -> String {
        self.fields.label.to_lowercase()
    }
}
