//! How a request reaches ComfyUI: circuit breaker, credentials, redirects, and how late it may still arrive. The requests are in `api.rs`.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use proto::link::{Breaker, BreakerConfig, BreakerState, CallOutcome, Now};
use reqwest::{Client, Method, Request, RequestBuilder, Response, StatusCode};
use url::Url;

use super::{
    Endpoint, Handshake,
    boot_clock::BootInstant,
    change_right::{ChangeRight, WriteGuard},
    error::ComfyError,
    guarded_client::GuardedClient,
    redirect::{MAX_REDIRECTS, Redirect, redirect},
};

/// A client for one ComfyUI. It forwards no cookies and no `Origin` of a browser.
#[derive(Clone)]
pub struct ComfyClient {
    pub http: Client,
    /// For requests that change something: what the kernel cannot deliver soon is never delivered, see [`delivery_limit`].
    changing: ChangeClient,
    /// For files that a task loads: they may take long, and do no harm when they come late.
    uploading: ChangeClient,
    request_lag: Duration,
    pub base: Url,
    endpoint: Arc<Endpoint>,
    pub(super) client_id: String,
    breaker: Arc<Mutex<Breaker>>,
    /// The origin of the breaker's clock.
    origin: Instant,
    pub meter: Arc<dyn Meter>,
}

/// How requests that change something are carried out.
#[derive(Clone)]
enum ChangeClient {
    /// On shared connections, whenever they come through.
    Plain(Client),
    /// Only while this process may change something.
    Guarded(Box<GuardedClient>),
}

impl ChangeClient {
    async fn execute(&self, request: Request) -> Result<Response, ComfyError> {
        match self {
            Self::Plain(client) => Ok(client.execute(request).await?),
            Self::Guarded(client) => client.execute(request).await,
        }
    }
}

/// Receives the duration of each request, for metrics.
pub trait Meter: Send + Sync {
    /// `path` is below ComfyUI's root; `took` is until the head of the answer; without a `status` there was none.
    fn called(&self, method: &Method, path: &str, took: Duration, status: Option<StatusCode>);
}

/// Ignores all durations.
impl Meter for () {
    fn called(&self, _: &Method, _: &str, _: Duration, _: Option<StatusCode>) {}
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the kernel tries to deliver parts of a file; reqwest's default.
const UPLOAD_DELIVERY: Duration = Duration::from_secs(30);
/// Characters kept of the body of an error answer.
const ERROR_TEXT: usize = 500;

impl ComfyClient {
    /// `request_lag`: a request that changes something and was not answered for this long must not arrive any more.
    pub fn new(
        endpoint: Endpoint,
        breaker: BreakerConfig,
        client_id: String,
        meter: Arc<dyn Meter>,
        request_lag: Duration,
    ) -> Result<Self, ComfyError> {
        let builder = || endpoint.access.client().connect_timeout(CONNECT_TIMEOUT);
        let http = builder().build()?;
        let changing = ChangeClient::Plain(limit_delivery(builder(), request_lag).build()?);
        let uploading = ChangeClient::Plain(http.clone());
        let breaker = Arc::new(Mutex::new(Breaker::new(breaker)));
        let (base, endpoint) = (endpoint.base().clone(), Arc::new(endpoint));
        Ok(Self { http, changing, uploading, request_lag, base, endpoint, client_id, breaker, origin: Instant::now(), meter })
    }

    /// Requests that change something are sent only while this right holds, and are torn off when it ends in the middle of one.
    ///
    /// # Errors
    /// There is no TLS.
    pub fn guarded(mut self, right: ChangeRight) -> Result<Self, ComfyError> {
        let guarded = |limit| {
            let guard = WriteGuard { right: right.clone(), until: None };
            GuardedClient::new(&self.endpoint.access, CONNECT_TIMEOUT, limit, guard).map(|client| ChangeClient::Guarded(Box::new(client)))
        };
        let (changing, uploading) = (guarded(delivery_limit(self.request_lag))?, guarded(UPLOAD_DELIVERY)?);
        (self.changing, self.uploading) = (changing, uploading);
        Ok(self)
    }

    /// The same client, whose requests that change something are sent only until then. Without a right that may end, no different.
    #[must_use]
    pub fn until(&self, until: BootInstant) -> Self {
        let mut client = self.clone();
        if let ChangeClient::Guarded(changing) = &mut client.changing {
            changing.guard.until = Some(until);
        }
        client
    }

    /// Time until the breaker permits the next request. `None`: it is closed.
    pub fn retry_in(&self) -> Option<Duration> {
        match self.breaker.lock().state() {
            BreakerState::Closed => None,
            BreakerState::Open { retry_at: at } | BreakerState::HalfOpen { until: at } => Some(at.saturating_sub(self.origin.elapsed())),
        }
    }

    /// The breaker is open, and it is time for its probe.
    pub fn is_probe_due(&self) -> bool {
        matches!(self.breaker.lock().state(), BreakerState::Open { retry_at } if retry_at <= self.origin.elapsed())
    }

    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Response, ComfyError> {
        self.send_by(&ChangeClient::Plain(self.http.clone()), request).await
    }

