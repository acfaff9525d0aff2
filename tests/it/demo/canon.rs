//! Traffic without values that differ from run to run: ids, times, file counters, random letters, the pace of a clock.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::client::Frame;

/// The frames of one socket, grouped by prompt. The order between prompts, and between a prompt and `status`, is a race; within each group
/// it is fixed.
#[derive(Debug, Default, PartialEq)]
pub struct Story {
    pub statuses: Vec<Value>,
    pub prompts: BTreeMap<String, Vec<Value>>,
    /// Frames that belong to no prompt: feature_flags, the `executing` of a reconnect.
    pub others: Vec<Value>,
}

/// How to compare the frames of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shape {
    /// Several outputs: ComfyUI runs them in the order of a Python set.
    pub unordered: bool,
    /// Interrupted, or seen by a socket that connected meanwhile: which ticks were seen is random, but not their kinds.
    pub loose: bool,
}

impl Story {
    pub fn new(frames: &[Frame], names: &Names, shape: impl Fn(&str) -> Shape) -> Self {
        let mut story = Self::default();
        // A type 1 preview belongs to the prompt of the progress before it.
        let mut current = String::new();
        for frame in frames {
            let value = match frame {
                Frame::Text(text) => serde_json::from_str(text).expect("strict JSON"),
                Frame::Binary(bytes) => picture(bytes),
            };
            let value = names.canonical(value);
            if value["type"] == "status" {
                story.statuses.push(value["data"].clone());
                continue;
            }
            let prompt = match value.pointer("/data/prompt_id").and_then(Value::as_str) {
                Some(id) => id.to_owned(),
                None if value["type"] == "preview" => current.clone(),
                None => {
                    story.others.push(value);
                    continue;
                }
            };
            if prompt.is_empty() && value["type"] == "preview" {
                // The socket connected between the progress and its preview.
                continue;
            }
            current.clone_from(&prompt);
            let shape = shape(&prompt);
            let events = story.prompts.entry(prompt).or_default();
            let value = without_clock(value, shape.loose);
            let again = value.to_string().contains('~') || (shape.loose && value["type"] == "preview");
            let chance = (again && events.contains(&value)) || (shape.unordered && value["type"] == "progress_state");
            if !chance {
                events.push(value);
            }
        }
        for (id, events) in &mut story.prompts {
            let shape = shape(id);
            if shape.unordered {
                events.sort_by_key(Value::to_string);
            } else if shape.loose {
                // A socket may have connected between two frames of one tick.
                let tick = |event: &Value| event["type"] == "preview" || event.to_string().contains('~');
                events.sort_by_key(|event| tick(event).then(|| event.to_string()));
            }
        }
        story
    }
}

/// A binary frame's content, without the pixels.
fn picture(bytes: &[u8]) -> Value {
    let word = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    match word(0) {
        1 => json!({"type": "preview", "format": word(4), "magic": STANDARD.encode(&bytes[8..10])}),
        4 => {
            let length = word(4) as usize;
            let metadata: Value = serde_json::from_slice(&bytes[8..8 + length]).expect("JSON");
            json!({"type": "preview", "data": metadata, "magic": STANDARD.encode(&bytes[8 + length..10 + length])})
        }
        other => json!({"type": "binary", "data": other}),
    }
}

/// Clock-driven bars get the value `~`; so do all that move, when their last value is random.
fn without_clock(mut frame: Value, loose: bool) -> Value {
    let begins = |bar: &Value| bar["value"] == 0.0 && bar["max"] == 1.0;
    let moving = |bar: &Value| (loose || bar["max"].is_f64()) && !begins(bar) && bar["state"] != "finished";
    if frame["type"] == "progress" && moving(&frame["data"]) {
        frame["data"]["value"] = json!("~");
    }
    if let Some(nodes) = frame.pointer_mut("/data/nodes").and_then(Value::as_object_mut) {
        for node in nodes.values_mut().filter(|node| moving(node)) {
            node["value"] = json!("~");
        }
    }
    frame
}

