//! Stores a prompt with its task.

use rusqlite::{Transaction, params};

use super::model::NewClientPrompt;

/// A newer prompt of the same id takes the place of an older one, as in ComfyUI's history.
pub(in crate::store) fn add(transaction: &Transaction, new: &NewClientPrompt) -> rusqlite::Result<()> {
    let prompt = serde_json::to_string(&new.prompt).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    transaction.prepare_cached("INSERT OR REPLACE INTO client_prompts (task, prompt_id, prompt) VALUES (?1, ?2, ?3)")?.execute(params![
        new.task.to_string(),
        new.prompt.prompt_id,
        prompt
    ])?;
    Ok(())
}
