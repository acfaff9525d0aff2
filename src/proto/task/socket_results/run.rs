//! The pictures of one prompt while it runs.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
};

use super::{
    result::SocketResult,
    sends::{Sends, senders},
};
use crate::{
    comfy::{ImageFormat, Workflow},
    ids::{NodeId, TaskId},
    limits,
};

#[derive(Debug)]
pub(super) struct PromptRun {
    pub(super) task: TaskId,
    workflow: Arc<Workflow>,
    senders: HashMap<NodeId, Sends>,
    /// The node that was named last, to which a picture without metadata belongs (fact 22).
    pub(super) current: Option<PictureSource>,
    /// Of the nodes that send [`Sends::Either`]: those that reported steps.
    with_steps: HashSet<NodeId>,
    /// How many pictures of a node were results, by its name in messages: each of the nodes that are displayed as one has its own report.
    results: HashMap<NodeId, usize>,
    /// Pictures that may turn out to be results, oldest first, and their bytes.
    candidates: VecDeque<Candidate>,
    candidate_bytes: usize,
}

/// Where a picture comes from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PictureSource {
    /// The node of the workflow.
    pub(super) node: NodeId,
    /// The node as the message names it.
    pub(super) named: NodeId,
    pub(super) sends: Sends,
}

#[derive(Debug)]
struct Candidate {
    source: PictureSource,
    format: ImageFormat,
    image: Vec<u8>,
}

impl PromptRun {
    pub(super) fn new(task: TaskId, workflow: Arc<Workflow>) -> Self {
        Self {
            task,
            senders: senders(&workflow),
            workflow,
            current: None,
            with_steps: HashSet::new(),
            results: HashMap::new(),
            candidates: VecDeque::new(),
            candidate_bytes: 0,
        }
    }

    /// The run begins: what came before is of another one.
    pub(super) fn begin(&mut self) -> Vec<SocketResult> {
        let results = self.end();
        *self = Self::new(self.task, self.workflow.clone());
        results
    }

    /// This node, or the one of the workflow among `others` that it is displayed as.
    pub(super) fn source<'a>(&self, node: &NodeId, others: impl IntoIterator<Item = &'a NodeId>) -> PictureSource {
        let is_known = |node: &NodeId| self.workflow.0.contains_key(node);
        if is_known(node) {
            let sends = self.senders.get(node).copied().unwrap_or(Sends::Previews);
            return PictureSource { node: node.clone(), named: node.clone(), sends };
        }
        let shown = others.into_iter().find(|other| is_known(other));
        PictureSource {
            node: shown.unwrap_or(node).clone(),
            named: node.clone(),
            sends: if shown.is_some() { Sends::Unknown } else { Sends::Previews },
        }
    }

    /// A node begins. Returns the results among the pictures of the nodes before.
    pub(super) fn executing(&mut self, node: &NodeId, display: Option<&NodeId>) -> Vec<SocketResult> {
        let source = self.source(node, display);
        let results = self.results_without_steps(|candidate| candidate.node != source.node);
        self.current = Some(source);
        results
    }

    /// A node reported steps.
    pub(super) fn steps(&mut self, node: &NodeId) {
        if self.senders.get(node) == Some(&Sends::Either) && !self.with_steps.contains(node) {
            self.with_steps.insert(node.clone());
        }
    }

    pub(super) fn progress(&mut self, node: &NodeId) {
        self.steps(node);
        if self.current.as_ref().is_none_or(|current| current.named != *node) {
            // The message does not say as what a node that was created while running is displayed: the node before it in time stays.
            let displayed = self.current.as_ref().map(|current| current.node.clone());
            self.current = Some(self.source(node, displayed.as_ref()));
        }
    }

    /// `reported`: how many results the node reports to have sent. Returns those among the candidates.
    pub(super) fn executed(&mut self, node: &NodeId, reported: usize) -> Vec<SocketResult> {
        if reported == 0 {
            return Vec::new();
        }
        let missing = reported.saturating_sub(self.results.get(node).copied().unwrap_or_default());
        let mut own = self.take_candidates(|source| source.named == *node);
        // The others were previews.
        let results = own.split_off(own.len().saturating_sub(missing));
        results.into_iter().map(|candidate| self.result(candidate.source, candidate.format, candidate.image)).collect()
    }

    /// Returns the picture if it is a result for certain.
    pub(super) fn picture(&mut self, source: &PictureSource, format: ImageFormat, image: &[u8]) -> Option<SocketResult> {
        let is_result = match source.sends {
            Sends::Results => true,
            Sends::Either | Sends::Unknown => format == ImageFormat::Png,
            Sends::Previews => false,
        };
        if is_result {
            return Some(self.result(source.clone(), format, image.to_vec()));
        }
        if image.len() <= limits::RESULT_CANDIDATE_BYTES {
            self.candidate_bytes += image.len();
            self.candidates.push_back(Candidate { source: source.clone(), format, image: image.to_vec() });
        }
        while self.candidates.len() > limits::RESULT_CANDIDATES || self.candidate_bytes > limits::RESULT_CANDIDATE_BYTES {
            let Some(oldest) = self.candidates.pop_front() else { break };
            self.candidate_bytes -= oldest.image.len();
        }
        None
    }

    /// The run is over. Returns the results among the last pictures.
    pub(super) fn end(&mut self) -> Vec<SocketResult> {
        self.results_without_steps(|_| true)
    }

    /// The pictures of nodes that ended without steps.
    fn results_without_steps(&mut self, has_ended: impl Fn(&PictureSource) -> bool) -> Vec<SocketResult> {
        if self.candidates.is_empty() {
            return Vec::new();
        }
        let with_steps = std::mem::take(&mut self.with_steps);
        let results =
            self.take_candidates(|source| source.sends == Sends::Either && has_ended(source) && !with_steps.contains(&source.node));
        self.with_steps = with_steps;
        results.into_iter().map(|candidate| self.result(candidate.source, candidate.format, candidate.image)).collect()
    }

    fn take_candidates(&mut self, wanted: impl Fn(&PictureSource) -> bool) -> Vec<Candidate> {
        let (taken, kept): (Vec<_>, VecDeque<_>) = {
            let (mut taken, mut kept) = (Vec::new(), VecDeque::new());
            for candidate in self.candidates.drain(..) {
                if wanted(&candidate.source) { taken.push(candidate) } else { kept.push_back(candidate) }
            }
            (taken, kept)
        };
        self.candidate_bytes = kept.iter().map(|candidate| candidate.image.len()).sum();
        self.candidates = kept;
        taken
    }

    fn result(&mut self, source: PictureSource, format: ImageFormat, image: Vec<u8>) -> SocketResult {
        *self.results.entry(source.named).or_default() += 1;
        SocketResult { task: self.task, node: source.node, format, image }
    }
}
