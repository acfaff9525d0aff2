//! Links to dailies, for those who have no access: whoever has one may look, and change nothing.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use proto::production::ProjectId;
use sha2::{Digest, Sha256};

use super::library::{Productions, moment};
use crate::store::ProductionError;

/// Errors of all of these: there is no such project, or the database cannot be read or written.
impl Productions {
    /// A new link's token, of 256 random bits. The one that there was leads nowhere any more.
    pub async fn share_dailies(&self, project: ProjectId) -> Result<String, ProductionError> {
        let token = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
        self.store.share_dailies(project, hash(&token), moment()).await?;
        Ok(token)
    }

    pub async fn unshare_dailies(&self, project: ProjectId) -> Result<(), ProductionError> {
        self.store.unshare_dailies(project, moment()).await
    }

    pub async fn has_shared_dailies(&self, project: ProjectId) -> Result<bool, ProductionError> {
        self.store.has_shared_dailies(project).await
    }

    /// The project of a link. `None`: it leads nowhere (any more).
    pub async fn shared_project(&self, token: &str) -> Result<Option<ProjectId>, ProductionError> {
        self.store.shared_project(hash(token)).await
    }
}

fn hash(token: &str) -> String {
    Sha256::digest(token.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
