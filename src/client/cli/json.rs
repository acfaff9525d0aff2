//! For programs: one JSON object a line on standard output. Progress and ends have the members of Darkroom's own progress messages.

use serde_json::{Value, json};

use super::{
    output::print_line,
    words::{self, Titles, Transport},
};
use crate::{ClientError, Connection, Outcome, Output, Progress, Running, Saved};
use proto::{
    ids::TaskId,
    task::{OutputContent, OutputKind},
};

#[derive(Default)]
pub(super) struct Json {
    task: Option<TaskId>,
    pub(super) transport: Transport,
}

impl Json {
    fn print(&self, event: &str, more: Value) {
        let mut line = json!({"event": event, "timestamp": format!("{:.3}", jiff::Timestamp::now())});
        if let Some(task) = self.task {
            line["taskId"] = json!(task);
        }
        if let (Value::Object(line), Value::Object(more)) = (&mut line, more) {
            line.extend(more);
        }
        print_line(&line.to_string());
    }

    pub(super) fn progress(&mut self, progress: &Progress) {
        match progress {
            Progress::Uploaded { node, input, name } => self.print("uploaded", json!({"node": node, "input": input, "name": name})),
            Progress::Connection(how) => self.print("connection", connection(how, self.transport)),
            Progress::Queued { task, ahead } => {
                self.task = Some(*task);
                self.print("queued", json!({"status": "queued", "ahead": ahead}));
            }
            Progress::Running(running) => {
                self.task = Some(running.task);
                self.print("progress", in_progress(running));
            }
            Progress::Note(text) => self.print("note", json!({"message": text})),
        }
    }

    pub(super) fn completed(&mut self, outcome: &Outcome, saved: &[(Output, Saved)], whole: bool) {
        // A failure follows and names the missing files.
        if !whole {
            return;
        }
        self.task = Some(outcome.task);
        let files: Vec<Value> = saved.iter().map(|(output, file)| file_line(output, file)).collect();
        let texts: Vec<Value> =
            outcome.texts().map(|(output, text)| json!({"node": output.node, "title": output.title, "text": text})).collect();
        let progress = json!({"percentage": 100, "currentStep": "Complete", "currentValue": 1, "maxValue": 1});
        let ran_ms = u64::try_from(outcome.ran.as_millis()).unwrap_or(u64::MAX);
        let more = json!({"status": "completed", "progress": progress, "attempt": outcome.attempt, "ranMs": ran_ms, "files": files, "texts": texts});
        self.print("completed", more);
    }

    pub(super) fn failed(&mut self, error: &ClientError, titles: &Titles) {
        let (reason, task, details) = match error {
            ClientError::Usage(_) => ("usage", None, Value::Null),
            ClientError::Refused { problems, .. } => ("refused", None, json!({"problems": problems})),
            ClientError::Failed { task, error } => {
                let title = error.node.as_ref().and_then(|node| titles.0.get(node));
                let details = json!({
                    "node": error.node, "class": error.class, "title": title, "exception": error.exception, "traceback": error.traceback,
                });
                ("node", Some(*task), details)
            }
            ClientError::Cancelled { task, stopped, .. } => ("cancelled", *task, json!({"stopped": stopped})),
            ClientError::TimedOut { task, stopped, .. } => ("timeout", *task, json!({"stopped": stopped})),
            ClientError::Unreachable { task, .. } => ("unreachable", *task, Value::Null),
            ClientError::Unexpected(_) => ("server", None, Value::Null),
            ClientError::Output { .. } | ClientError::Write { .. } => ("output", self.task, Value::Null),
        };
        self.task = task.or(self.task);
        let (status, step) = if reason == "cancelled" { ("cancelled", "Cancelled") } else { ("error", "Failed") };
        let progress = json!({"percentage": 0, "currentStep": step, "currentValue": 0, "maxValue": 0});
        let message = words::plain(&error.to_string());
        self.print(
            "failed",
            json!({"status": status, "reason": reason, "progress": progress, "error": {"message": message, "details": details}}),
        );
    }
}

fn connection(how: &Connection, transport: Transport) -> Value {
    match how {
        Connection::Connecting => json!({"transport": "connecting"}),
        Connection::Live => json!({"transport": match transport {
            Transport::WebSocket => "websocket",
            Transport::EventStream => "sse",
        }}),
        Connection::Reconnecting { .. } => json!({"transport": "reconnecting"}),
        Connection::Restarting => json!({"transport": "restarting"}),
        Connection::Polling { why } => json!({"transport": "polling", "why": why}),
    }
}

fn in_progress(running: &Running) -> Value {
    let (value, max) = running.node.as_ref().map_or((0, 0), |node| (node.value, node.max));
    let node = running.node.as_ref().map(|node| json!({"id": node.id, "title": node.title, "class": node.class}));
    json!({
        "status": "in-progress",
        "progress": {
            "percentage": f64::from(running.permille) / 10.0,
            "currentStep": running.words,
            "currentValue": value,
            "maxValue": max,
        },
        "node": node,
        "timeLeftMs": running.time_left_ms,
        "attempt": running.attempt,
    })
}

fn file_line(output: &Output, file: &Saved) -> Value {
    let kind = match output.kind {
        OutputKind::Image => "image",
        OutputKind::Video => "video",
        OutputKind::Audio => "audio",
        OutputKind::Text => "text",
        OutputKind::File => "file",
    };
    let mut line = json!({
        "path": file.path, "bytes": file.bytes, "kind": kind, "node": output.node, "title": output.title, "class": output.class,
    });
    if let OutputContent::File { filename, subfolder, folder } = &output.content {
        line["filename"] = json!(filename);
        line["subfolder"] = json!(subfolder);
        line["type"] = json!(folder);
    }
    line
}
