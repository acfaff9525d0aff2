//! What a person writes about a beat, until it is saved.

use leptos::prelude::*;
use serde_json::{Value, json};

use super::{
    super::page_data::{ObjectEditing, ObjectForm, PageData},
    words::{keywords, scene_choices, step_choices},
};
use proto::production::{
    EmotionalBeat, ObjectKind,
    views::{StoryBeat, StoryPage},
};

/// Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct BeatDraft {
    pub data: PageData<StoryPage>,
    pub editing: ObjectEditing<EmotionalBeat>,
    pub name: RwSignal<String>,
    pub keywords: RwSignal<String>,
    pub intensity: RwSignal<f64>,
    /// The key of its step; empty: none.
    pub step: RwSignal<String>,
    /// The id of its scene; empty: none.
    pub scene: RwSignal<String>,
}

impl BeatDraft {
    pub fn new(data: PageData<StoryPage>) -> Self {
        Self {
            data,
            editing: ObjectEditing::new(),
            name: RwSignal::default(),
            keywords: RwSignal::default(),
            intensity: RwSignal::new(0.0),
            step: RwSignal::default(),
            scene: RwSignal::default(),
        }
    }

    /// Opens the form for a new beat in a step.
    pub fn begin(self, step: String) {
        self.name.set(String::new());
        self.keywords.set(String::new());
        self.intensity.set(0.0);
        self.step.set(step);
        self.scene.set(String::new());
        self.editing.begin(None);
    }

    /// Opens the form for a beat that is there.
    pub fn edit(self, beat: &StoryBeat) {
        self.name.set(beat.name.clone());
        self.keywords.set(beat.keywords.join(", "));
        self.intensity.set(beat.intensity);
        self.step.set(beat.step.clone());
        self.scene.set(beat.scene.map(|scene| scene.to_string()).unwrap_or_default());
        self.editing.begin(Some((beat.id.to_string(), beat.version)));
    }
}

impl ObjectForm for BeatDraft {
    type Object = EmotionalBeat;
    const KIND: ObjectKind = ObjectKind::Beat;
    const ID: &'static str = "beat-form";

    fn editing(self) -> ObjectEditing<EmotionalBeat> {
        self.editing
    }

    fn fields(self) -> Result<String, (String, String)> {
        let or_null = |text: String| if text.is_empty() { Value::Null } else { text.into() };
        let fields = json!({
            "beat": self.name.get_untracked().trim(),
            "keywords": self.keywords.with_untracked(|text| keywords(text)),
            "intensity": self.intensity.get_untracked(),
            "step": or_null(self.step.get_untracked()),
            "scene": or_null(self.scene.get_untracked()),
        });
        Ok(fields.to_string())
    }

    fn write(self, beat: &EmotionalBeat) {
        let fields = &beat.fields;
        self.name.set(fields.beat.clone());
        self.keywords.set(fields.keywords.join(", "));
        self.intensity.set(fields.intensity);
        self.step.set(fields.step.clone().unwrap_or_default());
        self.scene.set(fields.scene.map(|scene| scene.to_string()).unwrap_or_default());
    }

    fn value_words(self, field: &str, value: &Value) -> Option<String> {
        let choices = match field {
            "step" => self.data.with_untracked(step_choices),
            "scene" => self.data.with_untracked(scene_choices),
            _ => return None,
        };
        choices.into_iter().find(|(key, _)| Some(key.as_str()) == value.as_str()).map(|(_, words)| words)
    }

    fn trashed_words() -> (&'static str, &'static str) {
        ("The beat is in the trash", "It can be restored from the trash on the board for 30 days.")
    }
}
