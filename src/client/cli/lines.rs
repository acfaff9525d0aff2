//! For logs and pipes: a line for each node, and for each tenth of the run. Lines are never redrawn.

use super::{
    output::eprint_line,
    words::{self, Transport},
};
use crate::{Progress, Running};
use proto::ids::NodeId;

/// The content of the last progress line: another line is printed when one of these differs.
struct LastLine {
    attempt: u32,
    /// Tenths of the whole run, 0 to 10.
    tenth: u16,
    node: Option<NodeId>,
}

#[derive(Default)]
pub(super) struct Lines {
    /// The last progress line.
    last: Option<LastLine>,
    /// The last line about waiting.
    waits: String,
    pub(super) transport: Transport,
}

impl Lines {
    pub(super) fn progress(&mut self, progress: &Progress) {
        match progress {
            Progress::Queued { task, ahead } => {
                let words = format!("{} (task {task})", words::queued(*ahead));
                if self.waits != words {
                    eprint_line(&words);
                    self.waits = words;
                }
            }
            Progress::Running(running) => {
                if let Some(line) = self.line(running) {
                    eprint_line(&line);
                }
            }
            other => {
                if let Some(note) = words::note(other, self.transport) {
                    eprint_line(&note);
                }
            }
        }
    }

    fn line(&mut self, running: &Running) -> Option<String> {
        let node = running.node.as_ref().map(|node| node.id.clone());
        let tenth = running.permille / 100;
        let is_new = self.last.as_ref().is_none_or(|last| {
            // No node runs between two nodes: that alone is not worth a line.
            last.attempt != running.attempt || last.tenth != tenth || node.is_some() && last.node != node
        });
        if !is_new {
            return None;
        }
        let node = node.or_else(|| self.last.take().and_then(|last| last.node));
        self.last = Some(LastLine { attempt: running.attempt, tenth, node });
        let left = words::time_left(running).map(|left| format!(", {left}")).unwrap_or_default();
        Some(format!("{:>3} %  {}{left}", running.permille / 10, words::step(running)))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::RunningNode;
    use proto::ids::TaskId;

    #[test]
    fn a_line_for_each_node_and_each_tenth() {
        let mut lines = Lines::default();
        let mut at = |permille: u16, node: Option<&str>| {
            let node = node.map(|id| RunningNode { id: id.into(), title: "T".into(), class: "C".into(), value: 0, max: 0 });
            let task = TaskId(Uuid::nil());
            lines.line(&Running { task, attempt: 1, permille, words: "w".into(), node, time_left_ms: None, within_ms: None }).is_some()
        };
        let printed = [
            at(0, None),
            at(0, Some("4")),
            at(50, Some("4")),
            at(50, None),
            at(60, Some("4")),
            at(99, Some("3")),
            at(100, Some("3")),
            at(199, Some("3")),
            at(250, None),
        ];
        assert_eq!(printed, [true, true, false, false, false, true, true, false, true]);
    }
}
