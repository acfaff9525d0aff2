//! Sends requests that are torn off when this process may not change anything any more, even in the middle of a request.
//!
//! Each has a connection of its own ([`super::guarded_stream`]): with one that was used before, it could be unclear whether a request arrived. What
//! reqwest does besides (credentials, certificates, proxies of the environment) is done here in the same way, with the same libraries: reqwest lets
//! nobody at the bytes of its connections.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use http::{Uri, header, uri::Scheme};
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::{
    client::{
        legacy::{
            Client,
            connect::{HttpConnector, proxy::Tunnel},
        },
        proxy::matcher::{Intercept, Matcher},
    },
    rt::TokioExecutor,
};
use reqwest::{Body, Request, Response, ResponseBuilderExt, header::HeaderMap};
use rustls::ClientConfig;
use tokio::time::timeout;
use tower::{Service, service_fn};

use super::{
    EndpointAccess,
    change_right::WriteGuard,
    error::ComfyError,
    guarded_stream::{Flight, GuardedStream, TrackedBody},
    tls::public_authorities,
};

/// Cheap to clone.
#[derive(Clone)]
pub(super) struct GuardedClient {
    tcp: HttpConnector,
    tls: Arc<ClientConfig>,
    /// Of the environment: `HTTP_PROXY` and the like.
    proxies: Arc<Matcher>,
    headers: HeaderMap,
    pub(super) guard: WriteGuard,
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;
/// TLS to the ComfyUI, perhaps within TLS to a proxy.
type TlsStream = MaybeHttpsStream<MaybeHttpsStream<GuardedStream>>;
type Connecting<T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send>>;

impl GuardedClient {
    /// `delivery_limit`: how long the kernel tries to deliver what was written (`TCP_USER_TIMEOUT`; on Linux).
    ///
    /// # Errors
    /// There is no TLS.
    pub(super) fn new(
        access: &EndpointAccess,
        connect_within: Duration,
        delivery_limit: Duration,
        guard: WriteGuard,
    ) -> Result<Self, ComfyError> {
        let tls = match &access.tls {
            Some(tls) => tls.clone(),
            None => public_authorities().map_err(|error| ComfyError::Unsent(error.to_string()))?,
        };
        let mut tcp = HttpConnector::new();
        // Which also has urls with https.
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(connect_within));
        #[cfg(target_os = "linux")]
        tcp.set_tcp_user_timeout(Some(delivery_limit));
        #[cfg(not(target_os = "linux"))]
        let _ = delivery_limit;
        let mut headers = access.headers().clone();
        headers.entry(header::ACCEPT).or_insert(header::HeaderValue::from_static("*/*"));
        Ok(Self { tcp, tls, proxies: Arc::new(Matcher::from_system()), headers, guard })
    }

    /// Sends a request, and reads the whole answer, within the request's time limit. A redirect is an answer.
    ///
    /// # Errors
    /// [`ComfyError::NotAllowed`] if this process may not change anything (any more): then the request did not arrive as a whole.
    pub(super) async fn execute(&self, mut request: Request) -> Result<Response, ComfyError> {
        if !self.guard.may_write() {
            return Err(ComfyError::NotAllowed);
        }
        let limit = request.timeout().copied();
        for (name, value) in &self.headers {
            request.headers_mut().entry(name).or_insert_with(|| value.clone());
        }
        let flight = Arc::new(Flight::new(self.guard.clone()));
        let exchange = self.exchange(request, flight.clone());
        let answer = match limit {
            Some(limit) => timeout(limit, exchange).await.unwrap_or(Err(ComfyError::Late(limit))),
            None => exchange.await,
        };
        answer.map_err(|error| if flight.was_torn_off() { ComfyError::NotAllowed } else { error })
    }

    async fn exchange(&self, request: Request, flight: Arc<Flight>) -> Result<Response, ComfyError> {
        let url = request.url().clone();
        let request: http::Request<Body> = request.try_into()?;
        let proxy = self.proxies.intercept(request.uri());
        let mut request = request.map(|body| TrackedBody { body, flight: flight.clone() });
        if let Some(auth) = proxy.as_ref().and_then(Intercept::basic_auth).filter(|_| !is_https(request.uri())) {
            request.headers_mut().insert(header::PROXY_AUTHORIZATION, auth.clone());
        }
        let this = self.clone();
        let connector = service_fn(move |to: Uri| {
            let (this, proxy, flight) = (this.clone(), proxy.clone(), flight.clone());
            Box::pin(async move { this.connect(to, proxy, flight).await }) as Connecting<TlsStream>
        });
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).retry_canceled_requests(false).build(connector);
        let (head, body) = client.request(request).await?.into_parts();
        let bytes = Response::from(http::Response::new(Body::wrap(body))).bytes().await?;
        let answer = http::Response::builder().status(head.status).url(url).body(bytes);
        let mut answer = answer.map_err(|error| ComfyError::Unexpected(error.to_string()))?;
        *answer.headers_mut() = head.headers;
        Ok(answer.into())
    }

    async fn connect(&self, to: Uri, proxy: Option<Intercept>, flight: Arc<Flight>) -> Result<TlsStream, BoxError> {
        let tunnels = is_https(&to);
        let is_proxied = proxy.is_some() && !tunnels;
        let tcp = self.tcp.clone();
        let guarded = service_fn(move |to: Uri| {
            let (mut tcp, flight) = (tcp.clone(), flight.clone());
            Box::pin(async move { Ok(GuardedStream::new(tcp.call(to).await?, flight, is_proxied)) }) as Connecting<GuardedStream>
        });
        let mut direct = HttpsConnector::from((guarded, self.tls.clone()));
        match proxy {
            None => Ok(MaybeHttpsStream::Http(direct.call(to).await?)),
            Some(proxy) if tunnels => {
                let mut tunnel = Tunnel::new(proxy.uri().clone(), direct);
                if let Some(auth) = proxy.basic_auth() {
                    tunnel = tunnel.with_auth(auth.clone());
                }
                HttpsConnector::from((tunnel, self.tls.clone())).call(to).await
            }
            Some(proxy) => Ok(MaybeHttpsStream::Http(direct.call(proxy.uri().clone()).await?)),
        }
    }
}

fn is_https(uri: &Uri) -> bool {
    uri.scheme() == Some(&Scheme::HTTPS)
}

#[cfg(test)]
mod tests;
