//! Opens JSON.

use super::{EditorFile, FileError, Opened, OpenedWorkflow, ParsedJson, nodes, opened, parse, unwrap};
use crate::limits;

/// Opens text that should be JSON.
///
/// # Errors
/// See [`FileError`].
pub fn open_text(text: &str) -> Result<Opened, FileError> {
    if text.len() > limits::WORKFLOW {
        return Err(FileError::TooLarge(format!("{} MB, at most {} MB", text.len() >> 20, limits::WORKFLOW >> 20)));
    }
    open_json(parse::parse(text)?)
}

/// Opens JSON that was parsed before.
///
/// # Errors
/// See [`FileError`].
pub fn open_json(json: ParsedJson) -> Result<Opened, FileError> {
    let extra_data = json.extra_data();
    let ParsedJson { value, has_marks, mut notes } = json;
    let (nodes, has_marks) = match unwrap::unwrap(value, has_marks, &mut notes)? {
        unwrap::Unwrapped::Nodes { nodes, has_marks } => (nodes, has_marks),
        unwrap::Unwrapped::Editor { mut file, has_marks } => {
            if has_marks && let Some(word) = parse::find_mark(&file) {
                notes.push(format!("A value that is no number that can be sent ({word}) was left out."));
                parse::unmark(&mut file);
            }
            return Ok(Opened::Editor(EditorFile { value: file, notes }));
        }
    };
    let workflow = nodes::read(nodes, has_marks, &mut notes)?;
    let linear_data = extra_data.pointer("/extra_pnginfo/workflow").map(opened::linear_data).unwrap_or_default();
    Ok(Opened::Api(OpenedWorkflow { workflow, extra_data, linear_data, notes }))
}
