//! The one thread that runs prompts, one after another.

use serde_json::json;

use super::{cache::Cache, engine::Engine, run};

/// Works until the queue is closed.
pub(super) fn work(engine: &Engine) {
    let mut cache = Cache::default();
    while let Some(prompt) = engine.queue.take(&engine.sockets) {
        if engine.take_free() {
            cache.clear();
        }
        let client = prompt.client();
        let id = prompt.id.clone();
        let outcome = run::run(engine, &mut cache, prompt);
        engine.queue.done(outcome, &engine.sockets);
        // The one sign that a prompt is over, success or not; it comes after the history is written (facts 6, 10).
        if client.is_some() {
            let over = json!({"node": null, "prompt_id": id});
            engine.sockets.event("executing", &over, client.as_deref());
        }
    }
}