    /// Sends a request that changes something.
    ///
    /// # Errors
    /// [`ComfyError::NotAllowed`], among others.
    pub(super) async fn change(&self, request: RequestBuilder) -> Result<Response, ComfyError> {
        self.send_by(&self.changing, request).await
    }

    /// Sends a file that a task loads.
    ///
    /// # Errors
    /// See [`ComfyClient::change`].
    pub(super) async fn upload_for_task(&self, request: RequestBuilder) -> Result<Response, ComfyError> {
        self.send_by(&self.uploading, request).await
    }

    /// Sends a request if the breaker permits it, and reports the result to the breaker.
    async fn send_by(&self, transport: &ChangeClient, request: RequestBuilder) -> Result<Response, ComfyError> {
        let request = request.build()?;
        let permit = self.breaker.lock().permit(self.origin.elapsed()).map_err(|_| ComfyError::GivenUp)?;
        let response = self.execute_by(transport, request).await;
        let outcome = match &response {
            Ok(response) => CallOutcome::of_status(response.status().as_u16()),
            // Nothing was learned about ComfyUI.
            Err(ComfyError::NotAllowed) => return response,
            // A redirect, or a certificate: something answers.
            Err(error) if error.refusal().is_some() => CallOutcome::Answered,
            Err(_) => CallOutcome::Failed,
        };
        self.breaker.lock().report(permit, outcome, Now { at: self.origin.elapsed(), jitter: rand::random() });
        response
    }

    /// Sends a request without asking the breaker. Every request to ComfyUI goes through here: it adds the query of ComfyUI's url, and decides
    /// about redirects.
    pub(super) async fn execute(&self, request: Request) -> Result<Response, ComfyError> {
        self.execute_by(&ChangeClient::Plain(self.http.clone()), request).await
    }

    /// Sends a request of somebody else, without asking the breaker; a redirect is the answer.
    pub(super) async fn execute_once(&self, mut request: Request) -> Result<Response, ComfyError> {
        self.endpoint.complete(request.url_mut());
        let (method, url, began) = (request.method().clone(), request.url().clone(), Instant::now());
        let response = self.http.execute(request).await;
        let path = url.path().strip_prefix(self.base.path()).unwrap_or_default();
        self.meter.called(&method, path, began.elapsed(), response.as_ref().ok().map(Response::status));
        Ok(response?)
    }

    async fn execute_by(&self, transport: &ChangeClient, mut request: Request) -> Result<Response, ComfyError> {
        self.endpoint.complete(request.url_mut());
        for _ in 0..=MAX_REDIRECTS {
            // A body that is a stream cannot be sent twice.
            let next = request.try_clone();
            let (method, url, began) = (request.method().clone(), request.url().clone(), Instant::now());
            let response = transport.execute(request).await;
            let path = url.path().strip_prefix(self.base.path()).unwrap_or_default();
            if !matches!(response, Err(ComfyError::NotAllowed)) {
                self.meter.called(&method, path, began.elapsed(), response.as_ref().ok().map(Response::status));
            }
            let response = response?;
            match (redirect(&response, &self.base), next) {
                (None, _) => return Ok(response),
                (Some(Redirect::Elsewhere(words)), _) => return Err(ComfyError::Redirected(words)),
                (Some(Redirect::Follow(url)), Some(mut next)) => {
                    *next.url_mut() = url;
                    self.endpoint.complete(next.url_mut());
                    request = next;
                }
                (Some(Redirect::Follow(_)), None) => {
                    return Err(ComfyError::Redirected("it redirects a request that cannot be repeated".into()));
                }
            }
        }
        Err(ComfyError::Redirected("it redirects in a circle".into()))
    }

    /// How to open the WebSocket.
    pub fn handshake(&self) -> Result<Handshake, ComfyError> {
        Ok(self.endpoint.handshake(&self.client_id)?)
    }

    /// The same for one with another client id, which gets only what is for everybody.
    pub fn handshake_for_broadcasts(&self) -> Result<Handshake, ComfyError> {
        Ok(self.endpoint.handshake(&format!("{}-broadcasts", self.client_id))?)
    }
}

/// How long the kernel tries to deliver what was written to a socket, also after this process has ended: `TCP_USER_TIMEOUT`, which reqwest sets to 30 s.
/// Shorter than `request_lag`, so that what is missing after that time never arrives. Elsewhere than on Linux the system decides, and [`super::twins`]
/// finds what came late.
#[must_use]
pub fn delivery_limit(request_lag: Duration) -> Duration {
    // Zero would be the system's default.
    (request_lag * 3 / 4).max(Duration::from_millis(1))
}

fn limit_delivery(builder: reqwest::ClientBuilder, request_lag: Duration) -> reqwest::ClientBuilder {
    #[cfg(target_os = "linux")]
    return builder.tcp_user_timeout(delivery_limit(request_lag));
    #[cfg(not(target_os = "linux"))]
    {
        let _ = request_lag;
        builder
    }
}

/// The response, if its status is a success; else [`ComfyError::Status`] with the beginning of its body.
pub async fn ok(response: Response) -> Result<Response, ComfyError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let text = response.text().await.unwrap_or_default().chars().take(ERROR_TEXT).collect();
    Err(ComfyError::Status { status, text })
}
