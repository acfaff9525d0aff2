//! A list of LoRAs as it is on the page: that of the workflow, or the changed one.

use leptos::prelude::*;

use crate::components::{
    dom,
    form::{FormModel, input_id},
    memo,
};
use proto::form::{FieldKey, LoraChain, LoraChange, LoraEntry};

/// Where the focus goes after a change.
#[derive(Clone, Copy)]
pub(super) enum NewFocus {
    /// A control of the LoRA in this place.
    At(usize, &'static str),
    /// The button that adds one.
    Add,
}

/// A list and what is done with it. Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct Loras {
    model: FormModel,
    /// Its place among the lists.
    list: usize,
    chain: StoredValue<LoraChain>,
    pub entries: Memo<Vec<LoraEntry>>,
}

impl Loras {
    pub fn new(model: FormModel, list: usize, chain: LoraChain) -> Self {
        let chain = StoredValue::new(chain);
        let entries = memo(move || {
            chain.with_value(|chain| {
                let changed = changes(model).into_iter().find(|change| is_same(&change.chain, chain));
                changed.map_or_else(|| own_entries(model, chain), |change| change.entries)
            })
        });
        Self { model, list, chain, entries }
    }

    /// A key for each LoRA: another one in the same place has another.
    pub fn keys(self) -> Vec<u128> {
        self.chain.with_value(|chain| {
            let known = |entry: &LoraEntry| chain.entries.iter().position(|known| known.node == entry.node && known.node.is_some());
            let key = |(at, entry): (usize, &LoraEntry)| known(entry).map_or(0, |known| known as u128 + 1) << 64 | at as u128;
            self.entries.with(|entries| entries.iter().enumerate().map(key).collect())
        })
    }

    /// The place in the list that a key is for.
    pub fn place(key: u128) -> usize {
        usize::try_from(key & u128::from(u64::MAX)).unwrap_or_default()
    }

    /// The id of the control of a value: that which problems of its node are named with, if it has one.
    pub fn value_id(self, at: usize, input: &'static str) -> String {
        let node = self.entries.with_untracked(|entries| entries.get(at).and_then(|entry| entry.node.clone()));
        node.map_or_else(|| self.id(at, input), |node| input_id(node.as_str(), input))
    }

    /// The id of a control of the LoRA in this place.
    pub fn id(self, at: usize, control: &str) -> String {
        format!("lora-{}-{at}-{control}", self.list)
    }

    pub fn add_id(self) -> String {
        format!("lora-{}-add", self.list)
    }

    pub fn new_entry(self) -> LoraEntry {
        let one = || "1".to_owned();
        let has_clip = self.chain.with_value(|chain| chain.clip.is_some());
        LoraEntry { node: None, file: String::new(), strength: one(), clip_strength: has_clip.then(one), on: true }
    }

    /// Changes one of them.
    pub fn set(self, at: usize, change: impl Fn(&mut LoraEntry)) {
        if let Some(node) = self.entries.with_untracked(|entries| entries.get(at).and_then(|entry| entry.node.clone())) {
            for input in INPUTS {
                self.model.forget_problem(&node, input);
            }
        }
        self.write(|entries| entries.get_mut(at).into_iter().for_each(change));
    }

    /// Changes the list itself.
    pub fn change(self, focus: NewFocus, change: impl FnOnce(&mut Vec<LoraEntry>)) {
        self.write(change);
        let id = match focus {
            NewFocus::At(at, control) => self.id(at, control),
            NewFocus::Add => self.add_id(),
        };
        // When it is in the document.
        request_animation_frame(move || dom::focus(&id));
    }

    fn write(self, change: impl FnOnce(&mut Vec<LoraEntry>)) {
        let mut entries = self.entries.get_untracked();
        change(&mut entries);
        let chain = self.chain.get_value();
        let mut changes = untrack(|| changes(self.model));
        changes.retain(|change| !is_same(&change.chain, &chain));
        if entries != untrack(|| own_entries(self.model, &chain)) {
            changes.push(LoraChange { chain, entries });
        }
        let text = if changes.is_empty() { String::new() } else { serde_json::to_string(&changes).unwrap_or_default() };
        self.model.loras.set(text);
    }
}

const INPUTS: [&str; 3] = ["lora_name", "strength_model", "strength_clip"];

/// The lists that were changed. Subscribes the caller to them.
fn changes(model: FormModel) -> Vec<LoraChange> {
    model.loras.with(|text| serde_json::from_str(text).unwrap_or_default())
}

fn is_same(one: &LoraChain, other: &LoraChain) -> bool {
    let nodes = |chain: &LoraChain| chain.entries.iter().map(|entry| entry.node.clone()).collect::<Vec<_>>();
    one.model == other.model && nodes(one) == nodes(other)
}

/// The entries of the workflow, with what else was changed of their nodes.
pub(super) fn own_entries(model: FormModel, chain: &LoraChain) -> Vec<LoraEntry> {
    let own = |entry: &LoraEntry| {
        let mut entry = entry.clone();
        let Some(node) = entry.node.clone() else { return entry };
        let changed = |input: &str| {
            let key = FieldKey { node: node.clone(), input: input.to_owned() }.to_string();
            model.inputs.with(|inputs| inputs.iter().find(|(changed, _)| *changed == key).map(|(_, text)| text.clone()))
        };
        let [file, strength, clip] = INPUTS.map(changed);
        entry.file = file.unwrap_or(entry.file);
        entry.strength = strength.unwrap_or(entry.strength);
        entry.clip_strength = clip.or(entry.clip_strength);
        entry.on &= model.off.with(|off| off.iter().all(|off| off != node.as_str()));
        entry
    };
    chain.entries.iter().map(own).collect()
}
