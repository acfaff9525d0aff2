//! Commands to workers, which they read from `/{db}.celery.pidbox`. All workers of the Redis get them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

/// A task is not to run. With `terminate` the process that runs it is ended, too; otherwise a running task goes on.
///
/// The worker writes no event for a task that waits, and records the revocation also of an id that no task ever had.
#[must_use]
pub fn revoke(task: &str, terminate: bool, delivery_tag: &str) -> String {
    envelope("revoke", &json!({"task_id": task, "terminate": terminate, "signal": null}), delivery_tag)
}

/// Workers begin to send events of tasks, as with `-E`, until they are restarted.
#[must_use]
pub fn enable_events(delivery_tag: &str) -> String {
    envelope("enable_events", &json!({}), delivery_tag)
}

/// The channel of commands of the database with this number.
#[must_use]
pub fn channel(database: i64) -> String {
    format!("/{database}.celery.pidbox")
}

fn envelope(method: &str, arguments: &Value, delivery_tag: &str) -> String {
    let body = json!({"method": method, "arguments": arguments, "destination": null, "pattern": null, "matcher": null});
    json!({
        "body": STANDARD.encode(body.to_string()),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"clock": 1, "expires": 0},
        "properties": {
            "delivery_mode": 2,
            "delivery_info": {"exchange": "celery.pidbox", "routing_key": ""},
            "priority": 0,
            "body_encoding": "base64",
            "delivery_tag": delivery_tag,
        },
    })
    .to_string()
}
