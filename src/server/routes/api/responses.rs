//! The tables of a route's problems in the API document.

use std::collections::BTreeMap;

use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

/// The media type of RFC 9457.
pub(super) const PROBLEM_JSON: &str = "application/problem+json";

/// By status. The schema is that of [`ProblemDetails`](super::problem::ProblemDetails).
pub(super) fn table(problems: &[(u16, &str)]) -> BTreeMap<String, RefOr<Response>> {
    let content = || ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let response = |description: &str| ResponseBuilder::new().description(description).content(PROBLEM_JSON, content()).build();
    problems.iter().map(|(status, description)| (status.to_string(), response(description).into())).collect()
}

/// Declares a type whose [`IntoResponses`](utoipa::IntoResponses) are these problems, to be named among the `responses` of a route.
macro_rules! problem_responses {
    ($(#[doc = $doc:literal])* $name:ident { $($status:literal => $description:literal,)+ }) => {
        $(#[doc = $doc])*
        pub struct $name;

        impl utoipa::IntoResponses for $name {
            fn responses() -> std::collections::BTreeMap<String, utoipa::openapi::RefOr<utoipa::openapi::Response>> {
                $crate::routes::api::responses::table(&[$(($status, $description)),+])
            }
        }
    };
}
pub(super) use problem_responses;

problem_responses! {
    /// Of every read of one task.
    ReadTaskProblems {
        400 => "Not an id.",
        404 => "There is no such task.",
        503 => "The database cannot be read.",
    }
}
