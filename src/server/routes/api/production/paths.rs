//! Parts of the paths of productions.

use std::marker::PhantomData;

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};
use proto::production::{ObjectKind, ProductionNodeId, ProjectId, TakeId};
use uuid::Uuid;

use crate::{
    routes::api::{extract::part, kind::ProblemKind, problem::ApiProblem},
    store::StoredObject,
};

/// `{project}`.
pub(in crate::routes::api) struct ProjectPath(pub(super) ProjectId);

impl<S: Send + Sync> FromRequestParts<S> for ProjectPath {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiProblem> {
        part(parts, state, "project", "a project's id, which is a UUID").await.map(Self)
    }
}

/// `{project}`, and an object in it: the last part that has a name.
pub(in crate::routes::api) struct ObjectPath<T> {
    pub(super) project: ProjectId,
    pub(super) id: String,
    kind: PhantomData<T>,
}

impl<S: Send + Sync, T: StoredObject> FromRequestParts<S> for ObjectPath<T> {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiProblem> {
        let ProjectPath(project) = ProjectPath::from_request_parts(parts, state).await?;
        let wrong = |text: &str, what: &str| ApiProblem::new(ProblemKind::BadPath, format!("{text:?} is not {what}."));
        let all = RawPathParams::from_request_parts(parts, state).await.map_err(|_| wrong("", "UTF-8"))?;
        let text = all.iter().last().map_or("", |(_, text)| text);
        let id = if T::KIND == ObjectKind::Node {
            text.parse::<ProductionNodeId>().map_err(|error| ApiProblem::new(ProblemKind::BadPath, error.to_string()))?.to_string()
        } else {
            let article = if T::NAME.starts_with('a') { "an" } else { "a" };
            let id = text.parse::<Uuid>().map_err(|_| wrong(text, &format!("the id of {article} {}, which is a UUID", T::NAME)))?;
            id.to_string()
        };
        Ok(Self { project, id, kind: PhantomData })
    }
}

/// `{project}` and `{take}`.
pub(in crate::routes::api) struct TakePath(pub(super) ProjectId, pub(super) TakeId);

impl<S: Send + Sync> FromRequestParts<S> for TakePath {
    type Rejection = ApiProblem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiProblem> {
        let ProjectPath(project) = ProjectPath::from_request_parts(parts, state).await?;
        Ok(Self(project, part(parts, state, "take", "a take's id, which is a UUID").await?))
    }
}
