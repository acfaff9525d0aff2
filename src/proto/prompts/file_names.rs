//! `%date:yyyy-MM-dd%` and `%Node.input%` in the names of files, as ComfyUI's page replaces them (`applyTextReplacements` and `formatDate`, version 1.35.9).
//! Its server never does.

use serde_json::Value;

use super::{ResolvedPrompt, model::FILE_NAME};
use crate::{
    comfy::{Workflow, WorkflowNode},
    limits,
};

/// A date and time where the server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalTime {
    pub year: i16,
    /// From 1.
    pub month: i8,
    pub day: i8,
    pub hour: i8,
    pub minute: i8,
    pub second: i8,
}

/// The classes whose `filename_prefix` ComfyUI's page replaces names in.
const SAVING: [&str; 12] = [
    "SaveImage",
    "SaveVideo",
    "SaveAnimatedWEBP",
    "SaveWEBM",
    "SaveAudio",
    "SaveGLB",
    "SaveAnimatedPNG",
    "CLIPSave",
    "VAESave",
    "ModelSave",
    "LoraSave",
    "SaveLatent",
];

/// Whether this is a class whose `filename_prefix` may name values of other nodes.
pub(crate) fn saves(class: &str) -> bool {
    SAVING.contains(&class)
}

/// Replaces names in the prefixes of files; returns those that changed. `display_name`: the name of a class for people, which is the title of a node that has
/// none of its own.
pub fn resolve_file_names(workflow: &mut Workflow, display_name: &dyn Fn(&str) -> Option<String>, now: LocalTime) -> Vec<ResolvedPrompt> {
    let prefix = |node: &WorkflowNode| {
        let text = node.input(FILE_NAME)?.as_str()?;
        (saves(node.class_type()) && text.contains('%')).then(|| text.to_owned())
    };
    let mut replaced = Vec::new();
    for (id, node) in &workflow.0 {
        let Some(template) = prefix(node) else { continue };
        let text = replace_names(&template, |name| value_of(name, workflow, display_name, now));
        if text != template {
            replaced.push(ResolvedPrompt { node: id.clone(), input: FILE_NAME.to_owned(), template, text });
        }
    }
    for name in &replaced {
        if let Some(node) = workflow.0.get_mut(&name.node) {
            node.set_input(FILE_NAME, name.text.clone().into());
        }
    }
    replaced
}

/// Replaces each `%name%`; names without a value stay.
pub(crate) fn replace_names(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    for _ in 0..limits::EDITOR_NAMES {
        let Some((before, after)) = rest.split_once('%') else { break };
        result.push_str(before);
        // There is something between the two.
        let Some((name, next)) = after.split_once('%').filter(|(name, _)| !name.is_empty()) else {
            result.push('%');
            rest = after;
            continue;
        };
        match value(name) {
            Some(value) => result.push_str(&value),
            None => result.push_str(&format!("%{name}%")),
        }
        rest = next;
    }
    result + rest
}

fn value_of(name: &str, workflow: &Workflow, display_name: &dyn Fn(&str) -> Option<String>, now: LocalTime) -> Option<String> {
    let parts: Vec<&str> = name.split('.').collect();
    let [node, input] = parts.as_slice() else {
        return parts.first()?.strip_prefix("date:").map(|format| format_date(format, now));
    };
    // A node that does not save is named by its class, in the page's property "Node name for S&R"; else by its title.
    let nodes = || workflow.0.values();
    let title = |other: &&WorkflowNode| match other.title() {
        Some(title) => title == *node,
        None => display_name(other.class_type()).is_some_and(|name| name == *node),
    };
    let by_class = || nodes().find(|other| other.class_type() == *node && !saves(other.class_type()));
    let text = match by_class().or_else(|| nodes().find(title))?.input(input)? {
        value if crate::form::is_link(value) => return None,
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        // As JavaScript writes it: 7.0 is "7".
        Value::Number(number) => number
            .as_f64()
            .filter(|value| number.is_f64() && value.fract() == 0.0 && value.abs() < 1e21)
            .map_or_else(|| number.to_string(), |value| format!("{value:.0}")),
        other => other.to_string(),
    };
    Some(without_reserved(&text))
}

/// With "_" in place of the characters that no file name may have.
pub(crate) fn without_reserved(text: &str) -> String {
    text.replace(|c: char| matches!(c, '/' | '?' | '<' | '>' | '\\' | ':' | '*' | '|' | '"' | '\0'..='\x1f' | '\x7f'), "_")
}

/// `yyyy`, `yy`, and `M`, `d`, `h`, `m`, `s`, each also with two digits. Hours are from 0 to 23.
fn format_date(format: &str, now: LocalTime) -> String {
    let mut result = String::new();
    let mut rest = format.chars().peekable();
    while let Some(c) = rest.next() {
        if c == 'y' {
            let mut length = 1;
            while length < 4 && rest.next_if_eq(&'y').is_some() {
                length += 1;
            }
            let year = now.year.to_string();
            match length {
                2 => result.push_str(year.get(2..).unwrap_or_default()),
                4 => result.push_str(&year),
                length => result.extend(std::iter::repeat_n('y', length)),
            }
            continue;
        }
        let value = match c {
            'd' => now.day,
            'M' => now.month,
            'h' => now.hour,
            'm' => now.minute,
            's' => now.second,
            other => {
                result.push(other);
                continue;
            }
        };
        let digits = if rest.next_if_eq(&c).is_some() { 2 } else { 1 };
        result.push_str(&format!("{value:0digits$}"));
    }
    result
}
