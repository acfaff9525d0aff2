//! Serves HTTP on every accepted connection, until the server stops.

use std::{
    convert::Infallible,
    io::Write,
    net::{Shutdown, SocketAddr},
    pin::pin,
};

use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request},
    http::StatusCode,
    response::Response,
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

use super::{
    accept,
    admission::{Admission, ConnectionPermit},
    stream::{ClientStream, InResponse, Phase},
};
use crate::{config::ConnectionsConfig, held_body::hold};

/// Serves `app` until `stop`, then completes the requests in progress.
pub async fn serve(mut listener: TcpListener, app: Router, admission: Admission, limits: ConnectionsConfig, stop: CancellationToken) {
    let connections = TaskTracker::new();
    loop {
        let (stream, peer) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = accept::next(&mut listener) => accepted,
        };
        match admission.admit(peer.ip()) {
            Ok(permit) => {
                connections.spawn(connection(stream, peer, app.clone(), limits.clone(), Some(permit), stop.clone()));
            }
            Err(full) => {
                tracing::debug!(%peer, ?full, "a connection is refused");
                refuse(stream, &full.response());
            }
        }
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// Sends the reason, if that is possible without waiting, and closes.
fn refuse(stream: TcpStream, response: &str) {
    // Not through tokio, for which a new socket is not writable yet. It does not block.
    if let Ok(mut stream) = stream.into_std() {
        let _ = stream.write_all(response.as_bytes());
        let _ = stream.shutdown(Shutdown::Write);
    }
}

/// One connection, until it ends or the server stops.
pub(super) async fn connection<T: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: T,
    peer: SocketAddr,
    app: Router,
    limits: ConnectionsConfig,
    permit: Option<ConnectionPermit>,
    stop: CancellationToken,
) {
    let phase = Phase::default();
    let stream = ClientStream::new(stream, phase.clone(), limits.head_within, limits.idle_within, permit);
    let service = service_fn(move |request| answer(request, peer, app.clone(), phase.begin()));
    let http = http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades();
    let mut http = pin!(http);
    let ended = tokio::select! {
        ended = http.as_mut() => ended,
        () = stop.cancelled() => {
            http.as_mut().graceful_shutdown();
            http.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "a connection ended");
    }
}

async fn answer(request: Request<Incoming>, peer: SocketAddr, app: Router, in_response: InResponse) -> Result<Response, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    let response = app.oneshot(request).await?;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        in_response.upgraded();
        return Ok(response);
    }
    // It is under way until its body is written.
    Ok(hold(response, in_response))
}
