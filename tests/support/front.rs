//! A proxy in front of a ComfyUI: requires a bearer token, and can silence its open sockets like ComfyUI's zombie sockets (they stay open
//! and answer pings, but deliver no message).

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State, WebSocketUpgrade, ws},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::any,
};
use futures::{SinkExt, StreamExt};
use tokio::net::TcpListener;
use tokio_tungstenite::{connect_async, tungstenite};

#[derive(Clone)]
pub struct Front(Arc<Inner>);

struct Inner {
    addr: SocketAddr,
    behind: SocketAddr,
    token: &'static str,
    /// Handshakes received, including refused ones.
    handshakes: AtomicUsize,
    /// Sockets up to this number are silent.
    silent: AtomicUsize,
}

impl Front {
    pub async fn of(behind: SocketAddr, token: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("bound");
        let front = Self(Arc::new(Inner { addr, behind, token, handshakes: AtomicUsize::new(0), silent: AtomicUsize::new(0) }));
        let app = Router::new().route("/ws", any(socket)).fallback(any(request)).with_state(front.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.expect("serves") });
        front
    }

    pub fn addr(&self) -> SocketAddr {
        self.0.addr
    }

    pub fn handshakes(&self) -> usize {
        self.0.handshakes.load(Ordering::SeqCst)
    }

    /// From now on, the open sockets deliver no message.
    pub fn silence(&self) {
        self.0.silent.store(self.handshakes(), Ordering::SeqCst);
    }

    fn may_pass(&self, request: &Request) -> bool {
        request.headers().get(header::AUTHORIZATION).is_some_and(|value| value == &format!("Bearer {}", self.0.token))
    }
}

async fn request(State(front): State<Front>, request: Request) -> Response {
    if !front.may_pass(&request) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let (head, body) = request.into_parts();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let body = to_bytes(body, usize::MAX).await.expect("whole");
    let sent = reqwest::Client::new().request(head.method, format!("http://{}{path}", front.0.behind)).body(body).send().await;
    let Ok(answer) = sent else { return StatusCode::BAD_GATEWAY.into_response() };
    (answer.status(), Body::from_stream(answer.bytes_stream())).into_response()
}

async fn socket(State(front): State<Front>, upgrade: WebSocketUpgrade, request: Request) -> Response {
    let number = front.0.handshakes.fetch_add(1, Ordering::SeqCst) + 1;
    if !front.may_pass(&request) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let url = format!("ws://{}{}", front.0.behind, request.uri());
    upgrade.on_upgrade(async move |client| pipe(front, number, client, url).await)
}

async fn pipe(front: Front, number: usize, mut client: ws::WebSocket, url: String) {
    let (mut comfyui, _) = connect_async(url).await.expect("opens");
    loop {
        tokio::select! {
            Some(Ok(message)) = client.next() => if let ws::Message::Text(text) = message {
                let _ = comfyui.send(tungstenite::Message::text(text.as_str())).await;
            },
            Some(Ok(message)) = comfyui.next() => {
                if number <= front.0.silent.load(Ordering::SeqCst) {
                    continue;
                }
                let sent = match message {
                    tungstenite::Message::Text(text) => client.send(ws::Message::text(text.as_str())).await,
                    tungstenite::Message::Binary(bytes) => client.send(ws::Message::Binary(bytes)).await,
                    _ => Ok(()),
                };
                if sent.is_err() {
                    return;
                }
            }
            else => return,
        }
    }
}
