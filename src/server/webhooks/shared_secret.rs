//! The secret of webhooks that have none of their own, where several Darkrooms share a database: receivers must not notice which of them calls.

use super::settings::{SECRET_FILE, WebhookError};
use crate::{
    config::Config,
    store::{Kept, Store},
};
use webhook::SigningKey;

/// Key in the store's metadata: the content of [`SECRET_FILE`].
const SECRET: &str = "webhook_secret";

/// Writes the secret of the first owner into the data folder of each. The first owner makes it.
///
/// # Errors
/// The file cannot be written, or has something else in it.
pub fn share_secret(store: &Store, kept: &Kept, config: &Config) -> Result<(), WebhookError> {
    let path = config.data.join(SECRET_FILE);
    if let Some(secret) = kept.meta.get(SECRET) {
        SigningKey::write(&path, secret)?;
    } else {
        store.set_meta(SECRET, &SigningKey::read_or_create(&path)?.to_text());
    }
    Ok(())
}
