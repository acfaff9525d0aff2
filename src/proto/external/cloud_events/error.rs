//! What is wrong with an event.

/// One attribute of one event is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{attribute}: {problem}")]
pub struct CloudEventError {
    /// The place in the batch, from 0.
    pub index: Option<usize>,
    /// The name of the attribute; empty: the event as a whole.
    pub attribute: String,
    /// What to do.
    pub problem: String,
}

impl CloudEventError {
    pub(super) fn new(attribute: &str, problem: impl Into<String>) -> Self {
        Self { index: None, attribute: attribute.chars().take(40).collect(), problem: problem.into() }
    }

    /// The place of it in the JSON that was sent.
    #[must_use]
    pub fn pointer(&self) -> String {
        let index = self.index.map(|index| format!("/{index}")).unwrap_or_default();
        if self.attribute.is_empty() { index } else { format!("{index}/{}", self.attribute) }
    }
}
