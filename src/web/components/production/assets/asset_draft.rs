//! What a person writes about an asset, until it is saved.

use leptos::prelude::*;
use serde_json::json;

use super::super::page_data::SaveTrouble;
use proto::production::{Asset, AssetFields, AssetKind, AssetLora, ObjectKind, ProductionChange, ProjectId, views::AssetCard};

/// Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct AssetDraft {
    /// The form is open.
    pub open: RwSignal<bool>,
    /// The id and the version of the asset that is changed. `None`: it is a new one.
    pub of: RwSignal<Option<(String, u32)>>,
    pub kind: RwSignal<AssetKind>,
    pub name: RwSignal<String>,
    pub description: RwSignal<String>,
    pub fragment: RwSignal<String>,
    pub trigger: RwSignal<String>,
    /// The file of its LoRA; empty: none.
    pub lora: RwSignal<String>,
    pub weight: RwSignal<String>,
    pub trouble: RwSignal<SaveTrouble<Asset>>,
}

impl AssetDraft {
    pub fn new() -> Self {
        Self {
            open: RwSignal::new(false),
            of: RwSignal::new(None),
            kind: RwSignal::new(AssetKind::default()),
            name: RwSignal::default(),
            description: RwSignal::default(),
            fragment: RwSignal::default(),
            trigger: RwSignal::default(),
            lora: RwSignal::default(),
            weight: RwSignal::default(),
            trouble: RwSignal::default(),
        }
    }

    /// Opens the form for a new asset.
    pub fn begin(self, kind: AssetKind) {
        self.of.set(None);
        self.write(&AssetFields { kind, ..AssetFields::default() });
        self.trouble.set(SaveTrouble::None);
        self.open.set(true);
    }

    /// Opens the form for an asset that is there.
    pub fn edit(self, card: &AssetCard) {
        self.of.set(Some((card.id.to_string(), card.version)));
        self.write(&card.fields);
        self.trouble.set(SaveTrouble::None);
        self.open.set(true);
    }

    /// Puts an asset in the place of what was written.
    pub fn take(self, version: u32, asset: &Asset) {
        self.of.set(Some((asset.id.to_string(), version)));
        self.write(&asset.fields);
    }

    fn write(self, fields: &AssetFields) {
        self.kind.set(fields.kind);
        self.name.set(fields.name.clone());
        self.description.set(fields.description.clone());
        self.fragment.set(fields.prompt_fragment.clone());
        self.trigger.set(fields.trigger_word.clone());
        self.lora.set(fields.lora.as_ref().map(|lora| lora.model_path.clone()).unwrap_or_default());
        self.weight.set(fields.lora.as_ref().map_or(1.0, |lora| lora.weight).to_string());
    }

    /// The change that saves it. `Err`: the field that cannot be read, and why.
    pub fn change(self, project: ProjectId) -> Result<ProductionChange, (String, String)> {
        let lora = match self.lora.get_untracked().trim() {
            "" => None,
            path => {
                let weight = self.weight.with_untracked(|weight| weight.trim().replace(',', ".").parse::<f64>());
                let wrong = |_| ("lora/weight".to_owned(), "The weight of the LoRA is a number, such as 0.8.".to_owned());
                Some(AssetLora { model_path: path.to_owned(), weight: weight.map_err(wrong)? })
            }
        };
        let fields = json!({
            "kind": self.kind.get_untracked(),
            "name": self.name.get_untracked().trim(),
            "description": self.description.get_untracked(),
            "prompt_fragment": self.fragment.get_untracked(),
            "trigger_word": self.trigger.get_untracked().trim(),
            "lora": lora,
        })
        .to_string();
        let kind = ObjectKind::Asset;
        Ok(match self.of.get_untracked() {
            Some((id, version)) => ProductionChange::Change { project, kind, id, version: Some(version), fields },
            None => ProductionChange::Create { project, kind, parent: None, name: None, before: None, fields },
        })
    }
}
