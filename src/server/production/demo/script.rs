//! What the demo production consists of, and what happens in it: `lighthouse.json`.

use serde::Deserialize;
use serde_json::{Map, Value};

/// The demo production.
#[derive(Deserialize)]
pub(super) struct DemoScript {
    pub project: Map<String, Value>,
    pub assets: Vec<ScriptAsset>,
    pub beats: Vec<Map<String, Value>>,
    pub chapters: Vec<ScriptChapter>,
    /// Shots of which a take is made at the beginning, by their codes.
    pub takes: Vec<String>,
    pub play: Vec<ScriptAct>,
}

#[derive(Deserialize)]
pub(super) struct ScriptAsset {
    /// Its name in the rest of the script.
    pub key: String,
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

#[derive(Deserialize)]
pub(super) struct ScriptChapter {
    pub title: String,
    /// The step of the narrative structure that is told in it.
    pub step: String,
    pub scenes: Vec<ScriptScene>,
}

#[derive(Deserialize)]
pub(super) struct ScriptScene {
    pub title: String,
    pub location: String,
    pub beat: String,
    pub shots: Vec<ScriptShot>,
}

#[derive(Deserialize)]
pub(super) struct ScriptShot {
    pub cast: Vec<String>,
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

/// What one agent does, before it hands its work on.
#[derive(Deserialize)]
pub(super) struct ScriptAct {
    pub agent: String,
    pub task: String,
    pub steps: Vec<String>,
    /// GB that it claims to use.
    pub vram: f64,
    pub next: Option<String>,
    /// The beat that is reached then.
    pub beat: Option<String>,
}

/// # Errors
/// Not reached: a test reads it.
pub(super) fn script() -> serde_json::Result<DemoScript> {
    serde_json::from_str(include_str!("lighthouse.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_has_twelve_shots_and_an_agent_of_each_type() {
        let script = script().unwrap();
        let shots: usize = script.chapters.iter().flat_map(|chapter| &chapter.scenes).map(|scene| scene.shots.len()).sum();
        let scenes: usize = script.chapters.iter().map(|chapter| chapter.scenes.len()).sum();
        assert_eq!((script.chapters.len(), scenes, shots), (3, 4, 12));
        let agents: Vec<&str> = script.play.iter().map(|act| act.agent.as_str()).collect();
        assert_eq!(agents, proto::production::AGENT_TYPES);
        let next: Vec<&str> = script.play.iter().filter_map(|act| act.next.as_deref()).collect();
        assert_eq!(next, &agents[1..], "each hands its work on to the one after it");
    }
}
