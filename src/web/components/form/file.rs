//! A workflow file that was chosen or dropped. The server reads it: a parser would be code that every browser loads.

use proto::{
    ids::{NodeId, WorkflowId},
    submit::{FormRun, Refusal, Submission},
};

#[derive(Clone, Debug, PartialEq)]
pub struct WorkflowFile {
    pub name: String,
    json: String,
    /// Why it cannot be used.
    pub problem: Option<String>,
    /// What was left out of it.
    pub notes: Vec<String>,
    /// The saved workflow that it is, and the revision that was read.
    pub saved: Option<(WorkflowId, u32)>,
}

impl WorkflowFile {
    /// A readable file.
    #[must_use]
    pub fn new(name: String, json: String, notes: Vec<String>) -> Self {
        Self { name, json, problem: None, notes, saved: None }
    }

    /// The workflow in API format, or what the file has while Darkroom cannot be reached.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }

    /// Name and contents as one text; see [`WorkflowFile::from_text`].
    #[cfg(feature = "hydrate")]
    pub(super) fn as_text(&self) -> String {
        let saved = self.saved.map(|(id, revision)| format!("\u{1f}{id}\u{1f}{revision}")).unwrap_or_default();
        if self.json.is_empty() { String::new() } else { format!("{}{saved}\n{}", self.name, self.json) }
    }

    #[cfg(feature = "hydrate")]
    pub(super) fn from_text(text: &str) -> Option<Self> {
        let (head, json) = text.split_once('\n')?;
        let mut parts = head.split('\u{1f}');
        let file = Self::new(parts.next()?.to_owned(), json.to_owned(), Vec::new());
        let saved = parts.next().and_then(|id| id.parse().ok()).zip(parts.next().and_then(|revision| revision.parse().ok()));
        Some(Self { saved, ..file })
    }

    /// A file that cannot be read, and why.
    #[must_use]
    pub fn unreadable(name: String, why: String) -> Self {
        Self { name, json: String::new(), problem: Some(why), notes: Vec::new(), saved: None }
    }

    /// The run of the workflow with what was changed in its form.
    pub(super) fn submission(
        self,
        inputs: Vec<(String, String)>,
        off: Vec<String>,
        unwanted: Vec<String>,
        loras: String,
        arrangement: String,
    ) -> Result<Submission, Refusal> {
        let Self { name, json, problem, .. } = self;
        if let Some(message) = problem {
            return Err(Refusal { message, problems: Vec::new() });
        }
        if inputs.is_empty() && off.is_empty() && unwanted.is_empty() && loras.is_empty() && arrangement.is_empty() {
            return Ok(Submission::Workflow { name, json });
        }
        let nodes = |nodes: Vec<String>| nodes.into_iter().map(NodeId).collect();
        Ok(Submission::Form(FormRun { name, json, inputs, off: nodes(off), unwanted: nodes(unwanted), loras, arrangement }))
    }
}
