//! The table of the routes, from which their part of the API document is made, too.

use axum::{Router, extract::DefaultBodyLimit};
use proto::limits;
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{assets, content, events, health, jobs, list, responses::ErrorEnvelope, schemas::bound_field_names, submit, upload};
use crate::routes::router_state::RouterState;

/// What belongs to no single route.
#[derive(OpenApi)]
#[openapi(
    tags((name = "Comfy API v2", description = "What Comfy's official SDKs speak. A job is a task like any other. Names in JSON are in snake_case, and what goes \
        wrong is `{\"error\": {\"code\", \"message\", \"details\"}}`.")),
    components(schemas(ErrorEnvelope)),
)]
struct V2Head;

fn closed() -> OpenApiRouter<RouterState> {
    // A file that is too large is noticed before the whole body is.
    let uploads = DefaultBodyLimit::max(limits::MEDIA_UPLOAD + 1024 * 1024);
    OpenApiRouter::new()
        .routes(routes!(list::list, submit::create))
        .routes(routes!(jobs::get))
        .routes(routes!(jobs::workflow))
        .routes(routes!(jobs::cancel))
        .merge(OpenApiRouter::new().routes(routes!(upload::create)).layer(uploads))
        .routes(routes!(assets::from_hash))
        .routes(routes!(assets::by_hash))
        .routes(routes!(assets::get, assets::remove))
        .routes(routes!(content::content))
}

fn followed() -> OpenApiRouter<RouterState> {
    OpenApiRouter::new().routes(routes!(events::follow))
}

fn open() -> OpenApiRouter<RouterState> {
    OpenApiRouter::new().routes(routes!(health::health))
}

/// What needs access.
pub(in crate::routes) fn router() -> Router<RouterState> {
    closed().split_for_parts().0
}

/// Event streams. They must not be wrapped in layers that buffer small chunks, such as compression.
pub(in crate::routes) fn streams() -> Router<RouterState> {
    followed().split_for_parts().0
}

/// What is there for everybody.
pub(in crate::routes) fn open_router() -> Router<RouterState> {
    open().split_for_parts().0
}

/// Their part of the API document.
pub(in crate::routes) fn document() -> utoipa::openapi::OpenApi {
    let all = OpenApiRouter::with_openapi(V2Head::openapi()).merge(closed()).merge(followed()).merge(open());
    let mut document = all.split_for_parts().1;
    if let Some(components) = &mut document.components {
        bound_field_names(components, "V2NewAsset");
    }
    document
}
