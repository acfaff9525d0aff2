//! Runs one prompt from `execution_start` to its end, node by node.

use serde_json::{Value, json};

use super::{
    cache::{Cache, Entry},
    engine::Engine,
    faults::{At, Ending, hold, worker},
    graph::{self, Pending},
    nodes::{self, Call, Data, Failure},
    pace::Interrupted,
    progress::Progress,
    prompt::Prompt,
    queue::ExecutionResult,
    run::Run,
};

/// Runs a prompt and sends its events to its client.
pub(super) fn execute(engine: &Engine, cache: &mut Cache, prompt: Prompt) -> (ExecutionResult, Ending) {
    let mut run = Run {
        engine,
        client: prompt.client(),
        progress: Progress::new(&prompt.id),
        previews: has_previews(engine, &prompt),
        prompt: &prompt,
        executed: Vec::new(),
        outcome: ExecutionResult::default(),
    };
    let ended = run.whole(cache);
    engine.sockets.set_running(None);
    let ending = match ended {
        Ok(()) => {
            run.outcome.completed = true;
            run.message("execution_success", json!({"prompt_id": prompt.id}), false);
            Ending::Success
        }
        Err(end) => run.fail(*end),
    };
    (run.outcome, ending)
}

/// The prompt's own setting, or for other words the engine's (fact 48).
fn has_previews(engine: &Engine, prompt: &Prompt) -> bool {
    match prompt.extra_data.get("preview_method").and_then(Value::as_str) {
        Some("none") => false,
        Some("auto" | "latent2rgb" | "taesd") => true,
        _ => engine.previews,
    }
}

/// Why a run ended early, and at which node.
struct RunEnd {
    node: String,
    why: Failure,
    inputs: Value,
}

