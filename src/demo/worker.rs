//! The thread that runs prompts, one after another.

use serde_json::json;

use super::{
    cache::Cache,
    engine::Engine,
    execute::execute,
    faults::{Ending, worker},
};

/// Runs prompts until the queue is closed.
pub(super) fn work(engine: &Engine) {
    let mut cache = Cache::default();
    while let Some(prompt) = engine.queue.take(&engine.sockets, &engine.pace) {
        if engine.take_free() {
            cache.clear();
        }
        let client = prompt.client();
        let id = prompt.id.clone();
        engine.executions.begin(&id);
        let (outcome, ending) = execute(engine, &mut cache, prompt);
        worker::history_lag(engine, &id);
        if engine.pace.is_dead() {
            // The engine was restarted during the run; the new one does not know the prompt.
            engine.executions.end(Ending::Lost);
            cache.clear();
            continue;
        }
        engine.executions.end(ending);
        engine.queue.done(outcome, worker::keeps_history(engine, &id), &engine.sockets);
        // The only event that ends every prompt, success or not; sent after the history is written (facts 6, 10).
        if client.is_some() {
            let over = json!({"node": null, "prompt_id": id});
            engine.sockets.event("executing", &over, client.as_deref());
        }
    }
}
