//! The state of one running prompt, and the events and messages it produces.

use serde_json::{Map, Value, json};

use super::{
    engine::Engine,
    faults::{after_step, has_plain_previews},
    frame::{self, Encoding},
    pace::{self, Interrupted},
    progress::Progress,
    prompt::Prompt,
    queue::ExecutionResult,
};

/// A prompt being run.
pub(super) struct Run<'a> {
    pub(super) engine: &'a Engine,
    pub(super) prompt: &'a Prompt,
    pub(super) client: Option<String>,
    pub(super) progress: Progress,
    /// Whether samplers send previews (fact 48).
    pub(super) previews: bool,
    pub(super) executed: Vec<String>,
    pub(super) outcome: ExecutionResult,
}

impl Run<'_> {
    /// Adds a message to the history and sends it. Without a client only a broadcast is sent (fact 35).
    pub(super) fn message(&mut self, kind: &str, mut data: Value, broadcast: bool) {
        data["timestamp"] = json!(pace::now_ms());
        if self.client.is_some() || broadcast {
            self.send(kind, &data);
        }
        self.outcome.messages.push(json!([kind, data]));
    }

    pub(super) fn keep(&mut self, node: &str, ui: &Value) {
        self.outcome.outputs.insert(node.to_owned(), ui["output"].clone());
        self.outcome.meta.insert(node.to_owned(), ui["meta"].clone());
    }

    pub(super) fn finish(&mut self, node: &str) {
        self.progress.finish(node);
        self.send_progress_state();
    }

    /// One step of a node's own progress bar, with an optional preview (facts 9, 15).
    ///
    /// # Errors
    /// When the prompt has been interrupted: then nothing is sent.
    pub(super) fn tick(
        &mut self,
        node: &str,
        (value, max): (Value, Value),
        picture: Option<(Encoding, Vec<u8>)>,
    ) -> Result<(), Interrupted> {
        self.engine.pace.wait(0.0)?;
        self.progress.update(node, value.clone(), max.clone());
        self.send_progress_state();
        let progress = json!({"value": value, "max": max, "prompt_id": self.prompt.id, "node": node});
        let audience = self.client.as_deref();
        let sockets = &self.engine.sockets;
        match picture {
            Some((encoding, picture)) if sockets.wants_preview_metadata(audience) && !has_plain_previews(self.engine, &self.prompt.id) => {
                let metadata: Map<String, Value> = self.progress.metadata(node);
                sockets.preview(frame::with_metadata(encoding, metadata, &picture), &self.prompt.id, audience);
                self.send("progress", &progress);
            }
            Some((encoding, picture)) => {
                self.send("progress", &progress);
                sockets.preview(frame::plain(encoding, &picture), &self.prompt.id, audience);
            }
            None => self.send("progress", &progress),
        }
        after_step(self.engine, self.prompt, node, value.as_u64())
    }

    /// A picture without metadata and without progress, as custom nodes send them.
    pub(super) fn plain_frame(&self, encoding: Encoding, picture: &[u8]) {
        self.engine.sockets.preview(frame::plain(encoding, picture), &self.prompt.id, self.client.as_deref());
    }

    pub(super) fn send_executed(&self, node: &str, output: &Value) {
        let executed = json!({"node": node, "display_node": node, "output": output, "prompt_id": self.prompt.id});
        self.send("executed", &executed);
    }

    pub(super) fn send_progress_state(&self) {
        self.send("progress_state", &self.progress.state());
    }

    /// Sends nothing when the engine was stopped or restarted.
    pub(super) fn send(&self, kind: &str, data: &Value) {
        if self.engine.pace.is_dead() {
            return;
        }
        self.engine.sockets.event(kind, data, self.client.as_deref());
    }
}
