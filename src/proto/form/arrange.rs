//! A form as a person changed it, and what a run gets of that.

use super::{
    FieldKey, Form, LoraChain, Overlay, PartChange, PartChanges, PoolClasses, Rewired, StageError,
    apply::FieldInput,
    arrangement::not_there,
    is_link,
    stages::{keep_outputs, switch_off},
};
use crate::{comfy::Workflow, ids::NodeId};

impl Form {
    /// Applies what a person changed. What fits no field of the form becomes a note.
    pub fn arrange(&mut self, overlay: &Overlay) {
        self.arrange_fields(&overlay.arrangement());
        self.set_parts(overlay);
    }

    /// The same without the arrangement of the fields, which pages apply themselves: what becomes of seeds, which parts are off, which results are
    /// wanted, and notes on what no longer fits.
    pub fn set_parts(&mut self, overlay: &Overlay) {
        for (key, change) in &overlay.fields {
            let Some(seed) = change.seed else { continue };
            let mut is_there = false;
            for field in self.fields.iter_mut().filter(|field| field.key == *key) {
                field.seed = Some(seed);
                is_there = true;
            }
            let note = not_there(key);
            if !is_there && !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
        for stage in &mut self.stages {
            stage.on = !overlay.off.contains(&stage.node);
        }
        for entry in self.loras.iter_mut().flat_map(|chain| &mut chain.entries) {
            entry.on &= entry.node.as_ref().is_none_or(|node| !overlay.off.contains(node));
        }
        let is_known = |node: &NodeId| {
            let is_lora = |chain: &LoraChain| chain.entries.iter().any(|entry| entry.node.as_ref() == Some(node));
            self.stages.iter().any(|stage| stage.node == *node) || self.loras.iter().any(is_lora)
        };
        let notes = overlay.off.iter().filter(|node| !is_known(node));
        let notes: Vec<String> = notes.map(|node| format!("Node {node} was switched off, and cannot be in this workflow.")).collect();
        self.notes.extend(notes);
        if let Some(chosen) = &overlay.outputs {
            for output in &mut self.outputs {
                output.chosen = chosen.contains(&output.node);
            }
        }
        self.notes.extend(overlay.unmatched.iter().map(super::Unmatched::sentence));
    }
}

impl Overlay {
    /// The values of a run with those of linked fields, which get the value of the first of them that is given; if none is, that which the
    /// workflow has at the first.
    #[must_use]
    pub fn spread(&self, workflow: &Workflow, inputs: impl IntoIterator<Item = (String, FieldInput)>) -> Vec<(String, FieldInput)> {
        let mut inputs: Vec<(String, FieldInput)> = inputs.into_iter().collect();
        let of_workflow =
            |key: &FieldKey| workflow.0.get(&key.node).and_then(|node| node.input(&key.input)).filter(|value| !is_link(value));
        for keys in &self.linked {
            let given = keys.iter().find_map(|key| Some(inputs.iter().find(|(given, _)| *given == key.to_string())?.1.clone()));
            let own = keys.first().and_then(of_workflow);
            let Some(value) = given.clone().or_else(|| own.cloned().map(FieldInput::Json)) else { continue };
            let differs = |key: &&FieldKey| given.is_some() || of_workflow(key).is_some_and(|now| Some(now) != own);
            let names = keys.iter().filter(differs).map(ToString::to_string);
            let missing: Vec<String> = names.filter(|name| inputs.iter().all(|(given, _)| given != name)).collect();
            inputs.extend(missing.into_iter().map(|name| (name, value.clone())));
        }
        inputs
    }

    /// The fields that get the value of another one.
    pub fn followers(&self) -> impl Iterator<Item = &FieldKey> {
        self.linked.iter().flat_map(|keys| keys.iter().skip(1))
    }

    /// The workflow without what is switched off and without outputs that are not wanted.
    ///
    /// # Errors
    /// A node that is switched off cannot be.
    pub fn trim(&self, workflow: &Workflow, classes: &PoolClasses) -> Result<Rewired, StageError> {
        let mut done = Rewired { workflow: workflow.clone(), changes: Vec::new() };
        for node in &self.off {
            if let Some(next) = without(&done.workflow, workflow, classes, node)? {
                done.workflow = next.workflow;
                done.changes.extend(next.changes);
            }
        }
        if let Some(chosen) = &self.outputs {
            let next = keep_outputs(&done.workflow, classes, &chosen.iter().cloned().collect());
            done.workflow = next.workflow;
            done.changes.extend(next.changes);
        }
        Ok(done)
    }

    /// What each part that is off changes, and what the results that are not wanted do, for people.
    #[must_use]
    pub fn part_changes(&self, workflow: &Workflow, classes: &PoolClasses) -> PartChanges {
        let mut now = workflow.clone();
        let mut all = PartChanges::default();
        for node in &self.off {
            let change = match without(&now, workflow, classes, node) {
                // The first sentence says that it is off.
                Ok(Some(next)) => {
                    now = next.workflow;
                    change_of(next.changes.into_iter().skip(1))
                }
                Ok(None) => change_of(["It is left out already: only other parts that are off need it.".to_owned()]),
                Err(why) => PartChange { refused: Some(why.to_string()), ..PartChange::default() },
            };
            all.stages.push((node.clone(), change));
        }
        all.outputs = match &self.outputs {
            Some(chosen) if chosen.is_empty() => PartChange { refused: Some(NO_OUTPUT.to_owned()), ..PartChange::default() },
            Some(chosen) => change_of(keep_outputs(&now, classes, &chosen.iter().cloned().collect()).changes),
            None => PartChange::default(),
        };
        all
    }
}

/// Why a run without any result is refused.
pub const NO_OUTPUT: &str = "No result of this workflow is wanted. Choose at least one.";

/// Sentences shown of one part.
const SHOWN: usize = 5;

fn change_of(sentences: impl IntoIterator<Item = String>) -> PartChange {
    let mut sentences: Vec<String> = sentences.into_iter().collect();
    let more = u32::try_from(sentences.len().saturating_sub(SHOWN)).unwrap_or(u32::MAX);
    sentences.truncate(SHOWN);
    PartChange { sentences, more, refused: None }
}

/// Without one more node. `None`: it is gone already, as it was needed only by one that was switched off before.
fn without(now: &Workflow, original: &Workflow, classes: &PoolClasses, node: &NodeId) -> Result<Option<Rewired>, StageError> {
    let is_gone = !now.0.contains_key(node) && original.0.contains_key(node);
    if is_gone { Ok(None) } else { switch_off(now, classes, node).map(Some) }
}
