//! The bodies of requests and responses about productions that are not those of `proto`.
//!
//! Unlike the rest of the API, names are in snake_case: those of STORY-009, whose clients read them.

use proto::production::{
    AssetFields, BeatFields, CastFields, ChapterFields, NarrativePlace, NodeFields, ProjectFields, SceneFields, ShotFields, StalePart,
    TakeFields,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    routes::api::{kind::ProblemKind, problem::ApiProblem},
    store::StaleTake,
};
use proto::limits;

/// A part of a list.
#[derive(Serialize, ToSchema)]
pub struct ItemList<T> {
    pub(super) items: Vec<T>,
    /// `after` of the next part. `null`: that was all.
    pub(super) next: Option<String>,
}

/// How much of a list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PartQuery {
    /// `next` of the part before.
    #[param(nullable = false)]
    pub(super) after: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100, nullable = false)]
    pub(super) limit: Option<u32>,
}

/// Which objects.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ObjectsQuery {
    /// Only those in this: a chapter (of scenes), a scene (of shots), a shot (of nodes and casts), a kind (of assets).
    #[param(nullable = false)]
    pub(super) parent: Option<String>,
    /// Only those with this text in their code, title or texts, whatever its case.
    #[param(nullable = false)]
    pub(super) q: Option<String>,
    /// Those in the trash instead.
    #[serde(default)]
    #[param(default = false)]
    pub(super) trashed: bool,
    /// `next` of the part before.
    #[param(nullable = false, pattern = "^[0-9]{1,18}:[^:]*:")]
    pub(super) after: Option<String>,
    #[param(minimum = 1, maximum = 500, default = 100, nullable = false)]
    pub(super) limit: Option<u32>,
}

/// # Errors
/// It is not in its range.
pub(super) fn page_limit(limit: Option<u32>) -> Result<u32, ApiProblem> {
    let limit = limit.unwrap_or(limits::PRODUCTION_FIRST_PAGE);
    if (1..=limits::PRODUCTION_PAGE).contains(&limit) {
        return Ok(limit);
    }
    Err(ApiProblem::new(ProblemKind::BadQuery, format!("limit is a number from 1 to {}.", limits::PRODUCTION_PAGE)))
}

/// `next` of the part before.
///
/// # Errors
/// It is not.
pub(super) fn page_cursor<C: std::str::FromStr>(after: Option<&str>) -> Result<Option<C>, ApiProblem> {
    let wrong = || ApiProblem::new(ProblemKind::BadCursor, "This is not the `next` of a list. Leave it out to begin.");
    after.map(|after| after.parse().map_err(|_| wrong())).transpose()
}

