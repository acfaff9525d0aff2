//! The state of the validation of one prompt.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::{catalog::Catalog, files::Folders};

#[derive(Clone)]
pub(super) struct Verdict {
    pub(super) valid: bool,
    pub(super) errors: Vec<Value>,
}

/// A Python exception during validation of a node: its class, its message, and where it was raised.
pub(super) struct Raised {
    pub(super) class: &'static str,
    pub(super) message: String,
    pub(super) traceback: Vec<String>,
}

impl Raised {
    pub(super) fn new(class: &'static str, message: impl Into<String>, source: &str) -> Self {
        Self { class, message: message.into(), traceback: vec![format!("  File \"execution.py\", in validate_inputs\n    {source}\n")] }
    }

    pub(super) fn extra_info(&self) -> Map<String, Value> {
        let mut info = Map::new();
        info.insert("exception_type".to_owned(), self.class.into());
        info.insert("traceback".to_owned(), json!(self.traceback));
        info
    }

    /// The verdict on an output node whose own validation raised.
    pub(super) fn as_outer(&self) -> Verdict {
        Verdict {
            valid: false,
            errors: vec![json!({
                "type": "exception_during_validation",
                "message": "Exception when validating node",
                "details": self.message,
                "extra_info": self.extra_info(),
            })],
        }
    }
}

pub(super) struct Check<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) folders: &'a Folders,
    pub(super) graph: &'a mut Map<String, Value>,
    /// In the order in which validation finished, which is that of `node_errors`.
    pub(super) validated: Vec<(String, Verdict)>,
    pub(super) seen: HashMap<String, usize>,
    /// The nodes being validated, outermost first: a repeated node closes a cycle.
    pub(super) path: Vec<String>,
}

impl Check<'_> {
    pub(super) fn conclude(&mut self, id: &str, verdict: Verdict) -> Verdict {
        if let Some(&at) = self.seen.get(id) {
            self.validated[at].1 = verdict.clone();
        } else {
            self.seen.insert(id.to_owned(), self.validated.len());
            self.validated.push((id.to_owned(), verdict.clone()));
        }
        verdict
    }

    pub(super) fn known(&self, id: &str) -> Option<&Verdict> {
        self.seen.get(id).map(|&at| &self.validated[at].1)
    }
}
