//! What a person writes about a beat, until it is saved.

use leptos::prelude::*;
use serde_json::json;

use super::{super::page_data::SaveTrouble, words::keywords};
use proto::production::{EmotionalBeat, ObjectKind, ProductionChange, ProjectId, views::StoryBeat};

/// Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct BeatDraft {
    /// The form is open.
    pub open: RwSignal<bool>,
    /// The id and the version of the beat that is changed. `None`: it is a new one.
    pub of: RwSignal<Option<(String, u32)>>,
    pub name: RwSignal<String>,
    pub keywords: RwSignal<String>,
    pub intensity: RwSignal<f64>,
    /// The key of its step; empty: none.
    pub step: RwSignal<String>,
    /// The id of its scene; empty: none.
    pub scene: RwSignal<String>,
    pub trouble: RwSignal<SaveTrouble<EmotionalBeat>>,
}

impl BeatDraft {
    pub fn new() -> Self {
        Self {
            open: RwSignal::new(false),
            of: RwSignal::new(None),
            name: RwSignal::default(),
            keywords: RwSignal::default(),
            intensity: RwSignal::new(0.0),
            step: RwSignal::default(),
            scene: RwSignal::default(),
            trouble: RwSignal::default(),
        }
    }

    /// Opens the form for a new beat in a step.
    pub fn begin(self, step: String) {
        self.of.set(None);
        self.name.set(String::new());
        self.keywords.set(String::new());
        self.intensity.set(0.0);
        self.step.set(step);
        self.scene.set(String::new());
        self.trouble.set(SaveTrouble::None);
        self.open.set(true);
    }

    /// Opens the form for a beat that is there.
    pub fn edit(self, beat: &StoryBeat) {
        self.of.set(Some((beat.id.to_string(), beat.version)));
        self.name.set(beat.name.clone());
        self.keywords.set(beat.keywords.join(", "));
        self.intensity.set(beat.intensity);
        self.step.set(beat.step.clone());
        self.scene.set(beat.scene.map(|scene| scene.to_string()).unwrap_or_default());
        self.trouble.set(SaveTrouble::None);
        self.open.set(true);
    }

    /// Puts a beat in the place of what was written.
    pub fn take(self, version: u32, beat: &EmotionalBeat) {
        let fields = &beat.fields;
        self.of.set(Some((beat.id.to_string(), version)));
        self.name.set(fields.beat.clone());
        self.keywords.set(fields.keywords.join(", "));
        self.intensity.set(fields.intensity);
        self.step.set(fields.step.clone().unwrap_or_default());
        self.scene.set(fields.scene.map(|scene| scene.to_string()).unwrap_or_default());
    }

    /// The change that saves it.
    pub fn change(self, project: ProjectId) -> ProductionChange {
        let or_null = |text: String| if text.is_empty() { serde_json::Value::Null } else { text.into() };
        let fields = json!({
            "beat": self.name.get_untracked().trim(),
            "keywords": self.keywords.with_untracked(|text| keywords(text)),
            "intensity": self.intensity.get_untracked(),
            "step": or_null(self.step.get_untracked()),
            "scene": or_null(self.scene.get_untracked()),
        })
        .to_string();
        let kind = ObjectKind::Beat;
        match self.of.get_untracked() {
            Some((id, version)) => ProductionChange::Change { project, kind, id, version: Some(version), fields },
            None => ProductionChange::Create { project, kind, parent: None, name: None, before: None, fields },
        }
    }
}
