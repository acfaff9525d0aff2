//! Results that nodes send over the socket (fact 67): ComfyUI has no file of them, so they are in temporary files until they are saved.

use std::{collections::HashMap, fs, io, sync::Arc, time::Instant};

use tempfile::TempPath;
use uuid::Uuid;

use crate::{outcome::Source, tracked::Tracked};
use proto::{
    comfy::{BinaryFrame, ComfyEvent, HistoryEntry, Workflow, decode_binary},
    task::{Change, LateResults, OutputStorage, RunSeen, SocketResult, SocketResults, Task, result_output, unseen_results},
};

#[derive(Default)]
pub(super) struct RunResults {
    socket: SocketResults,
    seen: RunSeen,
    /// By attempt and number of the output: the file, or why there is none.
    files: HashMap<(u32, u32), Source>,
    /// Since when it is known that the run is over.
    over: Option<Instant>,
    late: LateResults,
}

impl RunResults {
    /// Where an output that came over the socket is.
    pub(super) fn source(&self, attempt: u32, output: u32) -> Option<Source> {
        self.files.get(&(attempt, output)).cloned()
    }

    /// The socket opened or broke.
    pub(super) fn socket_broke(&mut self) {
        self.socket = SocketResults::default();
        self.seen = self.seen.after_break();
    }

    /// A message came; `is_ours`: it is about our prompt.
    pub(super) fn event(&mut self, tracked: &mut Tracked, workflow: &Arc<Workflow>, event: &ComfyEvent, is_ours: bool) {
        let id = tracked.task().id;
        let results = self.socket.event(is_ours.then_some(id), event, |_| Some(workflow.clone()));
        if is_ours {
            self.seen = self.seen.after(event);
        }
        self.add(tracked, results);
    }

    pub(super) fn binary(&mut self, tracked: &mut Tracked, workflow: &Arc<Workflow>, frame: &[u8]) {
        // Unreadable frames are skipped.
        let Ok(BinaryFrame::Preview(preview)) = decode_binary(frame) else { return };
        let id = tracked.task().id;
        let sorted = self.socket.picture(&preview, |task| (task == id).then(|| workflow.clone()));
        self.add(tracked, sorted.results);
    }

    fn add(&mut self, tracked: &mut Tracked, results: Vec<SocketResult>) {
        for SocketResult { node, format, image, .. } in results {
            let task = tracked.task();
            let name = Uuid::now_v7().simple().to_string();
            let Some(output) = result_output(task, node, format, &name, OutputStorage::default()) else { return };
            if output.content.came_over_socket() {
                let source = match temporary(&image) {
                    Ok(file) => Source::File(Arc::new(file)),
                    Err(error) => Source::Lost(format!("it could not be written to a temporary file: {error}")),
                };
                self.files.insert((task.attempt, output.id), source);
            }
            let added = Change::OutputsAdded { task: task.id, outputs: vec![output] };
            tracked.carry_out([added]);
        }
    }

    /// Whether results of the run, which is over, may still be on their way.
    pub(super) fn awaits(&mut self, task: &Task, entry: &HistoryEntry) -> bool {
        let over = self.over.get_or_insert_with(Instant::now).elapsed();
        self.late.awaits(self.seen, task, entry, over)
    }

    /// The run is over: notes about what was sent while there was no socket.
    pub(super) fn unseen(&self, task: &Task, entry: &HistoryEntry) -> Vec<Change> {
        if self.seen == RunSeen::Whole { Vec::new() } else { unseen_results(task, entry) }
    }
}

fn temporary(image: &[u8]) -> io::Result<TempPath> {
    let file = tempfile::NamedTempFile::new()?;
    fs::write(file.path(), image)?;
    Ok(file.into_temp_path())
}
