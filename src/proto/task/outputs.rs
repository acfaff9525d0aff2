//! The outputs in what nodes report: files, texts and data. Custom nodes report any JSON, so nothing here expects a shape (facts 21, 61 to 63).

mod file;

use std::{
    collections::HashMap,
    io::{self, Write},
};

use serde_json::Value;

pub use self::file::ReportedOutput;
use self::file::{file, filename, is_model, is_picture, located};
use super::{
    Output, OutputContent, OutputKind, OutputStorage, Task,
    socket_results::{is_socket_image, lost_note, reported_results},
};
use crate::{ids::NodeId, limits};

/// Ends a text that was too long.
const CUT: &str = "\n… (the rest was cut by Darkroom)";
/// In place of the outputs over [`limits::OUTPUT_TEXTS`] and [`limits::OUTPUTS`].
const TEXTS_FULL: &str = "There were more texts than Darkroom keeps of one task. ComfyUI's history has them all.";
const OUTPUTS_FULL: &str = "There were more outputs than Darkroom keeps of one task. ComfyUI's history names them all.";
/// Data up to this many bytes is written on one line.
const ONE_LINE: usize = 80;

/// The outputs in `reports` that the task does not have yet, numbered on from what it has.
///
/// A report is one node's whole output, and may come several times: in `executed`, and at the end in the history. So of equal outputs of a
/// node as many are added as are missing. The reports of all nodes that are shown as one must come together.
pub(super) fn new_outputs<'a>(task: &Task, reports: impl IntoIterator<Item = (&'a NodeId, &'a Value)>) -> Vec<Output> {
    let mut known: HashMap<&NodeId, HashMap<&OutputContent, usize>> = HashMap::new();
    for output in &task.outputs {
        *known.entry(&output.node).or_default().entry(&output.content).or_default() += 1;
    }
    let mut added = NewOutputs::to(task);
    let mut sent: Vec<(&NodeId, usize)> = Vec::new();
    for (node, output) in reports {
        match sent.iter_mut().find(|(known, _)| *known == node) {
            Some((_, sent)) => *sent += reported_results(output),
            None => sent.push((node, reported_results(output))),
        }
        for reported in outputs_of(output) {
            match known.get_mut(node).and_then(|known| known.get_mut(&reported.content)).filter(|count| **count > 0) {
                Some(count) => *count -= 1,
                None => added.push(node, reported),
            }
        }
    }
    for (node, content) in sent.into_iter().filter_map(|(node, sent)| Some((node, lost_note(task, node, sent)?))) {
        added.push(node, ReportedOutput { kind: OutputKind::Text, temporary: false, content });
    }
    added.outputs
}

/// New outputs of a task, within the limits. If some are left out, the last output names that.
struct NewOutputs {
    outputs: Vec<Output>,
    /// How many outputs the task has with these, and how many texts among them.
    total: usize,
    texts: usize,
}

impl NewOutputs {
    fn to(task: &Task) -> Self {
        let texts = task.outputs.iter().filter(|output| is_text(&output.content)).count();
        Self { outputs: Vec::new(), total: task.outputs.len(), texts }
    }

    fn push(&mut self, node: &NodeId, reported: ReportedOutput) {
        let is_text = is_text(&reported.content);
        if self.total >= limits::OUTPUTS || (is_text && self.texts >= limits::OUTPUT_TEXTS) {
            return;
        }
        let content = if self.total + 1 == limits::OUTPUTS {
            note(OUTPUTS_FULL)
        } else if is_text && self.texts + 1 == limits::OUTPUT_TEXTS {
            note(TEXTS_FULL)
        } else {
            return self.add(node, reported);
        };
        self.add(node, ReportedOutput { kind: OutputKind::Text, temporary: false, content });
    }

    fn add(&mut self, node: &NodeId, ReportedOutput { kind, temporary, content }: ReportedOutput) {
        let Ok(id) = u32::try_from(self.total) else { return };
        self.total += 1;
        self.texts += usize::from(is_text(&content));
        self.outputs.push(Output { id, node: node.clone(), kind, temporary, content, storage: OutputStorage::default(), outside: None });
    }
}

fn is_text(content: &OutputContent) -> bool {
    matches!(content, OutputContent::Text { .. })
}

fn note(text: &str) -> OutputContent {
    OutputContent::Text { text: text.to_owned() }
}

/// The files, texts and data in one node's report, whatever keys they are under: custom nodes use keys of their own.
///
/// Every value is in the result, except strings and nulls in a list of files, flags that describe the files beside them, further members of
/// a file's object, and empty lists.
#[must_use]
pub fn outputs_of(output: &Value) -> Vec<ReportedOutput> {
    let mut found = Vec::new();
    match output {
        Value::Object(groups) if file(groups, "").is_none() => {
            let has_files = groups.values().any(holds_file);
            for (key, value) in groups {
                if !(has_files && is_flag(key, value)) {
                    group(key, value, &mut found);
                }
            }
        }
        other => group("", other, &mut found),
    }
    found
}

/// The value of one key: a list, as ComfyUI sends it, or anything else.
fn group(key: &str, value: &Value, found: &mut Vec<ReportedOutput>) {
    match value {
        Value::Null => {}
        Value::Array(items) => list(key, items, found),
        other => item(key, other, found),
    }
}

