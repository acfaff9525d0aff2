//! What ComfyUI's page does with texts before it sends them.

use super::node::{EditorNode, Nodes};
use crate::{
    limits,
    prompts::file_names::{self, saves},
};

/// A text whose class asks for it: comments (`//…`, `/*…*/`) are removed, `{a}` becomes `a`, `\{` becomes `{`. `None`: it has alternatives, `{a|b}`, of
/// which the page takes one at random.
pub(super) fn without_comments(text: &str) -> Option<String> {
    without_comments_at(text, 0)
}

fn expand(text: &str, depth: usize) -> Option<String> {
    if depth > limits::EDITOR_DEPTH {
        return None;
    }
    let text = strip(text);
    let mut rest = text.chars();
    let mut result = String::new();
    while let Some(c) = rest.next() {
        match c {
            '\\' => {
                result.push(c);
                result.extend(rest.next());
            }
            '{' => result.push_str(&without_comments_at(&block(&mut rest)?, depth + 1)?),
            c => result.push(c),
        }
    }
    Some(result)
}

fn without_comments_at(text: &str, depth: usize) -> Option<String> {
    let braces = expand(text, depth)?;
    Some(braces.replace("\\{", "{").replace("\\}", "}").replace("\\|", "|"))
}

/// The inside of a block up to its closing brace. `None`: it has alternatives.
fn block(rest: &mut std::str::Chars) -> Option<String> {
    let mut depth = 0_usize;
    let mut inside = String::new();
    while let Some(c) = rest.next() {
        match c {
            '\\' => {
                inside.push(c);
                inside.extend(rest.next());
                continue;
            }
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            '|' if depth == 0 => return None,
            _ => {}
        }
        inside.push(c);
    }
    Some(inside)
}

/// Removes `/*…*/`, and `//` to the end of the line.
fn strip(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    // Beyond the last end of a comment there is none.
    let last_end = text.rfind("*/").unwrap_or_default();
    let mut rest = text;
    while let Some(at) = rest.find('/') {
        let (before, from) = rest.split_at(at);
        result.push_str(before);
        let is_closed = text.len() - from.len() < last_end;
        if let Some((_, after)) = from.strip_prefix("/*").filter(|_| is_closed).and_then(|inside| inside.split_once("*/")) {
            rest = after;
        } else if from.starts_with("//") {
            rest = from.find(['\n', '\r', '\u{2028}', '\u{2029}']).map_or("", |end| from.split_at(end).1);
        } else {
            result.push('/');
            rest = from.strip_prefix('/').unwrap_or_default();
        }
    }
    result + rest
}

/// Replaces `%Node.widget%` by the value of that widget, as in the names of files. A node is named by its property "Node name for S&R", else by its title.
/// `%date:…%`, `%width%` and unknown names stay.
pub(super) fn replace_names(text: &str, all: &Nodes) -> String {
    file_names::replace_names(text, |name| value_of(name, all))
}

fn value_of(name: &str, all: &Nodes) -> Option<String> {
    let (node, widget) = name.split_once('.').filter(|(_, widget)| !widget.contains('.'))?;
    let mut graphs: Vec<_> = all.iter().collect();
    graphs.sort_by_key(|(graph, _)| **graph);
    let nodes = || graphs.iter().flat_map(|(_, nodes)| nodes.iter());
    let named = nodes().find(|other| alias(other) == Some(node)).or_else(|| nodes().find(|other| other.title() == node))?;
    let text = match named.widget(widget)?.value.as_ref()? {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Null => String::new(),
        other => other.to_string(),
    };
    Some(file_names::without_reserved(&text))
}

fn alias<'a>(node: &EditorNode<'a>) -> Option<&'a str> {
    let stored = node.file.properties.and_then(|properties| properties.get("Node name for S&R")?.as_str());
    // The page gives it to every node but those that save.
    stored.or_else(|| node.class.filter(|_| !saves(node.kind)).map(|_| node.kind))
}
