//! A connection that stops speaking HTTP, such as a WebSocket: its bytes are passed on both ways.

use axum::{body::Body, response::Response};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio_util::sync::CancellationToken;

/// `client`: of the request; `response`: 101, of the owner. Until `stop`.
pub(super) fn connect(client: OnUpgrade, mut response: Response, stop: CancellationToken) -> Response {
    let owner = hyper::upgrade::on(&mut response);
    tokio::spawn(async move {
        let passing = async {
            let (client, owner) = tokio::try_join!(client, owner).ok()?;
            tokio::io::copy_bidirectional(&mut TokioIo::new(client), &mut TokioIo::new(owner)).await.ok()
        };
        stop.run_until_cancelled(passing).await;
    });
    response.map(|_| Body::empty())
}
