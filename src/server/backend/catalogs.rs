//! The catalogs of all ComfyUIs: parsed off the server's threads, in memory once where they are the same, and stored.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use crate::{clock::now, store::Store};
use proto::{comfy::Catalog, ids::BackendId};

pub struct Catalogs {
    store: Store,
    /// The one that was read last, of any ComfyUI: the next shares its classes.
    newest: Mutex<Arc<Catalog>>,
    /// The hash of the text that is stored.
    stored: Mutex<HashMap<BackendId, [u8; 32]>>,
    /// Whether the classes of any ComfyUI are known.
    known: watch::Sender<bool>,
}

impl Catalogs {
    pub fn new(store: Store) -> Self {
        Self { store, newest: Mutex::default(), stored: Mutex::default(), known: watch::Sender::new(false) }
    }

    /// A ComfyUI has its catalog.
    pub(super) fn set_known(&self) {
        self.known.send_replace(true);
    }

    /// Waits until the catalog of any ComfyUI is there.
    pub async fn known(&self) {
        // Its sender lives as long as this.
        let _ = self.known.subscribe().wait_for(|known| *known).await;
    }

    /// # Errors
    /// The text is not a JSON object.
    pub(super) async fn parse(&self, text: String) -> Result<Arc<Catalog>, serde_json::Error> {
        let newest = self.newest.lock().clone();
        let parse = move || {
            let mut catalog = Catalog::parse(&text)?;
            catalog.share(&newest);
            Ok(Arc::new(catalog))
        };
        // The task neither panics nor is aborted.
        let catalog = tokio::task::spawn_blocking(parse).await.unwrap_or_else(|_| Ok(Arc::default()))?;
        *self.newest.lock() = catalog.clone();
        Ok(catalog)
    }

    /// Stores the text of a ComfyUI, unless it is stored already.
    pub(super) async fn keep(&self, backend: &BackendId, text: String) {
        let hash: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        if self.stored.lock().get(backend) == Some(&hash) {
            return;
        }
        match self.store.keep_object_info(backend.clone(), text, now()).await {
            Ok(()) => drop(self.stored.lock().insert(backend.clone(), hash)),
            Err(error) => tracing::warn!(%backend, %error, "the node classes cannot be stored"),
        }
    }

    /// What this ComfyUI had when it was last read, perhaps by an earlier process.
    pub(super) async fn kept(&self, backend: &BackendId) -> Option<Arc<Catalog>> {
        match self.store.object_info(backend.clone()).await {
            Ok(text) => self.parse(text?).await.ok(),
            Err(error) => {
                tracing::warn!(%backend, %error, "the stored node classes cannot be read");
                None
            }
        }
    }
}
