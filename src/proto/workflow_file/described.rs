//! What the texts in a picture or video hold: a workflow, or the settings of another program.

#[cfg(test)]
mod tests;

use super::{FileError, Opened, open_text, opened::linear_data};
use crate::picture_settings::PictureSettings;

/// Named texts of a file.
pub(super) type Texts = Vec<(String, String)>;

/// Names shown of what another program wrote.
const SHOWN: usize = 3;

/// `none`: the error if there are no texts.
pub(super) fn open(texts: &Texts, none: FileError) -> Result<Opened, FileError> {
    let named = |name: &str| texts.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, text)| text.as_str());
    let is_json = |text: &&str| text.trim_start().starts_with('{');
    if let Some(prompt) = named("prompt").filter(is_json) {
        let mut opened = open_text(prompt).map_err(|error| FileError::InPicture(Box::new(error)))?;
        if let Opened::Api(opened) = &mut opened
            && let Some(editor) = named("workflow").filter(|text| text.contains("linearData"))
            && let Ok(Opened::Editor(editor)) = open_text(editor)
        {
            opened.linear_data = linear_data(editor.json());
        }
        return Ok(opened);
    }
    // Some nodes write a file of the API format under a name of their own, and both formats as one comment.
    let others = texts.iter().filter(|(key, _)| !key.eq_ignore_ascii_case("workflow"));
    let others = others.map(|(_, text)| text.as_str()).filter(is_json).filter_map(|text| open_text(text).ok());
    if let Some(opened) = others.into_iter().find(|opened| matches!(opened, Opened::Api(_))) {
        return Ok(opened);
    }
    if let Some(workflow) = named("workflow").filter(is_json) {
        return open_text(workflow).map_err(|error| FileError::InPicture(Box::new(error)));
    }
    if let Some(settings) = PictureSettings::read(texts) {
        return Ok(Opened::Settings(Box::new(settings)));
    }
    let names: Vec<&str> = texts.iter().map(|(key, _)| key.as_str()).filter(|key| !key.is_empty()).take(SHOWN).collect();
    Err(if names.is_empty() { none } else { FileError::OtherPicture(names.join(", ")) })
}