fn list(key: &str, items: &[Value], found: &mut Vec<ReportedOutput>) {
    if items.iter().any(is_socket_image) {
        let others: Vec<Value> = items.iter().filter(|item| !is_socket_image(item)).cloned().collect();
        return list(key, &others, found);
    }
    let is_text = is_text_key(key);
    if let Some(string) = iterated_string(items) {
        found.push(text(&string));
    } else if !is_text && items.iter().any(|item| item.as_str().is_some_and(is_model)) {
        model_preview(key, items, found);
    } else if items.iter().any(holds_file) {
        // Without the keys of a file's object, which are what is left of one that was iterated (fact 61).
        let outputs = items.iter().filter(|item| is_text || !(item.is_string() || item.is_null()));
        outputs.for_each(|value| item(key, value, found));
    } else if items.len() > 1 && !items.iter().any(Value::is_string) {
        found.push(data(&Value::from(items)));
    } else {
        items.iter().for_each(|value| item(key, value, found));
    }
}

fn item(key: &str, value: &Value, found: &mut Vec<ReportedOutput>) {
    match value {
        Value::String(string) => found.push(text(string)),
        Value::Object(members) => match file(members, key) {
            Some(file) => found.push(file),
            None if is_socket_image(value) => {}
            None => {
                for (key, value) in members.iter().filter(|(_, value)| holds_file(value)) {
                    nested_files(key, value, found);
                }
                found.push(data(value));
            }
        },
        Value::Array(items) if holds_file(value) => list(key, items, found),
        other => found.push(data(other)),
    }
}

/// The files in a value that is shown as data.
fn nested_files(key: &str, value: &Value, found: &mut Vec<ReportedOutput>) {
    match value {
        Value::Object(members) => match file(members, key) {
            Some(file) => found.push(file),
            None => members.iter().for_each(|(key, value)| nested_files(key, value, found)),
        },
        Value::Array(items) => items.iter().for_each(|value| nested_files(key, value, found)),
        _ => {}
    }
}

fn holds_file(value: &Value) -> bool {
    match value {
        Value::Object(members) => filename(members).is_some() || members.values().any(holds_file),
        Value::Array(items) => items.iter().any(holds_file),
        _ => false,
    }
}

fn is_text_key(key: &str) -> bool {
    ["text", "string"].iter().any(|word| key.to_ascii_lowercase().contains(word))
}

/// `animated: [true]` describes the pictures beside it (fact 21).
fn is_flag(key: &str, value: &Value) -> bool {
    key == "animated" && value.as_array().is_some_and(|flags| flags.iter().all(Value::is_boolean))
}

/// A string where ComfyUI expects a list becomes the list of its characters (fact 61).
fn iterated_string(items: &[Value]) -> Option<String> {
    let mut string = String::new();
    for item in items {
        let mut characters = item.as_str()?.chars();
        let (Some(character), None) = (characters.next(), characters.next()) else { return None };
        string.push(character);
    }
    (items.len() > 1).then_some(string)
}

/// `[model, camera, background]`: paths in the output folder, and of the background in `temp/` (fact 62). What is null is not there.
fn model_preview(key: &str, items: &[Value], found: &mut Vec<ReportedOutput>) {
    for value in items.iter().filter(|value| !value.is_null()) {
        match value.as_str() {
            Some(path) if is_model(path) => found.push(located(key, path, None, None)),
            Some(path) if path.starts_with("temp/") && is_picture(path) => {
                found.push(located(key, path.trim_start_matches("temp/"), None, Some("temp")));
            }
            _ => item(key, value, found),
        }
    }
}

fn text(text: &str) -> ReportedOutput {
    let whole = text.chars().nth(limits::OUTPUT_TEXT).is_none();
    let text =
        if whole { text.to_owned() } else { text.chars().take(limits::OUTPUT_TEXT - CUT.chars().count()).chain(CUT.chars()).collect() };
    ReportedOutput { kind: OutputKind::Text, temporary: false, content: OutputContent::Text { text } }
}

/// A value as JSON: on one line if it is short.
fn data(value: &Value) -> ReportedOutput {
    let mut line = Bounded::new(ONE_LINE);
    if serde_json::to_writer(&mut line, value).is_ok() {
        return text(&String::from_utf8_lossy(&line.bytes));
    }
    // Enough bytes for the text, whatever characters it has, and for it to be recognized as too long.
    let mut lines = Bounded::new(4 * (limits::OUTPUT_TEXT + 1));
    // An error means that it is too long: then the text is cut.
    let _ = serde_json::to_writer_pretty(&mut lines, value);
    text(&String::from_utf8_lossy(&lines.bytes))
}

/// Takes so many bytes and then fails: a value of many megabytes is not written out only to be cut.
struct Bounded {
    bytes: Vec<u8>,
    limit: usize,
}

impl Bounded {
    fn new(limit: usize) -> Self {
        Self { bytes: Vec::new(), limit }
    }
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.limit - self.bytes.len();
        self.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
        if bytes.len() > room { Err(io::ErrorKind::WriteZero.into()) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
