//! The routes of each kind of object.
#![allow(unused_qualifications, reason = "the macro that describes the route writes them")]

pub(in crate::routes::api) mod chapters {
    use super::prelude::*;
    use crate::routes::api::production::shapes::{ChapterPatch, NewChapter};
    use proto::production::Chapter;

    object_routes! {
        Chapter, NewChapter, ChapterPatch, "chapter", "chapters", "chapter",
        "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        "/projects/{project}/chapters", "/projects/{project}/chapters/{chapter}", "/projects/{project}/chapters/{chapter}/move", "/projects/{project}/chapters/{chapter}/restore",
        "listChapters", "createChapter", "getChapter", "changeChapter", "removeChapter", "moveChapter", "restoreChapter", "A lane of the board."
    }
}

pub(in crate::routes::api) mod scenes {
    use super::prelude::*;
    use crate::routes::api::production::shapes::{NewScene, ScenePatch};
    use proto::production::Scene;

    object_routes! {
        Scene, NewScene, ScenePatch, "scene", "scenes", "scene",
        "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        "/projects/{project}/scenes", "/projects/{project}/scenes/{scene}", "/projects/{project}/scenes/{scene}/move", "/projects/{project}/scenes/{scene}/restore",
        "listScenes", "createScene", "getScene", "changeScene", "removeScene", "moveScene", "restoreScene", "With the next free code, or one that was never used. Its code stays, wherever it is moved."
    }
}

pub(in crate::routes::api) mod shots {
    use super::prelude::*;
    use crate::routes::api::production::shapes::{NewShot, ShotPatch};
    use proto::production::Shot;

    object_routes! {
        Shot, NewShot, ShotPatch, "shot", "shots", "shot",
        "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        "/projects/{project}/shots", "/projects/{project}/shots/{shot}", "/projects/{project}/shots/{shot}/move", "/projects/{project}/shots/{shot}/restore",
        "listShots", "createShot", "getShot", "changeShot", "removeShot", "moveShot", "restoreShot", "With the next free code of its scene, or one that was never used there."
    }
}

pub(in crate::routes::api) mod nodes {
    use super::prelude::*;
    use crate::routes::api::production::shapes::{NewNode, NodePatch};
    use proto::production::ProductionNode;

    object_routes! {
        ProductionNode, NewNode, NodePatch, "node", "nodes", "node",
        r"^(?!\.{1,2}$)[^/\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]{1,128}$",
        "/projects/{project}/nodes", "/projects/{project}/nodes/{node}", "/projects/{project}/nodes/{node}/move", "/projects/{project}/nodes/{node}/restore",
        "listNodes", "createNode", "getNode", "changeNode", "removeNode", "moveNode", "restoreNode", "What generates takes. Programs choose its id."
    }
}

pub(in crate::routes::api) mod assets {
    use super::prelude::*;
    use crate::routes::api::production::shapes::{AssetPatch, NewAsset};
    use proto::production::Asset;

    object_routes! {
        Asset, NewAsset, AssetPatch, "asset", "assets", "asset",
        "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        "/projects/{project}/assets", "/projects/{project}/assets/{asset}", "/projects/{project}/assets/{asset}/move", "/projects/{project}/assets/{asset}/restore",
        "listAssets", "createAsset", "getAsset", "changeAsset", "removeAsset", "moveAsset", "restoreAsset", "A character, style, location, prop or sound."
    }
}

pub(in crate::routes::api) mod casts {
    use super::prelude::*;
    use crate::routes::api::production::shapes::{CastPatch, NewCast};
    use proto::production::Cast;

    object_routes! {
        Cast, NewCast, CastPatch, "cast", "casts", "cast",
        "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        "/projects/{project}/casts", "/projects/{project}/casts/{cast}", "/projects/{project}/casts/{cast}/move", "/projects/{project}/casts/{cast}/restore",
        "listCasts", "createCast", "getCast", "changeCast", "removeCast", "moveCast", "restoreCast", "Puts an asset into a shot, where it is once."
    }
}

pub(in crate::routes::api) mod beats {
    use super::prelude::*;
    use crate::routes::api::production::shapes::{BeatPatch, NewBeat};
    use proto::production::EmotionalBeat;

    object_routes! {
        EmotionalBeat, NewBeat, BeatPatch, "beat", "beats", "beat",
        "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        "/projects/{project}/beats", "/projects/{project}/beats/{beat}", "/projects/{project}/beats/{beat}/move", "/projects/{project}/beats/{beat}/restore",
        "listBeats", "createBeat", "getBeat", "changeBeat", "removeBeat", "moveBeat", "restoreBeat", "What is to be felt, with the words that prompts get from it."
    }
}

/// What each of these modules needs.
mod prelude {
    pub(super) use axum::{Json, extract::State, http::HeaderMap, response::Response};

    pub(super) use crate::{
        AppState,
        routes::api::{
            extract::{ApiQuery, JsonBytes},
            problem::ApiProblem,
            production::{
                errors::{ChangeProblems, NewProblems, OrderProblems, ReadProblems},
                object_routes::{self, object_routes},
                paths::{ObjectPath, ProjectPath},
                shapes::{ItemList, MoveBody, ObjectsQuery},
                version::IfMatchHeader,
            },
        },
    };
}
