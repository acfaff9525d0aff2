//! Messages for people. Text from servers and files is stripped of control characters first, so that it cannot control the terminal.

use std::{collections::HashMap, time::Duration};

use indicatif::DecimalBytes;

use crate::{ClientError, Connection, Outcome, Output, Progress, Running};
use proto::{
    ids::{NodeId, TaskId},
    task::{Problem, TaskError, time_left_words},
};

/// The node titles given by the workflow's author.
#[derive(Default)]
pub(super) struct Titles(pub(super) HashMap<NodeId, String>);

/// Lines of a traceback that are shown, from its end.
const TRACEBACK: usize = 6;
/// Characters of a text output that are shown.
const TEXT: usize = 400;

/// Removes control characters except tabs and line ends.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(|c| matches!(c, '\n' | '\t') || !c.is_control()).collect()
}

pub(super) fn size(bytes: u64) -> String {
    DecimalBytes(bytes).to_string()
}

/// "12.3 s", "4 min 7 s".
pub(super) fn took(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 60 { format!("{:.1} s", time.as_secs_f64()) } else { format!("{} min {} s", seconds / 60, seconds % 60) }
}

/// The transport of progress updates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Transport {
    #[default]
    WebSocket,
    /// Server-sent events of a Darkroom.
    EventStream,
}

pub(super) fn connection(connection: &Connection, transport: Transport) -> Option<String> {
    let (live, name) = match transport {
        Transport::WebSocket => ("Connected over WebSocket.", "WebSocket"),
        Transport::EventStream => ("Connected; progress comes as server-sent events.", "event stream"),
    };
    Some(match connection {
        Connection::Connecting => return None,
        Connection::Live => live.to_owned(),
        Connection::Reconnecting { was_live: true } => format!("{} lost; trying again. The run goes on.", capitalized(name)),
        Connection::Reconnecting { was_live: false } => format!("No {name} yet; trying again."),
        Connection::Restarting => "The server restarts; waiting for it.".to_owned(),
        Connection::Polling { why } => format!("Polling over HTTP: {}.", plain(why)),
    })
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

pub(super) fn queued(ahead: Option<usize>) -> String {
    match ahead {
        Some(ahead @ 1..) => format!("Waiting, {ahead} before it"),
        _ => "Queued".to_owned(),
    }
}

pub(super) fn note(progress: &Progress, transport: Transport) -> Option<String> {
    match progress {
        Progress::Uploaded { node, input, name } => Some(plain(&format!("Uploaded as {name}, for {input} of node {node}."))),
        Progress::Connection(how) => connection(how, transport),
        Progress::Note(text) => Some(plain(&format!("{text}."))),
        Progress::Queued { .. } | Progress::Running(_) => None,
    }
}

/// "Sampling image, step 7 of 20 · Sampler (node 3)".
pub(super) fn step(running: &Running) -> String {
    let words = &running.words;
    match &running.node {
        Some(node) if node.title != node.class => plain(&format!("{words} · {} (node {})", node.title, node.id)),
        Some(node) => plain(&format!("{words} · {} (node {})", node.class, node.id)),
        None => plain(words),
    }
}

pub(super) fn time_left(running: &Running) -> Option<String> {
    running.time_left_ms.map(|left| time_left_words(left, running.within_ms))
}

pub(super) fn done(outcome: &Outcome, saved: usize) -> String {
    let files = match saved {
        0 => "no files".to_owned(),
        1 => "1 file".to_owned(),
        many => format!("{many} files"),
    };
    let again = if outcome.attempt > 1 { format!(", at attempt {}", outcome.attempt) } else { String::new() };
    if outcome.ran.is_zero() { format!("Done{again}: {files}.") } else { format!("Done in {}{again}: {files}.", took(outcome.ran)) }
}

pub(super) fn text_output(output: &Output, text: &str) -> String {
    let short: String = text.chars().take(TEXT).collect();
    let more = if short.len() < text.len() { "…" } else { "" };
    plain(&format!("{} (node {}): {short}{more}", output.title, output.node))
}

pub(super) fn error(error: &ClientError, titles: &Titles) -> String {
    let mut text = match error {
        ClientError::Failed { error, .. } => failure(error, titles),
        ClientError::Refused { message, problems } => refusal(message, problems),
        other => other.to_string(),
    };
    if let Some(task) = may_go_on(error) {
        text.push_str(&format!("\nWhat was sent is task {task}; it may go on there."));
    }
    plain(&text)
}

/// What continues after the client exits.
fn may_go_on(error: &ClientError) -> Option<TaskId> {
    match error {
        ClientError::Unreachable { task, .. }
        | ClientError::Cancelled { task, stopped: false, .. }
        | ClientError::TimedOut { task, stopped: false, .. } => *task,
        _ => None,
    }
}

fn failure(error: &TaskError, titles: &Titles) -> String {
    let exception = error.exception.as_ref().filter(|exception| !error.message.contains(exception.as_str()));
    let message = match exception {
        Some(exception) => format!("{exception}: {}", error.message),
        None => error.message.clone(),
    };
    let mut text = match &error.node {
        Some(node) => format!("The run failed at {}.\n  {}", node_words(node, error.class.as_deref(), titles), indented(&message)),
        None => format!("The run failed: {message}"),
    };
    let lines: Vec<&str> = error.traceback.iter().flat_map(|part| part.lines()).filter(|line| !line.trim().is_empty()).collect();
    if !lines.is_empty() {
        let shown = &lines[lines.len().saturating_sub(TRACEBACK)..];
        let all = if shown.len() < lines.len() {
            format!(", last {} of {} lines (all: --json)", shown.len(), lines.len())
        } else {
            String::new()
        };
        text.push_str(&format!("\n  Traceback{all}:"));
        shown.iter().for_each(|line| text.push_str(&format!("\n    {line}")));
    }
    text
}

fn refusal(message: &str, problems: &[Problem]) -> String {
    let mut text = message.to_owned();
    for problem in problems {
        let Some(node) = &problem.node else { continue };
        let title = problem.title.as_ref().map(|title| format!(" ({title})")).unwrap_or_default();
        let input = problem.input.as_ref().map(|input| format!(", input {input}")).unwrap_or_default();
        text.push_str(&format!("\n  node {node}{title}{input}: {}", indented(&problem.message)));
    }
    text
}

fn node_words(node: &NodeId, class: Option<&str>, titles: &Titles) -> String {
    let title = titles.0.get(node).filter(|title| Some(title.as_str()) != class).map(|title| format!(" \"{title}\"")).unwrap_or_default();
    let class = class.map(|class| format!(" ({class})")).unwrap_or_default();
    format!("node {node}{title}{class}")
}

fn indented(text: &str) -> String {
    text.trim().replace('\n', "\n  ")
}
