//! What a Darkroom answers while it waits to take over from another: that it lives, and is not ready.

use std::{
    future::{Future, IntoFuture, pending},
    io,
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use axum::{
    Json, Router,
    http::{StatusCode, header},
    response::IntoResponse,
    routing::get,
    serve::Listener,
};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};

/// Carries out `work`, and answers whoever connects meanwhile.
///
/// # Errors
/// The listener is lost.
pub async fn answer_during<T>(listener: TcpListener, work: impl Future<Output = T>) -> io::Result<(TcpListener, T)> {
    let shared = Arc::new(listener);
    let app = Router::new().route("/healthz", get(async || close("ok\n"))).fallback(not_ready);
    let serving = axum::serve(SharedListener(shared.clone()), app).into_future();
    let done = tokio::select! {
        done = work => done,
        done = async { let _ = serving.await; pending().await } => done,
    };
    let listener = Arc::into_inner(shared).ok_or_else(|| io::Error::other("the listener is still in use"))?;
    Ok((listener, done))
}

async fn not_ready() -> impl IntoResponse {
    let problem = json!({
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "This Darkroom waits to take over from another one, which serves.",
    });
    let head = [(header::CONTENT_TYPE, "application/problem+json"), (header::RETRY_AFTER, "1")];
    close((StatusCode::SERVICE_UNAVAILABLE, head, Json(problem)))
}

/// The connection must not outlive the wait: its next request is for others.
fn close(answer: impl IntoResponse) -> impl IntoResponse {
    ([(header::CONNECTION, "close")], answer)
}

/// Between two tries to accept a connection.
const AFTER_ERROR: Duration = Duration::from_millis(100);

struct SharedListener(Arc<TcpListener>);

impl Listener for SharedListener {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            match self.0.accept().await {
                Ok(accepted) => return accepted,
                // Too many open files, or a connection that is gone already.
                Err(_) => tokio::time::sleep(AFTER_ERROR).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}
