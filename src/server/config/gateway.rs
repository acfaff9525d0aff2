//! `[gateway]`: whether clients of ComfyUI may use Darkroom as one, and what they see of each other.

use std::net::SocketAddr;

use proto::ids::BackendId;

use super::{backend::BackendConfig, error::ConfigError, file::GatewaySection, visibility::ClientVisibility};

/// The gateway is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayConfig {
    /// `--gateway`, `DARKROOM_GATEWAY`, `[gateway] addr`: its own port. It is also below `/comfy/` of the main one.
    pub addr: SocketAddr,
    /// `[gateway] home`: the ComfyUI that answers what Darkroom does not, such as ComfyUI's page and its extensions. `None`: the first.
    pub home: Option<BackendId>,
    /// `[gateway] visibility`: which prompts a client sees, and may cancel.
    pub visibility: ClientVisibility,
    /// `[gateway] token_in_path`: an address may begin with `/t/TOKEN/`.
    pub token_in_path: bool,
    /// `[gateway] interleave_runs`: a client hears of its runs at several ComfyUIs as they happen. Otherwise it hears of one after another, as a ComfyUI
    /// tells them: clients may take a picture for one of the run that began last.
    pub interleave_runs: bool,
}

/// What the rest of the settings says that the gateway's depend on.
pub(super) struct Surroundings<'a> {
    pub(super) backends: &'a [BackendConfig],
    /// Callers need a token.
    pub(super) has_token: bool,
}

impl GatewayConfig {
    /// The defaults, at this address.
    #[must_use]
    pub fn at(addr: SocketAddr) -> Self {
        Self { addr, home: None, visibility: ClientVisibility::default(), token_in_path: false, interleave_runs: false }
    }

    /// `None`: it is off. `listen` checks an address, as for the main port.
    pub(super) fn new(
        section: GatewaySection,
        addr: Option<String>,
        surroundings: &Surroundings,
        listen: impl FnOnce(String) -> Result<SocketAddr, ConfigError>,
    ) -> Result<Option<Self>, ConfigError> {
        let GatewaySection { addr: in_file, home, visibility, token_in_path, interleave_runs } = section;
        let Some(addr) = addr.or(in_file) else {
            let set = [
                ("home", home.is_some()),
                ("visibility", visibility.is_some()),
                ("token_in_path", token_in_path),
                ("interleave_runs", interleave_runs),
            ];
            return match set.iter().find(|(_, is_set)| *is_set) {
                Some((name, _)) => Err(ConfigError::Gateway(format!("{name} needs an addr: without one the gateway is off"))),
                None => Ok(None),
            };
        };
        let home = home.map(|name| BackendId::from(name.as_str()));
        let backends = surroundings.backends;
        if let Some(home) = home.as_ref().filter(|home| backends.iter().all(|backend| backend.id != **home)) {
            let names: Vec<&str> = backends.iter().map(|backend| backend.id.as_str()).collect();
            return Err(ConfigError::Gateway(format!("home = {:?} is none of the ComfyUIs: {}", home.as_str(), names.join(", "))));
        }
        if token_in_path && !surroundings.has_token {
            return Err(ConfigError::Gateway("token_in_path = true needs a token: --token-file, or [server] token_file".into()));
        }
        Ok(Some(Self { addr: listen(addr)?, home, visibility: visibility.unwrap_or_default(), token_in_path, interleave_runs }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Overrides, Secret};

    fn load(section: &str, token: bool) -> Result<Option<GatewayConfig>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("Leptos.toml");
        std::fs::write(&path, format!("[gateway]\n{section}")).unwrap();
        let token = token.then(|| Secret::new("0123456789abcdef".into()));
        let config = Config::load(Some(&path), Overrides { token, ..Overrides::default() });
        config.map(|config| config.gateway).map_err(|error| error.to_string())
    }

    #[test]
    fn it_is_off_without_an_address() {
        assert_eq!(load("", true), Ok(None));
        for setting in ["home = 'x'", "visibility = 'own'", "token_in_path = true", "interleave_runs = true"] {
            assert!(load(setting, true).unwrap_err().contains("needs an addr"), "{setting}");
        }
    }

    #[test]
    fn what_clients_see_and_where_the_token_may_be() {
        let with = |more: &str, token| load(&format!("addr = '127.0.0.1:8188'\n{more}"), token);
        let addr = "127.0.0.1:8188".parse().unwrap();
        assert_eq!(with("", true), Ok(Some(GatewayConfig::at(addr))));
        let own =
            GatewayConfig { visibility: ClientVisibility::Own, token_in_path: true, interleave_runs: true, ..GatewayConfig::at(addr) };
        assert_eq!(with("visibility = 'own'\ntoken_in_path = true\ninterleave_runs = true", true), Ok(Some(own)));
        let message = with("visibility = 'mine'", true).unwrap_err();
        assert!(message.contains("line 3 (visibility)") && message.contains("`all`") && message.contains("`own`"), "{message}");
        assert!(with("token_in_path = true", false).unwrap_err().contains("needs a token"));
    }
}
