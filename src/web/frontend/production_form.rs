//! What the forms of productions say without JavaScript.

use std::collections::HashMap;

use proto::production::{ObjectKind, ProductionChange, ProjectId, QualityPreset, ShotId};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Fields by their names. `do` says what is to be done.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct ProductionForm(HashMap<String, String>);

impl ProductionForm {
    fn text(&self, name: &str) -> Option<String> {
        self.0.get(name).filter(|text| !text.is_empty()).cloned()
    }

    fn version(&self) -> Option<u32> {
        self.text("version")?.parse().ok()
    }

    /// Those of these fields that were sent, as JSON.
    pub fn fields(&self, names: &[&str]) -> String {
        let sent = names.iter().filter_map(|name| Some(((*name).to_owned(), Value::from(self.0.get(*name)?.clone()))));
        Value::Object(sent.collect::<Map<_, _>>()).to_string()
    }

    fn kind(&self) -> Option<ObjectKind> {
        self.text("kind")?.parse().ok()
    }

    /// The quality of a take that is asked for, if one is. `Some(None)`: the usual one.
    pub fn generates(&self) -> Option<Option<QualityPreset>> {
        (self.text("do")? == "generate").then(|| self.text("quality")?.parse().ok())
    }

    /// `None`: there is no such change.
    pub fn on_board(&self, project: ProjectId) -> Option<ProductionChange> {
        Some(match self.text("do")?.as_str() {
            "create" => ProductionChange::Create {
                project,
                kind: self.kind()?,
                parent: self.text("parent"),
                name: None,
                before: None,
                fields: self.fields(&["title"]),
            },
            "rename" => ProductionChange::Change {
                project,
                kind: self.kind()?,
                id: self.text("id")?,
                version: self.version(),
                fields: self.fields(&["title"]),
            },
            "trash" => ProductionChange::Trash { project, kind: self.kind()?, id: self.text("id")?, version: None },
            "restore" => ProductionChange::Restore { project, kind: self.kind()?, id: self.text("id")? },
            "restore-take" => ProductionChange::TrashTake { project, take: self.text("take")?.parse().ok()?, trashed: false },
            "archive" | "unarchive" => ProductionChange::ChangeProject {
                project,
                version: None,
                fields: String::new(),
                archived: Some(self.text("do")? == "archive"),
            },
            "trash-project" => ProductionChange::TrashProject { project, trashed: true },
            "restore-project" => ProductionChange::TrashProject { project, trashed: false },
            _ => return None,
        })
    }

    /// `None`: there is no such change.
    pub fn on_shot(&self, project: ProjectId, shot: ShotId) -> Option<ProductionChange> {
        Some(match self.text("do")?.as_str() {
            "change" => ProductionChange::Change {
                project,
                kind: ObjectKind::Shot,
                id: shot.to_string(),
                version: self.version(),
                fields: self.fields(&["title", "base_prompt", "status", "camera", "shot_type"]),
            },
            "choose" => ProductionChange::ChooseTake {
                project,
                node: self.text("node")?.parse().ok()?,
                version: None,
                take_number: self.text("take_number").and_then(|number| number.parse().ok()),
            },
            "trash-take" | "restore-take" => {
                ProductionChange::TrashTake { project, take: self.text("take")?.parse().ok()?, trashed: self.text("do")? == "trash-take" }
            }
            "review" => ProductionChange::ReviewTake {
                project,
                take: self.text("take")?.parse().ok()?,
                version: None,
                fields: self.fields(&["review", "note"]),
            },
            _ => return None,
        })
    }
}
