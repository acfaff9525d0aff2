//! Webhook settings: allowed receivers, signing, retries, and the webhooks that receive the events of every task.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc, time::Duration};

use super::{
    error::ConfigError,
    file::{WebhookTable, WebhooksSection},
    secret::Secret,
};
use proto::{
    limits,
    production::ProjectId,
    webhook::{MessageEvent, ProductionWebhookEvent, RETRIES, WebhookEvent, WebhookEvents},
};
use service::BasePath;
use webhook::{AllowList, SigningKey, WebhookUrl};

/// `[webhooks]` and the tables `[[webhook]]`.
#[derive(Clone, Debug)]
pub struct WebhooksConfig {
    /// `--webhook-allow` (several times), `DARKROOM_WEBHOOK_ALLOW` (separated by commas), `[webhooks] allow`: where webhooks may go besides the
    /// public internet.
    pub allowed: AllowList,
    /// `[webhooks] secret` or `secret_file`: signs for webhooks without a secret of their own. `None`: a key is generated and kept in the data folder.
    pub key: Option<SigningKey>,
    /// `[webhooks] retry_after_s`: the pauses before each attempt after the first.
    pub retries: Vec<Duration>,
    /// `[[webhook]]`: they receive the events of every task.
    pub endpoints: Vec<WebhookConfig>,
}

/// A webhook that receives the events of every task, or of productions, or of both.
#[derive(Clone)]
pub struct WebhookConfig {
    pub target: WebhookUrl,
    pub events: WebhookEvents,
    pub productions: Arc<BTreeSet<ProductionWebhookEvent>>,
    /// Productions: only this one; `None`: all.
    pub project: Option<ProjectId>,
    pub key: Option<SigningKey>,
    pub progress_every: Duration,
}

/// Shows only the host: the rest of the url may contain a secret.
impl std::fmt::Debug for WebhookConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookConfig").field("host", &self.target.host).field("events", &self.events).finish_non_exhaustive()
    }
}

impl Default for WebhooksConfig {
    fn default() -> Self {
        Self { allowed: AllowList::default(), key: None, retries: RETRIES.map(Duration::from_secs).to_vec(), endpoints: Vec::new() }
    }
}

impl WebhooksConfig {
    /// `allow`: from the command line; replaces that of the section unless empty.
    pub(super) fn new(section: WebhooksSection, tables: Vec<WebhookTable>, allow: &[String]) -> Result<Self, ConfigError> {
        let WebhooksSection { allow: in_file, secret, secret_file, retry_after_s } = section;
        let allowed = AllowList::parse(if allow.is_empty() { in_file.as_slice() } else { allow }).map_err(ConfigError::Allow)?;
        let key = key(secret, secret_file).map_err(|why| ConfigError::Webhook { place: "[webhooks]".into(), why })?;
        let retries = retry_after_s.map_or_else(|| Self::default().retries, |pauses| pauses.into_iter().map(Duration::from).collect());
        let mut endpoints: Vec<WebhookConfig> = Vec::new();
        for table in tables {
            let endpoint = endpoint(table, &allowed)?;
            if endpoints.iter().any(|known| known.target == endpoint.target) {
                return Err(mistake(&endpoint.target.host, "its url is named twice"));
            }
            endpoints.push(endpoint);
        }
        Ok(Self { allowed, key, retries, endpoints })
    }
}

fn mistake(host: &str, why: impl ToString) -> ConfigError {
    ConfigError::Webhook { place: format!("[[webhook]] {host}"), why: why.to_string() }
}

fn endpoint(table: WebhookTable, allowed: &AllowList) -> Result<WebhookConfig, ConfigError> {
    let WebhookTable { url, events, project, secret, secret_file, progress_every_s } = table;
    let target =
        WebhookUrl::parse(url.trim()).map_err(|error| ConfigError::Webhook { place: "[[webhook]] url".into(), why: error.to_string() })?;
    target.check(allowed).map_err(|refused| mistake(&target.host, refused))?;
    let (events, productions) = match events {
        Some(words) => read_events(&words).map_err(|why| mistake(&target.host, why))?,
        None => (WebhookEvents::default(), BTreeSet::new()),
    };
    let project = project.map(|project| project.trim().parse::<ProjectId>()).transpose();
    let project = project.map_err(|_| mistake(&target.host, "project must be the id of a project, as GET /api/projects lists it"))?;
    if project.is_some() && events.iter().next().is_some() {
        return Err(mistake(&target.host, "with a project, events must be those of productions, such as \"take.completed\""));
    }
    let key = key(secret, secret_file).map_err(|why| mistake(&target.host, why))?;
    let (least, usual, most) = limits::WEBHOOK_PROGRESS;
    let progress_every = progress_every_s.map_or(usual, Duration::from);
    if !(least..=most).contains(&progress_every) {
        return Err(mistake(&target.host, "progress_every_s must be 1 to 3600"));
    }
    Ok(WebhookConfig { target, events, productions: Arc::new(productions), project, key, progress_every })
}

