//! A workflow file that was chosen or dropped, and a summary of its contents.

use proto::{
    comfy::Workflow,
    submit::{Refusal, Submission},
};

/// Nodes listed before the list says "and more".
const LISTED: usize = 40;

#[derive(Clone, Debug, PartialEq)]
pub struct WorkflowFile {
    pub name: String,
    json: String,
    pub read: Result<WorkflowSummary, String>,
    /// What was left out of it.
    pub notes: Vec<String>,
}

/// The contents of a readable file.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkflowSummary {
    pub count: usize,
    /// The first nodes in order of execution, title and class.
    pub first: Vec<(String, String)>,
}

impl WorkflowFile {
    #[must_use]
    pub fn new(name: String, json: String) -> Self {
        let read = Workflow::parse(&json).map(|workflow| contents(&workflow)).map_err(|error| error.to_string());
        Self { name, json, read, notes: Vec::new() }
    }

    /// Name and contents as one text; see [`WorkflowFile::from_text`].
    #[cfg(feature = "hydrate")]
    pub(super) fn as_text(&self) -> String {
        if self.json.is_empty() { String::new() } else { format!("{}\n{}", self.name, self.json) }
    }

    #[cfg(feature = "hydrate")]
    pub(super) fn from_text(text: &str) -> Option<Self> {
        text.split_once('\n').map(|(name, json)| Self::new(name.to_owned(), json.to_owned()))
    }

    /// A file that cannot be read, and why.
    #[cfg(feature = "hydrate")]
    pub(super) fn unreadable(name: String, why: String) -> Self {
        Self { name, json: String::new(), read: Err(why), notes: Vec::new() }
    }

    pub(super) fn submission(self) -> Result<Submission, Refusal> {
        match self.read {
            Ok(_) => Ok(Submission::Workflow { name: self.name, json: self.json }),
            Err(message) => Err(Refusal { message, problems: Vec::new() }),
        }
    }
}

fn contents(workflow: &Workflow) -> WorkflowSummary {
    let node = |id| {
        let node = workflow.0.get(&id)?;
        Some((node.title().unwrap_or(node.class_type()).to_owned(), node.class_type().to_owned()))
    };
    WorkflowSummary { count: workflow.0.len(), first: workflow.order().into_iter().filter_map(node).take(LISTED).collect() }
}
