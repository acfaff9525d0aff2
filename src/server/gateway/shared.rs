//! What the routes of the gateway share.

use std::sync::Arc;

use proto::ids::BackendId;
use serde_json::Value;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

use super::{catalog_cache::MergedClasses, ends::Ends, hub::GatewayHub, hub_state::LivePrompt};
use crate::{
    AppState,
    backend::Backend,
    client_files::ClientFiles,
    config::{ClientVisibility, Config, GatewayConfig},
    store::{Store, StoreError, Stored, StoredExtra},
};

#[derive(Clone)]
pub struct Gateway {
    pub(super) app: AppState,
    pub(super) hub: Arc<GatewayHub>,
    pub(super) ends: Arc<Ends>,
    pub(super) stop: CancellationToken,
    /// What clients uploaded.
    pub(super) files: Arc<ClientFiles>,
    pub(super) classes: Arc<MergedClasses>,
    /// One permit for each socket.
    pub(super) connections: Arc<Semaphore>,
    pub(super) visibility: ClientVisibility,
    pub(super) token_in_path: bool,
    home: Option<BackendId>,
}

impl Gateway {
    pub fn new(app: AppState, hub: Arc<GatewayHub>, config: &Config, gateway: &GatewayConfig, stop: CancellationToken) -> Self {
        Self {
            ends: Arc::new(Ends::new(app.clone(), hub.clone())),
            connections: Arc::new(Semaphore::new(config.max_connections.min(Semaphore::MAX_PERMITS))),
            files: Arc::new(ClientFiles::new(&config.data)),
            classes: Arc::default(),
            visibility: gateway.visibility,
            token_in_path: gateway.token_in_path,
            home: gateway.home.clone(),
            app,
            hub,
            stop,
        }
    }

    /// Tells clients how their prompts do, until it is stopped.
    pub async fn run(self) {
        self.ends.clone().run(self.stop.clone()).await;
    }

    /// The ComfyUI that answers what Darkroom does not: the configured one, else the first that can be reached, else the first.
    pub(super) fn home(&self) -> Option<&Arc<Backend>> {
        let pool = self.app.pool();
        if let Some(home) = &self.home {
            return pool.get(home);
        }
        pool.iter().find(|backend| backend.is_reachable()).or_else(|| pool.iter().next())
    }

    /// The ComfyUIs that can be reached, the one first that answers what Darkroom does not.
    pub(super) fn home_first(&self) -> Vec<&Arc<Backend>> {
        let home = self.home();
        let others = self.app.pool().iter().filter(|backend| backend.is_reachable() && home.is_none_or(|home| home.id != backend.id));
        home.into_iter().chain(others).collect()
    }
}

/// The hub, with the prompts from before the start. `several`: there is more than one ComfyUI. `interleaves`: see
/// [`GatewayConfig::interleave_runs`].
///
/// # Errors
/// The database cannot be read.
pub async fn prepare(store: &Store, several: bool, interleaves: bool) -> Result<Arc<GatewayHub>, StoreError> {
    let hub = GatewayHub::new(several, interleaves);
    let (prompts, next) = store.client_prompts().await?;
    hub.continue_at(next);
    for kept in prompts {
        let Some(Stored { workflow, extra_data, .. }) = store.read(kept.task).await? else { continue };
        let extra_data = match &extra_data {
            StoredExtra::Readable(extra_data) => kept.prompt.shown_extra(extra_data),
            _ => kept.prompt.shown_extra(&proto::comfy::ExtraData::default()),
        };
        hub.restore(LivePrompt {
            task: kept.task,
            prompt: kept.prompt,
            workflow: Arc::new(serde_json::to_value(&*workflow)?),
            extra_data: Arc::new(Value::Object(extra_data)),
            accepted: watch::channel(true).1,
        });
    }
    Ok(Arc::new(hub))
}