/// Those of tasks and those of productions.
fn read_events(words: &[String]) -> Result<(WebhookEvents, BTreeSet<ProductionWebhookEvent>), String> {
    let (mut tasks, mut productions) = (Vec::new(), BTreeSet::new());
    for word in words {
        match MessageEvent::named(word) {
            Some(MessageEvent::Task(event)) => tasks.push(event),
            Some(MessageEvent::Production(event)) => drop(productions.insert(event)),
            None => {
                let tasks = WebhookEvent::ALL.into_iter().map(WebhookEvent::as_str);
                let known: Vec<&str> = tasks.chain(ProductionWebhookEvent::ALL.into_iter().map(ProductionWebhookEvent::as_str)).collect();
                return Err(format!("there is no event {word:?}; there are {}", known.join(", ")));
            }
        }
    }
    Ok((tasks.into_iter().collect(), productions))
}

fn key(secret: Option<Secret>, file: Option<PathBuf>) -> Result<Option<SigningKey>, String> {
    match (secret, file) {
        (None, None) => Ok(None),
        (Some(secret), None) => SigningKey::parse(secret.reveal()).map(Some).map_err(|error| format!("secret: {error}")),
        (None, Some(path)) => SigningKey::read(&path).map(Some).map_err(|error| format!("secret_file: {error}")),
        _ => Err("only one of secret and secret_file can be given".into()),
    }
}

/// `[server] public_ws_url`: the address of `/ws` as browsers reach it.
pub(super) fn public_ws_url(text: Option<String>) -> Result<Option<String>, ConfigError> {
    let Some(text) = text else { return Ok(None) };
    let wrong = |why: &str| ConfigError::PublicWsUrl(why.to_owned());
    let url = url::Url::parse(text.trim()).map_err(|error| ConfigError::PublicWsUrl(error.to_string()))?;
    match url.scheme() {
        "ws" | "wss" if url.query().is_some() || url.fragment().is_some() => Err(wrong("it can have no query and no fragment")),
        "ws" | "wss" if !url.username().is_empty() || url.password().is_some() => Err(wrong("browsers send no user and no password")),
        "ws" | "wss" => Ok(Some(url.to_string())),
        _ => Err(wrong("it must begin with ws:// or wss://")),
    }
}

/// `[server] public_url`: scheme, host and perhaps a path, without a slash at the end. It may leave out the base path.
pub(super) fn public_url(text: Option<String>, base: &BasePath) -> Result<Option<String>, ConfigError> {
    let Some(text) = text else { return Ok(None) };
    if !text.contains("://") {
        return Err(ConfigError::PublicUrl("it must begin with http:// or https://".into()));
    }
    match comfyui::base_url(text.trim()) {
        Ok(url) => {
            let has_base = url.path().trim_end_matches('/').ends_with(base.as_str());
            let url = url.as_str().trim_end_matches('/');
            Ok(Some(if has_base { url.to_owned() } else { base.below(url) }))
        }
        Err(error) => Err(ConfigError::PublicUrl(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_url_may_leave_out_the_base_path() {
        let url = |base: &str, url: &str| public_url(Some(url.into()), &base.parse().unwrap()).unwrap().unwrap();
        assert_eq!(url("/darkroom", "https://studio.example/"), "https://studio.example/darkroom");
        assert_eq!(url("/darkroom", "https://studio.example/darkroom/"), "https://studio.example/darkroom");
        assert_eq!(url("/darkroom", "http://darkroom"), "http://darkroom/darkroom");
        assert_eq!(url("", "https://studio.example/a/"), "https://studio.example/a");
    }
}
