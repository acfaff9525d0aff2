//! What chapters, scenes, shots, nodes, assets, casts and beats have in common.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use strum::{EnumString, IntoStaticStr};

use super::{FieldProblem, Moment, ProjectId};

/// A kind of object of a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ObjectKind {
    Chapter,
    Scene,
    Shot,
    Node,
    Asset,
    Cast,
    Beat,
}

impl ObjectKind {
    /// The stored word. Never changes.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// When an object was made and changed, and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Stamp {
    /// Counts all changes, from 1. A change names the version that was read.
    pub version: u32,
    pub created_at: Moment,
    pub updated_at: Moment,
    /// When it was thrown away. It can be restored for a month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub deleted_at: Option<Moment>,
}

impl Stamp {
    #[must_use]
    pub fn new(now: Moment) -> Self {
        Self { version: 1, created_at: now, updated_at: now, deleted_at: None }
    }

    /// It is changed now.
    pub fn touch(&mut self, now: Moment) {
        self.version = self.version.saturating_add(1);
        self.updated_at = now;
    }
}

/// An object of a project. Its [`Fields`](Self::Fields) are what people and programs may change; everything else is given by Darkroom.
pub trait ProductionObject: Clone + Serialize + DeserializeOwned + Send + 'static {
    type Fields: Clone + Default + Serialize + DeserializeOwned + Send + 'static;
    const KIND: ObjectKind;

    /// Unique among those of its kind in the project.
    fn key(&self) -> String;
    fn project(&self) -> ProjectId;
    /// The object that it is in: the chapter of a scene, the scene of a shot, the shot of a node or a cast. Empty: none.
    fn parent(&self) -> String;
    /// Unique in its scope: the code of a scene or a shot, or the asset of a cast.
    fn code(&self) -> Option<String> {
        None
    }
    /// Where its code is unique; empty: in the whole project.
    fn code_scope(&self) -> String {
        self.parent()
    }
    fn position(&self) -> u64;
    fn set_position(&mut self, position: u64);
    fn fields(&self) -> &Self::Fields;
    /// # Errors
    /// What is wrong with the fields. Then nothing is changed.
    fn set_fields(&mut self, fields: Self::Fields) -> Result<(), FieldProblem>;
    fn stamp(&self) -> &Stamp;
    fn stamp_mut(&mut self) -> &mut Stamp;
    /// What a search finds it by, in lower case.
    fn words(&self) -> String;
}
