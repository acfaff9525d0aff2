//! One call of a webhook. It connects only to checked addresses, follows no redirects, and reads only the beginning of the response.

use std::{error::Error, future::Future, net::IpAddr, pin::Pin, sync::Arc, time::Duration};

use reqwest::{
    Client, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER},
    redirect,
};
use tokio::time::Instant;

use crate::store::Attempted;
use proto::{
    limits,
    time::Timestamp,
    webhook::{AttemptOutcome, MessageEvent},
};
use webhook::{AllowList, ForbiddenAddress, SigningKey, WebhookUrl, WebhookUrlError, excerpt, sign};

type Addresses = Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send>>;
/// Resolves a host name.
pub(super) type AddressLookup = dyn Fn(String) -> Addresses + Send + Sync;

/// Cheap to clone.
#[derive(Clone)]
pub struct WebhookClient {
    client: Client,
    allowed: Arc<AllowList>,
    timeout: Duration,
}

pub struct WebhookCall<'a> {
    pub url: &'a str,
    pub id: &'a str,
    pub event: MessageEvent,
    pub body: String,
    pub key: &'a SigningKey,
}

/// Resolves names only to allowed addresses, so that the addresses that are connected to are the checked ones.
struct GuardedResolver {
    allowed: Arc<AllowList>,
    lookup: Arc<AddressLookup>,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (allowed, lookup, name) = (self.allowed.clone(), self.lookup.clone(), name.as_str().to_owned());
        Box::pin(async move {
            let addresses = allowed.of(name.trim_end_matches('.'), lookup(name.clone()).await?)?;
            // Port 0 is replaced by that of the url.
            Ok(Box::new(addresses.into_iter().map(|address| (address, 0_u16).into())) as Addrs)
        })
    }
}

fn system_lookup(name: String) -> Addresses {
    Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect()) })
}

impl WebhookClient {
    /// # Errors
    /// The system has no TLS.
    pub fn new(allowed: AllowList) -> Result<Self, reqwest::Error> {
        Self::with(allowed, Arc::new(system_lookup), limits::WEBHOOK_TIME)
    }

    pub(super) fn with(allowed: AllowList, lookup: Arc<AddressLookup>, timeout: Duration) -> Result<Self, reqwest::Error> {
        let allowed = Arc::new(allowed);
        let client = Client::builder()
            .dns_resolver(Arc::new(GuardedResolver { allowed: allowed.clone(), lookup }))
            // A proxy would resolve names itself, and a redirect could lead to a forbidden address.
            .no_proxy()
            .redirect(redirect::Policy::none())
            .referer(false)
            // A kept connection would go to the address that its name had before.
            .pool_max_idle_per_host(0)
            .user_agent(concat!("Darkroom/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, allowed, timeout })
    }

    /// Makes one call. `now` is the time in the signature.
    pub async fn call(&self, call: WebhookCall<'_>, now: Timestamp) -> Attempted {
        let began = Instant::now();
        let answered = tokio::time::timeout(self.timeout, self.post(call, now)).await;
        let took_ms = u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
        let failed =
            |error| Attempted { outcome: AttemptOutcome::of(None, None, now), took_ms, status: None, error: Some(error), answer: None };
        let response = match answered {
            Ok(Ok(response)) => response,
            Ok(Err(why)) => return failed(why),
            Err(_) => return failed(format!("No answer within {} s.", self.timeout.as_secs_f64())),
        };
        let (status, wait) = (response.status(), retry_after(response.headers(), now));
        let outcome = AttemptOutcome::of(Some(status.as_u16()), wait, now);
        let error = (outcome != AttemptOutcome::Delivered).then(|| status_text(status.as_u16()));
        // The beginning of the response helps people, but must not take longer than the rest of the timeout.
        let answer = tokio::time::timeout(self.timeout.saturating_sub(began.elapsed()), beginning(response)).await.unwrap_or_default();
        Attempted { outcome, took_ms, status: Some(status.as_u16()), error, answer: Some(excerpt(&answer)).filter(|text| !text.is_empty()) }
    }

    async fn post(&self, WebhookCall { url, id, event, body, key }: WebhookCall<'_>, now: Timestamp) -> Result<Response, String> {
        let target = WebhookUrl::parse(url).map_err(|error| error.to_string())?;
        target.check(&self.allowed).map_err(|refused| WebhookUrlError::from(refused).to_string())?;
        let timestamp = now.0 / 1000;
        let signature = sign(key, id, timestamp, body.as_bytes());
        let request = self
            .client
            .post(target.url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature)
            .header("darkroom-event", event.as_str());
        request.body(body).send().await.map_err(|error| error_text(&error))
    }
}

/// The first [`limits::WEBHOOK_ANSWER`] bytes of a response.
async fn beginning(mut response: Response) -> String {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        bytes.extend_from_slice(&chunk[..chunk.len().min(limits::WEBHOOK_ANSWER - bytes.len())]);
        if bytes.len() >= limits::WEBHOOK_ANSWER {
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn status_text(status: u16) -> String {
    match status {
        300..=399 => format!("Answered {status}: a redirect, which is not followed. Name the address that it leads to."),
        410 => "Answered 410: the receiver wants no more, so this webhook is disabled. Sending again enables it.".into(),
        status => format!("Answered {status}."),
    }
}

/// The time in `Retry-After`, which is in seconds or a date.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let then = httpdate::parse_http_date(text).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(then.saturating_sub(Duration::from_millis(now.0)))
}

/// Why there was no response. The url is left out, because it may contain a secret.
fn error_text(error: &reqwest::Error) -> String {
    let (mut reason, mut next) = ("no reason was given".to_owned(), error.source());
    while let Some(source) = next {
        if let Some(refused) = source.downcast_ref::<ForbiddenAddress>() {
            return refused.to_string();
        }
        reason = excerpt(&source.to_string());
        next = source.source();
    }
    if error.is_connect() { format!("It could not be reached: {reason}.") } else { format!("The call failed: {reason}.") }
}

#[cfg(test)]
mod tests;
