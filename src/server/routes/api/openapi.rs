//! The document: what is said of the API as a whole. All else is said at the routes.

use serde_json::{Value, json};
use utoipa::OpenApi;

use crate::server::report::Message;

/// Tasks for programs.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Darkroom",
        description = "Hand in a workflow, get a task id at once, and fetch the pictures when they are there.\n\n\
            Times are RFC 3339 in UTC, ids are UUIDs, and names in JSON are in camelCase. What goes wrong is an RFC 9457 problem \
            (`application/problem+json`), whose `type` says which. Where Darkroom was started with a token, every request carries it as \
            `Authorization: Bearer TOKEN`.",
        license(name = "MIT", identifier = "MIT"),
    ),
    tags(
        (name = "Tasks", description = "One generation each, from the moment it was accepted."),
        (name = "Events", description = "How tasks do, told as it happens: as server-sent events, without asking again and again. `/client/darkroom.js` follows \
            them in a page, and `/client/example.html` shows how."),
        (name = "Uploads", description = "Pictures that workflows work on."),
        (name = "Queue", description = "What runs and what waits."),
        (name = "Backends", description = "The ComfyUIs that do the work."),
    ),
    components(schemas(Message)),
)]
struct Head;

pub(super) fn head() -> utoipa::openapi::OpenApi {
    Head::openapi()
}

/// As it is served: every route may answer with a problem, of which only those are said at the route that belong to it; and an answer that names
/// a new task leads to what can be done with it.
pub(super) fn json(document: utoipa::openapi::OpenApi) -> Value {
    let mut json = serde_json::to_value(document).unwrap_or_default();
    json["info"]["version"] = env!("CARGO_PKG_VERSION").into();
    json["components"]["securitySchemes"] = json!({
        "token": {"type": "http", "scheme": "bearer", "description": "The token that Darkroom was started with."},
    });
    // Without a token nobody has to say who they are.
    json["security"] = json!([{"token": []}, {}]);
    let links = links(&json);
    let operations = json["paths"].as_object_mut().into_iter().flatten();
    let operations = operations.filter_map(|(_, item)| item.as_object_mut()).flatten();
    for (_, operation) in operations {
        let responses = &mut operation["responses"];
        if let Some(accepted) = responses.get_mut("202") {
            accepted["links"] = links.clone();
        }
        responses["default"] = json!({
            "description": "Anything else that goes wrong.",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        });
    }
    json
}

/// To everything below the new task.
fn links(json: &Value) -> Value {
    let paths = json["paths"].as_object().into_iter().flatten();
    let below = paths.filter(|(path, _)| path.starts_with("/api/tasks/{id}") && !path.contains("{number}"));
    let operations = below.filter_map(|(_, item)| item.as_object()).flatten();
    let link = |(_, operation): (&String, &Value)| {
        let id = operation["operationId"].as_str()?;
        Some((id.to_owned(), json!({"operationId": id, "parameters": {"id": "$response.body#/taskId"}})))
    };
    operations.filter_map(link).collect::<serde_json::Map<String, Value>>().into()
}
