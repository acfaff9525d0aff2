//! Errors in the API document.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::{
    ToSchema,
    openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder},
};

// For the API document only.
/// What goes wrong, of the Comfy API v2.
#[derive(ToSchema)]
#[schema(as = V2Error)]
#[allow(dead_code, reason = "it is a schema")]
pub struct ErrorEnvelope {
    error: ErrorParts,
}

/// An error. Programs decide by its code.
#[derive(ToSchema)]
#[schema(as = V2ErrorParts)]
#[allow(dead_code, reason = "it is a schema")]
pub struct ErrorParts {
    #[schema(example = "not_found")]
    code: String,
    message: String,
    /// Of `invalid_workflow` the errors of nodes (`node_errors`), of `missing_asset` the ids (`missing_ids`).
    details: Value,
}

/// By status.
pub(super) fn table(errors: &[(u16, &str)]) -> BTreeMap<String, RefOr<Response>> {
    let content = || ContentBuilder::new().schema(Some(Ref::from_schema_name("V2Error"))).build();
    let response = |description: &str| ResponseBuilder::new().description(description).content("application/json", content()).build();
    errors.iter().map(|(status, description)| (status.to_string(), response(description).into())).collect()
}

/// Declares a type whose [`IntoResponses`](utoipa::IntoResponses) are these errors, to be named among the `responses` of a route.
macro_rules! error_responses {
    ($($name:ident { $($status:literal => $description:literal,)+ })+) => {$(
        pub struct $name;

        impl utoipa::IntoResponses for $name {
            fn responses() -> std::collections::BTreeMap<String, utoipa::openapi::RefOr<utoipa::openapi::Response>> {
                $crate::routes::comfy_v2::responses::table(&[$(($status, $description)),+])
            }
        }
    )+};
}
pub(super) use error_responses;

error_responses! {
    NoJob {
        404 => "There is no such job (`not_found`).",
        503 => "The database cannot be read.",
    }
    NoAsset {
        404 => "There is no such asset (`not_found`).",
        503 => "The database cannot be read.",
    }
}
