//! What a person writes about an asset, until it is saved.

use leptos::prelude::*;
use serde_json::{Value, json};

use super::super::page_data::{ObjectEditing, ObjectForm};
use proto::production::{Asset, AssetFields, AssetKind, AssetLora, ObjectKind, views::AssetCard};

/// Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct AssetDraft {
    pub editing: ObjectEditing<Asset>,
    pub kind: RwSignal<AssetKind>,
    pub name: RwSignal<String>,
    pub description: RwSignal<String>,
    pub fragment: RwSignal<String>,
    pub trigger: RwSignal<String>,
    /// The file of its LoRA; empty: none.
    pub lora: RwSignal<String>,
    pub weight: RwSignal<String>,
}

impl AssetDraft {
    pub fn new() -> Self {
        Self {
            editing: ObjectEditing::new(),
            kind: RwSignal::new(AssetKind::default()),
            name: RwSignal::default(),
            description: RwSignal::default(),
            fragment: RwSignal::default(),
            trigger: RwSignal::default(),
            lora: RwSignal::default(),
            weight: RwSignal::default(),
        }
    }

    /// Opens the form for a new asset.
    pub fn begin(self, kind: AssetKind) {
        self.set(&AssetFields { kind, ..AssetFields::default() });
        self.editing.begin(None);
    }

    /// Opens the form for an asset that is there.
    pub fn edit(self, card: &AssetCard) {
        self.set(&card.fields);
        self.editing.begin(Some((card.id.to_string(), card.version)));
    }

    fn set(self, fields: &AssetFields) {
        self.kind.set(fields.kind);
        self.name.set(fields.name.clone());
        self.description.set(fields.description.clone());
        self.fragment.set(fields.prompt_fragment.clone());
        self.trigger.set(fields.trigger_word.clone());
        self.lora.set(fields.lora.as_ref().map(|lora| lora.model_path.clone()).unwrap_or_default());
        self.weight.set(fields.lora.as_ref().map_or(1.0, |lora| lora.weight).to_string());
    }
}

impl ObjectForm for AssetDraft {
    type Object = Asset;
    const KIND: ObjectKind = ObjectKind::Asset;
    const ID: &'static str = "asset-form";

    fn editing(self) -> ObjectEditing<Asset> {
        self.editing
    }

    fn fields(self) -> Result<String, (String, String)> {
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
        });
        Ok(fields.to_string())
    }

    fn write(self, asset: &Asset) {
        self.set(&asset.fields);
    }

    fn value_words(self, field: &str, value: &Value) -> Option<String> {
        let text = |name: &str| value.get(name).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        match field {
            "lora" => Some(format!("{} × {}", text("model_path")?, text("weight")?)),
            "kind" => Some(value.as_str()?.parse::<AssetKind>().ok()?.words().0.to_owned()),
            _ => None,
        }
    }

    fn trashed_words() -> (&'static str, &'static str) {
        ("In the trash", "It can be restored below for 30 days.")
    }
}
