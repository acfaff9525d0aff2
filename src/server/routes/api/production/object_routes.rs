//! The routes that chapters, scenes, shots, nodes, assets, casts and beats have in common.

use axum::{
    Json,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use proto::production::ProjectId;
use serde_json::{Map, Value};

use super::{
    object_body::{WrittenObject, canonical, draft, location},
    paths::ObjectPath,
    shapes::{ItemList, MoveBody, ObjectsQuery, page_cursor, page_limit},
    version::{version_in_header, version_of, versioned},
};
use crate::{
    AppState,
    routes::api::{extract::JsonBytes, problem::ApiProblem},
    store::{ObjectMove, ObjectQuery},
};

pub(super) async fn list<T: WrittenObject>(state: &AppState, project: ProjectId, query: ObjectsQuery) -> Result<ItemList<T>, ApiProblem> {
    let ObjectsQuery { parent, q, trashed, after, limit } = query;
    let (after, limit) = (page_cursor(after.as_deref())?, page_limit(limit)?);
    let text = q.filter(|text| !text.is_empty());
    let query = ObjectQuery { parent: parent.map(canonical), text, in_trash: trashed, after, limit };
    let page = state.productions().objects(project, query).await?;
    Ok(ItemList { items: page.objects, next: page.next.map(|next| next.to_string()) })
}

pub(super) async fn create<T: WrittenObject>(state: &AppState, project: ProjectId, body: JsonBytes) -> Result<Response, ApiProblem> {
    let draft = draft::<T>(body.read::<Map<String, Value>>()?, "")?;
    let made: Vec<T> = state.productions().add(project, vec![draft]).await?;
    let object = made.into_iter().next().ok_or_else(|| ApiProblem::at("", "Nothing was made."))?;
    let fields = [(header::LOCATION, location(project, &object)), (header::ETAG, format!("\"{}\"", object.stamp().version))];
    Ok((StatusCode::CREATED, fields, Json(object)).into_response())
}

pub(super) async fn get<T: WrittenObject>(state: &AppState, path: ObjectPath<T>) -> Result<Response, ApiProblem> {
    let object: T = state.productions().object(path.project, path.id).await?;
    Ok(versioned(object.stamp().version, object))
}

pub(super) async fn change<T: WrittenObject>(
    state: &AppState,
    path: ObjectPath<T>,
    headers: &HeaderMap,
    body: JsonBytes,
) -> Result<Response, ApiProblem> {
    let mut patch: Map<String, Value> = body.read()?;
    let version = version_of(headers, &mut patch)?;
    let object: T = state.productions().change(path.project, path.id, version, patch).await?;
    Ok(versioned(object.stamp().version, object))
}

pub(super) async fn remove<T: WrittenObject>(state: &AppState, path: ObjectPath<T>, headers: &HeaderMap) -> Result<Response, ApiProblem> {
    let object: T = state.productions().trash(path.project, path.id, version_in_header(headers)?).await?;
    Ok(versioned(object.stamp().version, object))
}

pub(super) async fn relocate<T: WrittenObject>(
    state: &AppState,
    path: ObjectPath<T>,
    headers: &HeaderMap,
    body: JsonBytes,
) -> Result<Response, ApiProblem> {
    let MoveBody { before, parent, version } = body.read()?;
    let version = version_in_header(headers)?.or(version);
    let to = ObjectMove { version, before: before.map(canonical), parent: parent.map(canonical) };
    let object: T = state.productions().relocate(path.project, path.id, to).await?;
    Ok(versioned(object.stamp().version, object))
}

pub(super) async fn restore<T: WrittenObject>(state: &AppState, path: ObjectPath<T>) -> Result<Response, ApiProblem> {
    let object: T = state.productions().restore(path.project, path.id).await?;
    Ok(versioned(object.stamp().version, object))
}

/// Declares the handlers of one kind with their descriptions. `$new`, `$patch`: the bodies of requests.
macro_rules! object_routes {
    (
        $object:ident, $new:ident, $patch:ident, $one:tt, $many:tt, $param:tt, $pattern:tt,
        $list_path:tt, $item_path:tt, $move_path:tt, $restore_path:tt,
        $list_id:tt, $create_id:tt, $get_id:tt, $change_id:tt, $remove_id:tt, $move_id:tt, $restore_id:tt, $note:tt
    ) => {
        #[utoipa::path(
            get,
            summary = concat!("List ", $many),
            description = "By what they are in, in order, without those in the trash.",
            path = $list_path,
            operation_id = $list_id,
            tag = "Productions",
            params(("project" = Uuid, Path, description = "The project's id."), ObjectsQuery),
            responses((status = 200, description = "A part of them.", body = ItemList<$object>), ReadProblems),
        )]
        pub(in crate::routes::api) async fn list(
            State(state): State<AppState>,
            ProjectPath(project): ProjectPath,
            ApiQuery(query): ApiQuery<ObjectsQuery>,
        ) -> Result<Json<ItemList<$object>>, ApiProblem> {
            object_routes::list(&state, project, query).await.map(Json)
        }

        #[utoipa::path(
            post,
            summary = concat!("Make a ", $one),
            description = $note,
            path = $list_path,
            operation_id = $create_id,
            tag = "Productions",
            params(("project" = Uuid, Path, description = "The project's id.")),
            request_body = $new,
            responses(
                (status = 201, description = "It is there.", body = $object, headers(("Location" = String, description = "Where it is."))),
                NewProblems,
            ),
        )]
        pub(in crate::routes::api) async fn create(
            State(state): State<AppState>,
            ProjectPath(project): ProjectPath,
            body: JsonBytes,
        ) -> Result<Response, ApiProblem> {
            object_routes::create::<$object>(&state, project, body).await
        }

        #[utoipa::path(
            get,
            summary = concat!("Look at a ", $one),
            description = "Also in the trash.",
            path = $item_path,
            operation_id = $get_id,
            tag = "Productions",
            params(("project" = Uuid, Path, description = "The project's id."), ($param = String, Path, description = "Its id.", pattern = $pattern)),
            responses((status = 200, description = "As it is now.", body = $object), ReadProblems),
        )]
        pub(in crate::routes::api) async fn get(
            State(state): State<AppState>,
            path: ObjectPath<$object>,
        ) -> Result<Response, ApiProblem> {
            object_routes::get(&state, path).await
        }

        #[utoipa::path(
            patch,
            summary = concat!("Change a ", $one),
            description = "Only what is named changes (JSON Merge Patch).",
            path = $item_path,
            operation_id = $change_id,
            tag = "Productions",
            params(("project" = Uuid, Path, description = "The project's id."), ($param = String, Path, description = "Its id.", pattern = $pattern), IfMatchHeader),
            request_body = $patch,
            responses((status = 200, description = "As it is now.", body = $object), ChangeProblems),
        )]
        pub(in crate::routes::api) async fn change(
            State(state): State<AppState>,
            path: ObjectPath<$object>,
            headers: HeaderMap,
            body: JsonBytes,
        ) -> Result<Response, ApiProblem> {
            object_routes::change(&state, path, &headers, body).await
        }

        #[utoipa::path(
            delete,
            summary = concat!("Throw a ", $one, " away"),
            description = "It can be restored for 30 days.",
            path = $item_path,
            operation_id = $remove_id,
            tag = "Productions",
            params(("project" = Uuid, Path, description = "The project's id."), ($param = String, Path, description = "Its id.", pattern = $pattern), IfMatchHeader),
            responses((status = 200, description = "It is in the trash.", body = $object), OrderProblems),
        )]
        pub(in crate::routes::api) async fn remove(
            State(state): State<AppState>,
            path: ObjectPath<$object>,
            headers: HeaderMap,
        ) -> Result<Response, ApiProblem> {
            object_routes::remove(&state, path, &headers).await
        }

        #[utoipa::path(
            post,
            summary = concat!("Move a ", $one),
            description = "Before another one, or to the end.",
            path = $move_path,
            operation_id = $move_id,
            tag = "Productions",
            params(("project" = Uuid, Path, description = "The project's id."), ($param = String, Path, description = "Its id.", pattern = $pattern), IfMatchHeader),
            request_body = MoveBody,
            responses((status = 200, description = "As it is now.", body = $object), ChangeProblems),
        )]
        pub(in crate::routes::api) async fn relocate(
            State(state): State<AppState>,
            path: ObjectPath<$object>,
            headers: HeaderMap,
            body: JsonBytes,
        ) -> Result<Response, ApiProblem> {
            object_routes::relocate(&state, path, &headers, body).await
        }

        #[utoipa::path(
            post,
            summary = concat!("Restore a ", $one),
            description = "From the trash; it is the last in its place.",
            path = $restore_path,
            operation_id = $restore_id,
            tag = "Productions",
            params(("project" = Uuid, Path, description = "The project's id."), ($param = String, Path, description = "Its id.", pattern = $pattern)),
            responses((status = 200, description = "As it is now.", body = $object), OrderProblems),
        )]
        pub(in crate::routes::api) async fn restore(
            State(state): State<AppState>,
            path: ObjectPath<$object>,
        ) -> Result<Response, ApiProblem> {
            object_routes::restore(&state, path).await
        }
    };
}
pub(super) use object_routes;
