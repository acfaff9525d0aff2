//! A webhook call: connects only to checked addresses, follows no redirect, and reads no more of the response than needed.

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
    webhook::{Outcome, WebhookEvent},
};
use webhook::{AllowList, ForbiddenAddress, SigningKey, WebhookUrl, WebhookUrlError, excerpt, sign};

type Found = Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send>>;
/// Resolves a host name.
pub(super) type LookUp = dyn Fn(String) -> Found + Send + Sync;

/// Sends webhook calls. Cheap to clone.
#[derive(Clone)]
pub struct WebhookClient {
    client: Client,
    allowed: Arc<AllowList>,
    time: Duration,
}

/// A message and its receiver.
pub struct WebhookCall<'a> {
    pub url: &'a str,
    pub id: &'a str,
    pub event: WebhookEvent,
    pub body: String,
    pub key: &'a SigningKey,
}

/// Resolves only to allowed addresses, so that the checked address is the one connected to.
struct Guarded {
    allowed: Arc<AllowList>,
    look_up: Arc<LookUp>,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let (allowed, look_up, name) = (self.allowed.clone(), self.look_up.clone(), name.as_str().to_owned());
        Box::pin(async move {
            let addresses = allowed.of(name.trim_end_matches('.'), look_up(name.clone()).await?)?;
            // The port comes from the URL.
            Ok(Box::new(addresses.into_iter().map(|address| (address, 0_u16).into())) as Addrs)
        })
    }
}

/// The system's resolver.
fn system(name: String) -> Found {
    Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect()) })
}

impl WebhookClient {
    /// # Errors
    /// TLS is not available.
    pub fn new(allowed: AllowList) -> Result<Self, reqwest::Error> {
        Self::with(allowed, Arc::new(system), limits::WEBHOOK_TIME)
    }

    pub(super) fn with(allowed: AllowList, look_up: Arc<LookUp>, time: Duration) -> Result<Self, reqwest::Error> {
        let allowed = Arc::new(allowed);
        let client = Client::builder()
            .dns_resolver(Arc::new(Guarded { allowed: allowed.clone(), look_up }))
            // A proxy would resolve names itself, and a redirect could lead to an unchecked address.
            .no_proxy()
            .redirect(redirect::Policy::none())
            .referer(false)
            // A pooled connection was checked when it was opened: the name may resolve differently now.
            .pool_max_idle_per_host(0)
            .user_agent(concat!("Darkroom/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, allowed, time })
    }

    /// Makes one call. `now` is the signed timestamp.
    pub async fn call(&self, call: WebhookCall<'_>, now: Timestamp) -> Attempted {
        let began = Instant::now();
        let answered = tokio::time::timeout(self.time, self.post(call, now)).await;
        let took_ms = u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
        let failed = |error| Attempted { outcome: Outcome::of(None, None, now), took_ms, status: None, error: Some(error), answer: None };
        let response = match answered {
            Ok(Ok(response)) => response,
            Ok(Err(why)) => return failed(why),
            Err(_) => return failed(format!("No answer within {} s.", self.time.as_secs_f64())),
        };
        let (status, wait) = (response.status(), retry_after(response.headers(), now));
        let outcome = Outcome::of(Some(status.as_u16()), wait, now);
        let error = (outcome != Outcome::Delivered).then(|| why(status.as_u16()));
        // The beginning of the body is useful for diagnosis, but not worth a longer timeout.
        let answer = tokio::time::timeout(self.time.saturating_sub(began.elapsed()), beginning(response)).await.unwrap_or_default();
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
        request.body(body).send().await.map_err(|error| words(&error))
    }
}

/// The first few KiB of a response.
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

fn why(status: u16) -> String {
    match status {
        300..=399 => format!("Answered {status}: a redirect, which is not followed. Name the address that it leads to."),
        410 => "Answered 410: the receiver wants no more, so this webhook is disabled. Sending again enables it.".into(),
        status => format!("Answered {status}."),
    }
}

/// A `Retry-After` value: seconds, or a date.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let then = httpdate::parse_http_date(text).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(then.saturating_sub(Duration::from_millis(now.0)))
}

/// Why there was no response. Without the URL, which may contain a secret.
fn words(error: &reqwest::Error) -> String {
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
