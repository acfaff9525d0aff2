//! How a request tells the owner that another Darkroom forwards it, and from whom.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, Request},
    http::{HeaderMap, HeaderName, HeaderValue, header},
};

/// The owner's [`holder`](crate::store::OwnerAddress::holder), which only Darkrooms of the same database know.
const FORWARDED_TO: HeaderName = HeaderName::from_static("darkroom-forwarded-to");
/// The address of the client.
const CLIENT: HeaderName = HeaderName::from_static("darkroom-client");

/// Of this connection, and not of the request (RFC 9110, 7.6.1). `Upgrade` and its `Connection` are, for a WebSocket.
const HOP_BY_HOP: [HeaderName; 6] = [
    HeaderName::from_static("keep-alive"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
];

/// Removes the headers that are of a connection.
pub(super) fn remove_hop_by_hop(headers: &mut HeaderMap, is_upgrade: bool) {
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
    if !is_upgrade {
        headers.remove(header::CONNECTION);
        headers.remove(header::UPGRADE);
    }
}

/// Says who forwards this request, and for whom.
pub(super) fn mark(headers: &mut HeaderMap, holder: &str, client: Option<SocketAddr>) {
    headers.remove(CLIENT);
    headers.remove(FORWARDED_TO);
    headers.extend(HeaderValue::from_str(holder).map(|value| (FORWARDED_TO, value)));
    headers.extend(client.and_then(|client| HeaderValue::from_str(&client.to_string()).ok()).map(|value| (CLIENT, value)));
}

/// Whether it says that another Darkroom forwards it, to whomever.
pub(super) fn is_forwarded(headers: &HeaderMap) -> bool {
    headers.contains_key(FORWARDED_TO)
}

/// Whether it was forwarded to this owner.
pub(super) fn is_to(headers: &HeaderMap, holder: &str) -> bool {
    headers.get(FORWARDED_TO).is_some_and(|to| to.as_bytes() == holder.as_bytes())
}

/// At the owner: makes a request that another Darkroom forwarded look as if its client had sent it here. Whoever does not know the holder cannot
/// pretend that. Returns false if it was forwarded to another owner than this.
pub(super) fn unwrap(request: &mut Request, holder: &Arc<str>) -> bool {
    let Some(to) = request.headers_mut().remove(FORWARDED_TO) else {
        request.headers_mut().remove(CLIENT);
        return true;
    };
    let client = request.headers_mut().remove(CLIENT);
    if to.as_bytes() != holder.as_bytes() {
        return false;
    }
    if let Some(client) = client.and_then(|client| client.to_str().ok()?.parse::<SocketAddr>().ok()) {
        request.extensions_mut().insert(ConnectInfo(client));
    }
    true
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn peer(request: &Request) -> Option<SocketAddr> {
        request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0)
    }

    fn from(address: &str) -> Request {
        let mut request = Request::new(Body::empty());
        request.extensions_mut().insert(ConnectInfo(address.parse::<SocketAddr>().unwrap()));
        request
    }

    #[test]
    fn only_a_darkroom_that_knows_the_holder_speaks_for_a_client() {
        let holder: Arc<str> = "holder".into();
        let client = "192.0.2.7:5".parse().ok();
        let mut request = from("10.0.0.2:1");
        mark(request.headers_mut(), "holder", client);
        assert!(unwrap(&mut request, &holder));
        assert_eq!((peer(&request), request.headers().len()), (client, 0));

        let mut guessed = from("10.0.0.2:1");
        mark(guessed.headers_mut(), "another", client);
        assert!(!unwrap(&mut guessed, &holder));
        let mut without = from("10.0.0.2:1");
        without.headers_mut().insert(CLIENT, HeaderValue::from_static("192.0.2.7:5"));
        assert!(unwrap(&mut without, &holder));
        assert_eq!((peer(&without), without.headers().len()), ("10.0.0.2:1".parse().ok(), 0));
    }

    #[test]
    fn what_a_client_claims_is_replaced() {
        let mut headers = HeaderMap::from_iter([(CLIENT, HeaderValue::from_static("192.0.2.7:5"))]);
        mark(&mut headers, "holder", None);
        assert!(!headers.contains_key(CLIENT));
    }
}
