//! Opens JSON.

use super::{FileError, OpenedWorkflow, ParsedJson, nodes, parse, unwrap};
use crate::limits;

/// Opens text that should be JSON.
///
/// # Errors
/// See [`FileError`].
pub fn open_text(text: &str) -> Result<OpenedWorkflow, FileError> {
    if text.len() > limits::WORKFLOW {
        return Err(FileError::TooLarge(format!("{} MB, at most {} MB", text.len() >> 20, limits::WORKFLOW >> 20)));
    }
    open_json(parse::parse(text)?)
}

/// Opens JSON that was parsed before.
///
/// # Errors
/// See [`FileError`].
pub fn open_json(json: ParsedJson) -> Result<OpenedWorkflow, FileError> {
    let extra_data = json.extra_data();
    let ParsedJson { value, has_marks, mut notes } = json;
    let unwrapped = unwrap::unwrap(value, has_marks, &mut notes)?;
    let workflow = nodes::read(unwrapped.nodes, unwrapped.has_marks, &mut notes)?;
    Ok(OpenedWorkflow { workflow, extra_data, notes })
}