/// Maps each side's names to common ones.
#[derive(Debug, Default)]
pub struct Names {
    /// This side's prompt ids, and the names used for comparison.
    pub prompts: Vec<(String, String)>,
    /// The assigned numbers, without their signs.
    pub numbers: Vec<u64>,
    /// Some submissions were left out: numbers are compared by order only, not by distance.
    pub gaps: bool,
    /// The lowest counter of each file prefix.
    pub counters: BTreeMap<String, u64>,
}

impl Names {
    /// Collects the file names in a text.
    pub fn learn(&mut self, text: &str) {
        for part in text.split(['"', '/']) {
            if let Some((prefix, counter, _)) = file(part) {
                let lowest = self.counters.entry(prefix).or_insert(counter);
                *lowest = counter.min(*lowest);
            }
        }
    }

    pub fn canonical(&self, value: Value) -> Value {
        match value {
            Value::String(text) => self.text(&text).into(),
            Value::Array(items) => items.into_iter().map(|item| self.canonical(item)).collect(),
            Value::Object(fields) => fields
                .into_iter()
                .map(|(key, value)| {
                    let value = match (key.as_str(), value) {
                        // Also covers `execution_start_time` and the like.
                        (key, value @ Value::Number(_)) if key.contains("time") => {
                            assert!(value.is_u64(), "{key} is {value}");
                            json!("time")
                        }
                        ("number" | "priority", number) => self.number(&number),
                        // Assigned by the server.
                        ("sid", Value::String(sid)) if sid.len() == 32 => json!("random"),
                        ("traceback", Value::Array(lines)) => json!({"empty": lines.is_empty()}),
                        // Printed tensors: only the names are compared.
                        ("current_inputs", Value::Object(inputs)) => {
                            json!(inputs.keys().collect::<Vec<_>>())
                        }
                        // Sets in Python.
                        ("executed" | "current_outputs" | "dependent_outputs" | "errors", Value::Array(mut items)) => {
                            items = items.into_iter().map(|item| self.canonical(item)).collect();
                            items.sort_by_key(Value::to_string);
                            items.into()
                        }
                        ("prompt", Value::Array(mut entry)) if entry.len() == 5 => {
                            self.queued(&mut entry);
                            self.canonical(entry.into())
                        }
                        ("queue_running" | "queue_pending", Value::Array(mut entries)) => {
                            for entry in entries.iter_mut().filter_map(Value::as_array_mut) {
                                self.queued(entry);
                            }
                            self.canonical(entries.into())
                        }
                        (_, value) => self.canonical(value),
                    };
                    (self.text(&key), value)
                })
                .collect(),
            other => other,
        }
    }

    /// `[number, id, graph, extra_data, outputs]`: the outputs are in the order of a Python set.
    fn queued(&self, entry: &mut [Value]) {
        entry[0] = self.number(&entry[0]);
        if let Some(outputs) = entry[4].as_array_mut() {
            outputs.sort_by_key(Value::to_string);
        }
    }

    /// Integers are relative to the first one; the sign means `front`. Floats were given by the client.
    fn number(&self, number: &Value) -> Value {
        let Some(integer) = number.as_i64() else {
            return number.clone();
        };
        let size = integer.unsigned_abs();
        let place = if self.gaps {
            self.numbers.iter().filter(|other| **other < size).count() as u64
        } else {
            size.wrapping_sub(self.numbers.iter().copied().min().unwrap_or(size))
        };
        json!([integer < 0, place])
    }

    fn text(&self, text: &str) -> String {
        if let Some((_, name)) = self.prompts.iter().find(|(id, _)| id == text) {
            return name.clone();
        }
        match file(text) {
            Some((prefix, counter, ending)) => {
                let first = self.counters.get(&prefix).copied().unwrap_or(counter);
                format!("{prefix} +{}{ending}", counter - first)
            }
            None => text.to_owned(),
        }
    }
}

/// Splits `prefix_00012_.png`; drops the random letters of temporary files.
fn file(name: &str) -> Option<(String, u64, &str)> {
    let (rest, ending) = name.split_at(name.rfind("_.")? + 1);
    let (prefix, counter) = rest.strip_suffix('_')?.rsplit_once('_')?;
    let prefix = match prefix.strip_prefix("ComfyUI_temp_") {
        Some(letters) if letters.len() == 5 => "ComfyUI_temp",
        _ => prefix,
    };
    Some((prefix.to_owned(), counter.parse().ok()?, ending))
}
