//! Node outputs, cached by the signature of the node's inputs until a prompt no longer needs them (fact 19).

use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use serde_json::{Map, Value};

use super::{engine::Engine, graph, nodes::Data};

/// The inputs of loading nodes that name a file.
const FILE_INPUTS: [&str; 3] = ["image", "audio", "file"];

/// Hash of a node's class and inputs and of all upstream nodes, independent of node ids.
type Signature = u64;

/// The cached outputs of one node.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) values: Vec<Data>,
    /// `{output, meta}` of an output node, for the history.
    pub(super) ui: Option<Value>,
}

#[derive(Default)]
pub(super) struct Cache {
    entries: HashMap<Signature, Entry>,
    /// Signatures of the current prompt's nodes.
    signatures: HashMap<String, Signature>,
    /// Counter that makes the signatures of always-run nodes unique.
    runs: u64,
}

impl Cache {
    /// Starts a new prompt: drops the entries it cannot use.
    pub(super) fn begin(&mut self, engine: &Engine, prompt: &Map<String, Value>) {
        self.runs += 1;
        let mut signer = Signer { engine, prompt, run: self.runs, known: HashMap::new() };
        for node in prompt.keys() {
            signer.sign(node, &mut Vec::new());
        }
        self.signatures = signer.known;
        let used: HashSet<Signature> = self.signatures.values().copied().collect();
        self.entries.retain(|signature, _| used.contains(signature));
    }

    pub(super) fn entry(&self, node: &str) -> Option<&Entry> {
        self.entries.get(self.signatures.get(node)?)
    }

    pub(super) fn insert(&mut self, node: &str, entry: Entry) {
        if let Some(&signature) = self.signatures.get(node) {
            self.entries.insert(signature, entry);
        }
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }
}

struct Signer<'a> {
    engine: &'a Engine,
    prompt: &'a Map<String, Value>,
    run: u64,
    known: HashMap<String, Signature>,
}

impl Signer<'_> {
    fn sign(&mut self, node: &str, path: &mut Vec<String>) -> Signature {
        if let Some(&signature) = self.known.get(node) {
            return signature;
        }
        let mut hasher = DefaultHasher::new();
        let class = self.prompt.get(node).and_then(|node| node["class_type"].as_str());
        // A dangling link or a cycle matches no cached entry.
        let (Some(class), false) = (class, path.iter().any(|outer| outer == node)) else {
            self.run.hash(&mut hasher);
            return hasher.finish();
        };
        path.push(node.to_owned());
        class.hash(&mut hasher);
        if self.engine.catalog.wants_unique_id(class) {
            node.hash(&mut hasher);
        }
        self.changes(class, node).hash(&mut hasher);
        let mut inputs: Vec<_> = graph::inputs(self.prompt, node).collect();
        inputs.sort_by_key(|(name, _)| *name);
        for (name, value) in inputs {
            name.hash(&mut hasher);
            match graph::as_link(value) {
                Some((from, slot)) => (slot, self.sign(from, path)).hash(&mut hasher),
                None => value.to_string().hash(&mut hasher),
            }
        }
        path.pop();
        let signature = hasher.finish();
        self.known.insert(node.to_owned(), signature);
        signature
    }

    /// `IS_CHANGED` of the classes that have one.
    fn changes(&self, class: &str, node: &str) -> String {
        match class {
            "LoadImage" | "LoadImageMask" | "LoadAudio" | "LoadVideo" => {
                let name = FILE_INPUTS.iter().find_map(|input| self.prompt[node]["inputs"][*input].as_str()).unwrap_or_default();
                let file = self.engine.folders.annotated(name);
                let meta = file.and_then(|file| std::fs::metadata(file).ok());
                meta.map_or_else(String::new, |meta| format!("{:?} {}", meta.modified().ok(), meta.len()))
            }
            "SaveImageWebsocket" => self.run.to_string(),
            _ => String::new(),
        }
    }
}
