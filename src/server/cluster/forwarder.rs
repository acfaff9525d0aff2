//! Forwards a request to the owner, whole. It waits for an owner while there is none, and sends nothing twice that may have been carried out.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{ConnectInfo, Request},
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use hyper::upgrade::OnUpgrade;
use proto::limits;
use tokio::{
    sync::watch,
    time::{Instant, sleep, timeout_at},
};
use tokio_util::sync::CancellationToken;

use super::{forwarded, pool::OwnerConnections, tunnel};
use crate::{
    routes::{ProblemKind, mark_shaped, refusal},
    store::OwnerAddress,
};

pub struct Forwarder {
    owner: Arc<watch::Sender<Option<OwnerAddress>>>,
    connections: OwnerConnections,
    stop: CancellationToken,
}

/// Between two attempts to reach the owner.
const PAUSE: Duration = Duration::from_millis(50);

/// Why there is no answer.
enum NoAnswer {
    /// The request was sent, and its answer was lost.
    Unclear,
    /// It was not sent.
    Unsent(Box<Request>),
}

impl Forwarder {
    /// `stop`: when connections end that are passed on.
    #[must_use]
    pub fn new(stop: CancellationToken) -> Self {
        Self { owner: Arc::default(), connections: OwnerConnections::default(), stop }
    }

    /// Who the owner is, as far as is known.
    #[must_use]
    pub fn owner(&self) -> Arc<watch::Sender<Option<OwnerAddress>>> {
        self.owner.clone()
    }

    /// `prefix`: of the path at the owner.
    pub async fn forward(&self, mut request: Request, prefix: &str) -> Response {
        let until = Instant::now() + limits::FORWARD_WAIT;
        if !prefix.is_empty() && prefix_path(request.uri_mut(), prefix).is_err() {
            return StatusCode::BAD_REQUEST.into_response();
        }
        let client = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
        let upgrade = request.extensions_mut().remove::<OnUpgrade>().filter(|_| request.headers().contains_key(header::UPGRADE));
        forwarded::remove_hop_by_hop(request.headers_mut(), upgrade.is_some());
        request.headers_mut().remove(header::EXPECT);
        // Such a request has no body, so it can be sent once more.
        let is_safe = matches!(*request.method(), Method::GET | Method::HEAD) && upgrade.is_none();
        loop {
            let Some(owner) = self.owner_by(until).await else { return no_owner() };
            if !request.headers().contains_key(header::HOST)
                && let Ok(host) = owner.address.parse()
            {
                request.headers_mut().insert(header::HOST, host);
            }
            forwarded::mark(request.headers_mut(), &owner.holder, client);
            let again = is_safe.then(|| copy(&request));
            match self.send(&owner, request).await {
                Ok(response) => return self.answer(response, upgrade),
                Err(NoAnswer::Unsent(unsent)) => request = *unsent,
                Err(NoAnswer::Unclear) => match again {
                    Some(again) => request = again,
                    None => return unclear(),
                },
            }
            if Instant::now() >= until {
                return no_owner();
            }
            sleep(PAUSE).await;
        }
    }

    fn answer(&self, mut response: Response, upgrade: Option<OnUpgrade>) -> Response {
        match upgrade.filter(|_| response.status() == StatusCode::SWITCHING_PROTOCOLS) {
            Some(client) => tunnel::connect(client, response, self.stop.clone()),
            None => {
                forwarded::remove_hop_by_hop(response.headers_mut(), false);
                mark_shaped(response)
            }
        }
    }

    async fn owner_by(&self, until: Instant) -> Option<OwnerAddress> {
        let mut owner = self.owner.subscribe();
        let is_there = |owner: &Option<OwnerAddress>| owner.as_ref().is_some_and(|owner| !owner.is_gone);
        let waiting = timeout_at(until, owner.wait_for(is_there));
        self.stop.run_until_cancelled(waiting).await?.ok()?.ok()?.clone()
    }

    /// Whether a request was forwarded to what this Darkroom was before it was started anew.
    pub(super) fn is_for_the_past(&self, headers: &HeaderMap) -> bool {
        self.owner.borrow().as_ref().is_some_and(|owner| owner.is_gone && forwarded::is_to(headers, &owner.holder))
    }

    async fn send(&self, owner: &OwnerAddress, request: Request) -> Result<Response, NoAnswer> {
        let mut connection = match self.connections.get(&owner.address).await {
            Ok(connection) => connection,
            Err(error) => {
                tracing::debug!(owner = &*owner.address, %error, "the owner cannot be reached");
                return Err(NoAnswer::Unsent(Box::new(request)));
            }
        };
        let mut news = self.owner.subscribe();
        let another = news.wait_for(|newest| newest.as_ref().is_some_and(|newest| newest.holder != owner.holder));
        let sent = tokio::select! {
            sent = connection.sender.try_send_request(request) => sent,
            // It is stopped, or cut off: what it does with the request it cannot commit any more.
            _ = another => return Err(NoAnswer::Unclear),
        };
        match sent {
            Ok(response) => {
                self.connections.put(connection);
                Ok(response.map(Body::new))
            }
            Err(mut error) => Err(match error.take_message() {
                Some(request) => NoAnswer::Unsent(Box::new(request)),
                None => NoAnswer::Unclear,
            }),
        }
    }
}

/// Of a request without a body.
pub(super) fn copy(request: &Request) -> Request {
    let mut copy = Request::new(Body::empty());
    copy.extensions_mut().extend(
        request
            .extensions()
            .get::<ConnectInfo<SocketAddr>>()
            .map(|client| {
                let mut client_only = axum::http::Extensions::new();
                client_only.insert(*client);
                client_only
            })
            .unwrap_or_default(),
    );
    copy.method_mut().clone_from(request.method());
    copy.uri_mut().clone_from(request.uri());
    copy.headers_mut().clone_from(request.headers());
    copy
}

fn prefix_path(uri: &mut Uri, prefix: &str) -> Result<(), axum::http::uri::InvalidUri> {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    *uri = format!("{prefix}{path}").parse()?;
    Ok(())
}

/// Nobody has done anything.
fn no_owner() -> Response {
    refusal(ProblemKind::Unavailable, "No Darkroom can carry this out at the moment. Try again.")
}

/// The owner may have carried it out.
fn unclear() -> Response {
    refusal(
        ProblemKind::OwnerLost,
        "The Darkroom that carries this out was lost before it answered. Try again; with the same idempotency key, nothing is done twice.",
    )
}

/// A request that another Darkroom forwarded came to one that is not the owner.
pub(super) fn not_owner() -> Response {
    refusal(ProblemKind::Unavailable, "This Darkroom is not the owner any more. Try again.")
}