macro_rules! request_shapes {
    ($($(#[$doc:meta])* $name:ident = $fields:ty { $($(#[$member_doc:meta])* $member:ident: $type:ty,)* })+) => {$(
        $(#[$doc])*
        #[derive(Serialize, ToSchema)]
        #[allow(dead_code, reason = "it is a schema")]
        pub struct $name {
            $($(#[$member_doc])* $member: $type,)*
            #[serde(flatten)]
            fields: $fields,
        }
    )+};
}

request_shapes! {
    /// A project to be made.
    NewProject = ProjectFields {}
    /// A part of the fields of a project, and the version that was read (here, or in `If-Match`). `null` puts a field back to its default.
    ProjectPatch = ProjectFields {
        #[schema(nullable = false)]
        version: Option<u32>,
        /// It is put away, or taken up again.
        #[schema(nullable = false)]
        archived: Option<bool>,
    }
    /// A chapter to be made.
    NewChapter = ChapterFields {
        /// The chapter that it comes before. Otherwise it is the last.
        #[schema(nullable = false)]
        before: Option<Uuid>,
    }
    /// A part of the fields of a chapter, and the version that was read (here, or in `If-Match`). `null` puts a field back to its default.
    ChapterPatch = ChapterFields {
        #[schema(nullable = false)]
        version: Option<u32>,
    }
    /// A scene to be made.
    NewScene = SceneFields {
        chapter: Uuid,
        /// `S012`. Otherwise the next one. None is used twice.
        #[schema(nullable = false, pattern = r"^S[0-9]{3,5}$")]
        code: Option<String>,
        /// The scene of the chapter that it comes before. Otherwise it is the last.
        #[schema(nullable = false)]
        before: Option<Uuid>,
    }
    /// A part of the fields of a scene, and the version that was read (here, or in `If-Match`). `null` puts a field back to its default.
    ScenePatch = SceneFields {
        #[schema(nullable = false)]
        version: Option<u32>,
    }
    /// A shot to be made.
    NewShot = ShotFields {
        scene: Uuid,
        /// `P012`. Otherwise the next one of the scene. None is used twice.
        #[schema(nullable = false, pattern = r"^P[0-9]{3,5}$")]
        code: Option<String>,
        /// The shot of the scene that it comes before. Otherwise it is the last.
        #[schema(nullable = false)]
        before: Option<Uuid>,
    }
    /// A part of the fields of a shot, and the version that was read (here, or in `If-Match`). `null` puts a field back to its default.
    ShotPatch = ShotFields {
        #[schema(nullable = false)]
        version: Option<u32>,
    }
    /// A node to be made.
    NewNode = NodeFields {
        /// Chosen by the program. Otherwise it gets one.
        #[schema(nullable = false, min_length = 1, max_length = 128)]
        node_id: Option<String>,
        #[schema(nullable = false)]
        before: Option<String>,
    }
    /// A part of the fields of a node, and the version that was read (here, or in `If-Match`). `null` puts a field back to its default.
    NodePatch = NodeFields {
        #[schema(nullable = false)]
        version: Option<u32>,
    }
    /// An asset to be made.
    NewAsset = AssetFields {
        #[schema(nullable = false)]
        before: Option<Uuid>,
    }
    /// A part of the fields of an asset, and the version that was read (here, or in `If-Match`). `null` puts a field back to its default.
    AssetPatch = AssetFields {
        #[schema(nullable = false)]
        version: Option<u32>,
    }
    /// An asset to be put into a shot.
    NewCast = CastFields {
        shot: Uuid,
        asset: Uuid,
        /// The cast of the shot that it comes before. Otherwise it is the last.
        #[schema(nullable = false)]
        before: Option<Uuid>,
    }
    /// A part of the fields of a cast, and the version that was read (here, or in `If-Match`). `null` puts a field back to its default.
    CastPatch = CastFields {
        #[schema(nullable = false)]
        version: Option<u32>,
    }
    /// An emotional beat to be made.
    NewBeat = BeatFields {
        #[schema(nullable = false)]
        before: Option<Uuid>,
    }
    /// A part of the fields of a beat, and the version that was read (here, or in `If-Match`). `null` puts a field back to its default.
    BeatPatch = BeatFields {
        #[schema(nullable = false)]
        version: Option<u32>,
    }
    /// What people say of a take, in part, and the version that was read (here, or in `If-Match`).
    TakePatch = TakeFields {
        #[schema(nullable = false)]
        version: Option<u32>,
    }
    /// A part of where the story is, and the version that was read (here, or in `If-Match`). `null`: it is nowhere.
    NarrativePatch = NarrativePlace {
        #[schema(nullable = false)]
        version: Option<u32>,
    }
}

/// Where an object is moved.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveBody {
    /// The object that it comes before. `null`: it is the last.
    #[serde(default)]
    pub(super) before: Option<String>,
    /// The chapter of a scene, the scene of a shot. `null`: it stays where it is.
    #[serde(default)]
    pub(super) parent: Option<String>,
    /// The version that was read. `null`: any.
    #[serde(default)]
    pub(super) version: Option<u32>,
}

/// A current take that was made of other parts than a new one would be.
#[derive(Serialize, ToSchema)]
pub struct StaleTakeReport {
    pub(super) node_id: String,
    pub(super) take_number: u32,
    pub(super) parts: Vec<StalePart>,
}

impl From<StaleTake> for StaleTakeReport {
    fn from(take: StaleTake) -> Self {
        Self { node_id: take.node_id.to_string(), take_number: take.take_number, parts: take.parts }
    }
}

/// A shot with such takes.
#[derive(Serialize, ToSchema)]
pub struct StaleShot {
    pub(super) shot: Uuid,
    pub(super) takes: Vec<StaleTakeReport>,
}