impl Run<'_> {
    fn whole(&mut self, cache: &mut Cache) -> Result<(), Box<RunEnd>> {
        let (engine, prompt) = (self.engine, self.prompt);
        let first = || prompt.outputs.first().cloned().unwrap_or_default();
        let interrupted = |Interrupted| Box::new(RunEnd { node: first(), why: Failure::Interrupted, inputs: json!({}) });
        hold(engine, &prompt.id, At::Start).map_err(interrupted)?;
        self.message("execution_start", json!({"prompt_id": prompt.id}), false);
        cache.begin(engine, &prompt.graph);
        let cached: Vec<&String> = prompt.graph.keys().filter(|node| cache.entry(node).is_some()).collect();
        self.message("execution_cached", json!({"nodes": cached, "prompt_id": prompt.id}), false);
        self.all(cache)?;
        hold(engine, &prompt.id, At::End).map_err(interrupted)
    }

    fn all(&mut self, cache: &mut Cache) -> Result<(), Box<RunEnd>> {
        let (engine, prompt) = (self.engine, self.prompt);
        let class = |node: &str| prompt.graph[node]["class_type"].as_str().unwrap_or_default();
        let mut pending = Pending::new(&prompt.graph, &prompt.outputs, |node| cache.entry(node).is_some());
        while let Some(node) = pending.next(|node| engine.catalog.is_output(class(node)), |node| nodes::is_async(class(node))) {
            if let Some(entry) = cache.entry(node) {
                self.again(node, &entry.clone());
            } else {
                let entry = self.node(node, class(node), cache)?;
                cache.insert(node, entry);
                self.finish(node);
                self.executed.push(node.to_owned());
            }
        }
        Ok(())
    }

    /// Reports a cached output node again with its earlier output (fact 18).
    fn again(&mut self, node: &str, entry: &Entry) {
        let output = entry.ui.as_ref().map(|ui| ui["output"].clone());
        if self.client.is_some() {
            self.send_executed(node, &output.unwrap_or_default());
            if let Some(ui) = &entry.ui {
                self.keep(node, ui);
            }
        }
        self.finish(node);
    }

    fn node(&mut self, node: &str, class: &str, cache: &Cache) -> Result<Entry, Box<RunEnd>> {
        self.progress.start(node);
        self.send_progress_state();
        if let Some(client) = self.client.clone() {
            self.engine.sockets.set_running(Some((client, node.to_owned())));
            let executing = json!({"node": node, "display_node": node, "prompt_id": self.prompt.id});
            self.send("executing", &executing);
        }
        let inputs = self.inputs(node, cache);
        let blocked = inputs.iter().find_map(|(_, value)| match value {
            Data::Blocked(message) => Some(message.clone()),
            _ => None,
        });
        if let Some(message) = blocked {
            return Ok(self.blocked(node, class, message.as_deref()));
        }
        let formatted = || {
            let inputs = inputs.iter().map(|(name, value)| (name.clone(), json!([value.format()])));
            Value::Object(inputs.collect())
        };
        let end = |why| Box::new(RunEnd { node: node.to_owned(), why, inputs: formatted() });
        self.engine.pace.wait(0.0).map_err(|Interrupted| end(Failure::Interrupted))?;
        worker::at_node(self, (node, class)).map_err(end)?;
        let mut call = Call { run: self, node, inputs: &inputs };
        let output = nodes::call(class, &mut call).map_err(end)?;
        let shown = worker::ordered_output(self, (node, class)).or(output.ui.map(Value::Object));
        let ui = shown.map(|output| {
            let meta = json!({"node_id": node, "display_node": node, "parent_node": null, "real_node_id": node});
            json!({"meta": meta, "output": output})
        });
        if let Some(ui) = &ui {
            self.keep(node, ui);
            if self.client.is_some() {
                self.send_executed(node, &ui["output"]);
            }
        }
        Ok(Entry { values: output.values, ui })
    }

    fn inputs(&self, node: &str, cache: &Cache) -> Vec<(String, Data)> {
        graph::inputs(&self.prompt.graph, node)
            .filter_map(|(name, value)| {
                let data = match graph::as_link(value) {
                    Some((from, slot)) => cache.entry(from)?.values.get(slot)?.clone(),
                    None => Data::Json(value.clone()),
                };
                Some((name.clone(), data))
            })
            .collect()
    }

    /// A node that gets an `ExecutionBlocker` does not run, nor do the nodes downstream of it. A blocker with a message is reported as
    /// an error, but the run continues and the history does not contain it (fact 27).
    fn blocked(&mut self, node: &str, class: &str, message: Option<&str>) -> Entry {
        if let Some(message) = message
            && self.client.is_some()
        {
            let error = json!({
                "prompt_id": self.prompt.id,
                "node_id": node,
                "node_type": class,
                "executed": self.executed,
                "exception_message": format!("Execution Blocked: {message}"),
                "exception_type": "ExecutionBlocked",
                "traceback": [],
                "current_inputs": [],
                "current_outputs": [],
            });
            self.send("execution_error", &error);
        }
        let outputs = self.engine.catalog.class(class).and_then(|class| class["output"].as_array()).map_or(0, Vec::len);
        Entry { values: vec![Data::Blocked(None); outputs], ui: None }
    }

    fn fail(&mut self, end: RunEnd) -> Ending {
        let node_type = &self.prompt.graph[&end.node]["class_type"];
        let mut data = json!({
            "prompt_id": self.prompt.id,
            "node_id": end.node,
            "node_type": node_type,
            "executed": self.executed,
        });
        match end.why {
            Failure::Interrupted => {
                self.message("execution_interrupted", data, true);
                Ending::Interrupted
            }
            Failure::Raised { class, message } => {
                data["exception_message"] = json!(format!("{message}\n"));
                data["exception_type"] = json!(class);
                data["traceback"] = json!([
                    "  File \"execution.py\", in execute\n    output_data = await get_output_data(...)\n",
                    format!("  File \"nodes.py\", in {}\n    raise {class}\n", node_type.as_str().unwrap_or_default()),
                ]);
                data["current_inputs"] = end.inputs;
                // All nodes of the graph, not only finished ones (fact 26).
                data["current_outputs"] = json!(self.prompt.graph.keys().collect::<Vec<_>>());
                self.message("execution_error", data, false);
                Ending::Error
            }
        }
    }
}
