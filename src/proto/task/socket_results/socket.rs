//! Sorts the pictures of one socket.

use std::{collections::VecDeque, sync::Arc};

use super::{missing::reported_results, result::SocketResult, run::PromptRun};
use crate::{
    comfy::{ComfyEvent, ImageFormat, Preview, Workflow},
    ids::{NodeId, TaskId},
    limits,
};

/// What a picture, or a message, makes of the pictures so far.
#[derive(Debug, Default, PartialEq)]
pub struct SortedPictures {
    pub results: Vec<SocketResult>,
    /// The picture is a preview of this task and node.
    pub preview: Option<(TaskId, NodeId)>,
}

/// Tells results from previews. Of one socket.
#[derive(Debug, Default)]
pub struct SocketResults {
    /// `None`: nothing runs, or it is not ours.
    run: Option<PromptRun>,
    /// The socket came back while a prompt of ours ran, and no message has named the prompt since.
    resumed: Option<Resumed>,
}

/// ComfyUI says which node runs, and not of which prompt (fact 2). Several tasks may have a node of this id.
#[derive(Debug)]
struct Resumed {
    node: NodeId,
    /// Oldest first, and their bytes.
    pictures: VecDeque<(ImageFormat, Vec<u8>)>,
    bytes: usize,
}

impl Resumed {
    fn new(node: NodeId) -> Self {
        Self { node, pictures: VecDeque::new(), bytes: 0 }
    }

    /// Within the limits; the oldest are dropped.
    fn add(&mut self, format: ImageFormat, image: &[u8]) {
        if image.len() > limits::RESULT_CANDIDATE_BYTES {
            return;
        }
        self.bytes += image.len();
        self.pictures.push_back((format, image.to_vec()));
        while self.pictures.len() > limits::RESULT_CANDIDATES || self.bytes > limits::RESULT_CANDIDATE_BYTES {
            let Some((_, oldest)) = self.pictures.pop_front() else { break };
            self.bytes -= oldest.len();
        }
    }
}

impl SocketResults {
    /// To be called with every message, before it is applied to the task. `task`: that of the message, if it is ours. `workflow`: that of our
    /// unfinished tasks.
    pub fn event(
        &mut self,
        task: Option<TaskId>,
        event: &ComfyEvent,
        workflow: impl FnOnce(TaskId) -> Option<Arc<Workflow>>,
    ) -> Vec<SocketResult> {
        if let ComfyEvent::Executing(executing) = event
            && executing.prompt_id.is_none()
        {
            let results = self.leave();
            self.resumed = executing.node.clone().map(Resumed::new);
            return results;
        }
        if event.prompt_id().is_none() {
            return Vec::new();
        }
        let mut results = self.enter(task, workflow);
        match event {
            ComfyEvent::ExecutionStart(_) => results.extend(self.run.as_mut().map(PromptRun::begin).unwrap_or_default()),
            ComfyEvent::Executing(executing) => match (&mut self.run, &executing.node) {
                (Some(run), Some(node)) => results.extend(run.executing(node, executing.display_node.as_ref())),
                _ => results.extend(self.leave()),
            },
            ComfyEvent::Progress(progress) => {
                if let (Some(run), Some(node)) = (&mut self.run, &progress.node) {
                    run.progress(node);
                }
            }
            // Nodes that report progress in ComfyUI's newer way send no `progress`. A node without steps has the maximum 1 (fact 16).
            ComfyEvent::ProgressState(state) => {
                if let Some(run) = &mut self.run {
                    let with_steps = state.nodes.iter().filter(|(_, progress)| progress.max.as_f64().is_some_and(|max| max > 1.0));
                    with_steps.for_each(|(node, _)| run.steps(node));
                }
            }
            ComfyEvent::Executed(executed) => {
                if let (Some(run), Some(output)) = (&mut self.run, &executed.output) {
                    results.extend(run.executed(&executed.node, reported_results(output)));
                }
            }
            _ => {}
        }
        results
    }

    /// Sorts a picture. `workflow`: that of our unfinished tasks.
    pub fn picture(&mut self, preview: &Preview, workflow: impl FnOnce(TaskId) -> Option<Arc<Workflow>>) -> SortedPictures {
        let Preview { format, metadata, image } = preview;
        let Some(metadata) = metadata else { return self.plain_picture(*format, image) };
        let Some(task) = metadata.prompt_id.task() else { return SortedPictures::default() };
        let mut results = self.enter(Some(task), workflow);
        let Some(run) = &mut self.run else { return SortedPictures { results, preview: None } };
        let others = [metadata.display_node_id.as_ref(), metadata.real_node_id.as_ref()];
        let source = run.source(&metadata.node_id, others.into_iter().flatten());
        let result = run.picture(&source, *format, image);
        let shown = metadata.real_node_id.as_ref().unwrap_or(&metadata.node_id);
        let preview = result.is_none().then(|| (task, shown.clone()));
        results.extend(result);
        SortedPictures { results, preview }
    }

    /// Without metadata it belongs to the node that was named last.
    fn plain_picture(&mut self, format: ImageFormat, image: &[u8]) -> SortedPictures {
        if let Some(resumed) = &mut self.resumed {
            resumed.add(format, image);
            return SortedPictures::default();
        }
        // Without a known owner the picture may belong to a foreign prompt (fact 35): it has no owner.
        let Some(run) = &mut self.run else { return SortedPictures::default() };
        let Some(source) = run.current.clone() else { return SortedPictures::default() };
        let result = run.picture(&source, format, image);
        let preview = result.is_none().then(|| (run.task, source.named.clone()));
        SortedPictures { results: result.into_iter().collect(), preview }
    }

    /// A prompt runs: that of this task, or one that is not ours.
    fn enter(&mut self, task: Option<TaskId>, workflow: impl FnOnce(TaskId) -> Option<Arc<Workflow>>) -> Vec<SocketResult> {
        if self.resumed.is_none() && self.run.as_ref().map(|run| run.task) == task {
            return Vec::new();
        }
        let resumed = self.resumed.take();
        let mut results = self.leave();
        self.run = task.and_then(|task| Some(PromptRun::new(task, workflow(task)?)));
        if let (Some(run), Some(Resumed { node, pictures, .. })) = (&mut self.run, resumed) {
            results.extend(run.executing(&node, None));
            let source = run.source(&node, None);
            results.extend(pictures.into_iter().filter_map(|(format, image)| run.picture(&source, format, &image)));
        }
        results
    }

    /// The run is over, or another begins.
    fn leave(&mut self) -> Vec<SocketResult> {
        self.resumed = None;
        self.run.take().map(|mut run| run.end()).unwrap_or_default()
    }
}
