//! `[gateway]`: whether clients of ComfyUI may use Darkroom as one.

use std::net::SocketAddr;

use proto::ids::BackendId;

use super::{backend::BackendConfig, error::ConfigError, file::GatewaySection};

/// The gateway is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayConfig {
    /// `--gateway`, `DARKROOM_GATEWAY`, `[gateway] addr`: its own port. It is also below `/comfy/` of the main one.
    pub addr: SocketAddr,
    /// `[gateway] home`: the ComfyUI that answers what Darkroom does not, such as ComfyUI's page and its extensions. `None`: the first.
    pub home: Option<BackendId>,
}

impl GatewayConfig {
    /// `None`: it is off. `listen` checks an address, as for the main port.
    pub(super) fn new(
        section: GatewaySection,
        addr: Option<String>,
        backends: &[BackendConfig],
        listen: impl FnOnce(String) -> Result<SocketAddr, ConfigError>,
    ) -> Result<Option<Self>, ConfigError> {
        let Some(addr) = addr.or(section.addr) else {
            return match section.home {
                Some(_) => Err(ConfigError::Gateway("home needs an addr: without one the gateway is off".into())),
                None => Ok(None),
            };
        };
        let home = section.home.map(|name| BackendId::from(name.as_str()));
        if let Some(home) = home.as_ref().filter(|home| backends.iter().all(|backend| backend.id != **home)) {
            let names: Vec<&str> = backends.iter().map(|backend| backend.id.as_str()).collect();
            return Err(ConfigError::Gateway(format!("home = {:?} is none of the ComfyUIs: {}", home.as_str(), names.join(", "))));
        }
        Ok(Some(Self { addr: listen(addr)?, home }))
    }
}
