//! The parts of the API document that belong to no single route.

use proto::webhook::ProductionWebhookEvent;
use serde_json::{Value, json};
use utoipa::OpenApi;

use super::{
    output_events::{ChangedOutput, MovedOutput},
    problem_layer::ProblemDetails,
};
use crate::report::Message;

/// Tasks for programs.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Darkroom",
        description = "Hand in a workflow, get a task id at once, and fetch the pictures when they are there.\n\n\
            Times are RFC 3339 in UTC, ids are UUIDs, and names in JSON are in camelCase (of productions and agents in snake_case). What goes wrong is an RFC 9457 problem \
            (`application/problem+json`), whose `type` says which. The Comfy API v2 has its own forms. Where Darkroom was started with a token, every request carries it as \
            `Authorization: Bearer TOKEN`; for event streams `?token=TOKEN` will do, too, because `EventSource` of a browser can send no header.",
        license(name = "MIT", identifier = "MIT"),
    ),
    tags(
        (name = "Tasks", description = "One generation each, from the moment it was accepted."),
        (name = "Events", description = "How tasks do, told as it happens: as server-sent events, without asking again and again. `/client/darkroom.js` follows \
            them in a page, and `/client/example.html` shows how."),
        (name = "Webhooks", description = "Calls that tell other programs of tasks, so that they need not ask. Each is a `POST` of a `Message`, signed as \
            Standard Webhooks say (`webhook-id`, `webhook-timestamp`, `webhook-signature`), with the event in `darkroom-event`. What is not answered with \
            2xx within 15 seconds is sent again, after pauses of 5 s to 24 h, for 3 days, always with the same `webhook-id`; 410 ends it; `Retry-After` \
            of a 429 or 503 is kept to. What happened first is told first, but what is sent again may come after what happened later: go by \
            `timestamp` and `status`, and take what has the same `webhook-id` once. Redirects are not followed. `darkroom webhook-listen` is a \
            receiver to try it with."),
        (name = "Uploads", description = "Pictures that workflows work on."),
        (name = "Workflows", description = "Saved workflows: each has inputs with names, described as JSON Schema, and can be run with some of them set."),
        (name = "Outputs", description = "The gallery: every kept output, searched by what it shows and how it was made, starred, tagged, and thrown away."),
        (name = "Productions", description = "Projects with chapters, scenes, shots and takes. Names in JSON are in snake_case here: those of the clients that \
            productions come from. A change (`PATCH`) names the version that was read, in `If-Match` or as `version`."),
        (name = "Agents", description = "Programs that work on productions tell how they do."),
        (name = "Grids", description = "Tables of tasks: one for each combination of the values of one to three fields."),
        (name = "Prompts", description = "Templates of prompts, and the lists that they take values from."),
        (name = "Queue", description = "What runs and what waits."),
        (name = "External", description = "What other programs do: tasks of Celery, read from Redis, and of anyone who reports them as CloudEvents."),
        (name = "Backends", description = "The ComfyUIs that do the work."),
    ),
    components(schemas(ChangedOutput, Message, MovedOutput, ProblemDetails)),
)]
struct Head;

pub(super) fn head() -> utoipa::openapi::OpenApi {
    Head::openapi()
}

/// Completes the document: adds the default problem response to every operation, links from responses that create a task to the routes of that
/// task, security schemes, and webhooks.
pub(super) fn json(document: utoipa::openapi::OpenApi) -> Value {
    let mut json = serde_json::to_value(document).unwrap_or_default();
    json["info"]["version"] = env!("CARGO_PKG_VERSION").into();
    json["components"]["securitySchemes"] = json!({
        "token": {"type": "http", "scheme": "bearer", "description": "The token that Darkroom was started with."},
    });
    // The empty requirement: without a configured token no authentication is needed.
    json["security"] = json!([{"token": []}, {}]);
    let links = links(&json);
    let paths = json["paths"].as_object_mut().into_iter().flatten();
    let operations = paths.filter_map(|(path, item)| Some((path, item.as_object_mut()?)));
    for (path, operation) in operations.flat_map(|(path, item)| item.iter_mut().map(move |(_, operation)| (path, operation))) {
        let (media_type, schema) =
            if path.starts_with("/api/v2/") { ("application/json", "V2Error") } else { ("application/problem+json", "Problem") };
        let responses = &mut operation["responses"];
        // A 202 with content names the new task.
        if let Some(accepted) = responses.get_mut("202").filter(|accepted| accepted.get("content").is_some()) {
            accepted["links"] = links.clone();
        }
        responses["default"] = json!({
            "description": "Anything else that goes wrong.",
            "content": {media_type: {"schema": {"$ref": format!("#/components/schemas/{schema}")}}},
        });
    }
    json["webhooks"] = webhooks();
    json
}

/// The calls that Darkroom makes to webhooks.
fn webhooks() -> Value {
    let header =
        |name: &str, what: &str| json!({"name": name, "in": "header", "required": true, "description": what, "schema": {"type": "string"}});
    let call = |id: &str, summary: &str, events: &str, body: Value| {
        json!({"post": {
            "operationId": id,
            "tags": ["Webhooks"],
            "summary": summary,
            "parameters": [
                header("webhook-id", "The same whenever this message is sent again."),
                header("webhook-timestamp", "When it was sent, in seconds since 1970."),
                header("webhook-signature", "`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`."),
                header("darkroom-event", events),
            ],
            "requestBody": {"required": true, "content": {"application/json": {"schema": body}}},
            "responses": {
                "2XX": {"description": "It was taken."},
                "410": {"description": "No more of this: the webhook is disabled."},
                "default": {"description": "It will be sent again."},
            },
        }})
    };
    let of_tasks = "`queued`, `started`, `progress`, `completed`, `failed` or `cancelled`.";
    let of_productions = ProductionWebhookEvent::ALL.map(|event| format!("`{}`", event.as_str())).join(", ");
    let event = json!({"type": "object", "description": "The event, as the stream of its project has it."});
    json!({
        "task": call("taskWebhook", "Something happened to a task", of_tasks, json!({"$ref": "#/components/schemas/Message"})),
        "production": call("productionWebhook", "Something happened in a production", &of_productions, event),
    })
}

/// Links to every operation below `/api/tasks/{id}` that needs no further parameter.
fn links(json: &Value) -> Value {
    let paths = json["paths"].as_object().into_iter().flatten();
    let below = paths
        .filter(|(path, _)| path.starts_with("/api/tasks/{id}") && !["{number}", "{delivery}"].iter().any(|other| path.contains(other)));
    let operations = below.filter_map(|(_, item)| item.as_object()).flatten();
    let link = |(_, operation): (&String, &Value)| {
        let id = operation["operationId"].as_str()?;
        Some((id.to_owned(), json!({"operationId": id, "parameters": {"id": "$response.body#/taskId"}})))
    };
    operations.filter_map(link).collect::<serde_json::Map<String, Value>>().into()
}
