//! A proxy in front of a ComfyUI: lets in only requests that carry what it wants, and can silence its open sockets like ComfyUI's zombie sockets (they stay open
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

/// All that [`Front::wanting_everything`] wants, plain and encoded.
pub const SECRETS: [&str; 5] = ["pass word", "bWU6cGFzcyB3b3Jk", "a%2Bb", "a+b", "hush-hush"];

#[derive(Clone)]
pub struct Front(Arc<Inner>);

struct Inner {
    addr: SocketAddr,
    behind: SocketAddr,
    wants: Box<dyn Fn(&Request) -> bool + Send + Sync>,
    /// Requests and handshakes that were not let in.
    refused: AtomicUsize,
    /// Handshakes received, including refused ones.
    handshakes: AtomicUsize,
    /// Sockets up to this number are silent.
    silent: AtomicUsize,
}

impl Front {
    /// Wants a bearer token.
    pub async fn of(behind: SocketAddr, token: &'static str) -> Self {
        Self::wanting(behind, move |request| {
            request.headers().get(header::AUTHORIZATION).is_some_and(|value| value == &format!("Bearer {token}"))
        })
        .await
    }

    /// Wants the user "me" with the password "pass word", a header `X-API-Key: hush-hush`, and the query `token=a%2Bb`, once: with every request
    /// and with the handshake of the WebSocket.
    pub async fn wanting_everything(behind: SocketAddr) -> Self {
        Self::wanting(behind, |request| {
            let has = |name: &str, value: &str| request.headers().get(name).is_some_and(|found| found == value);
            let tokens = request.uri().query().unwrap_or_default().split('&').filter(|pair| *pair == "token=a%2Bb").count();
            has("authorization", "Basic bWU6cGFzcyB3b3Jk") && has("x-api-key", "hush-hush") && tokens == 1
        })
        .await
    }

    pub async fn wanting(behind: SocketAddr, wants: impl Fn(&Request) -> bool + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("bound");
        let front = Self(Arc::new(Inner {
            addr,
            behind,
            wants: Box::new(wants),
            refused: AtomicUsize::new(0),
            handshakes: AtomicUsize::new(0),
            silent: AtomicUsize::new(0),
        }));
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

    /// Requests and handshakes that were not let in.
    pub fn refused(&self) -> usize {
        self.0.refused.load(Ordering::SeqCst)
    }

    fn may_pass(&self, request: &Request) -> bool {
        let passes = (self.0.wants)(request);
        self.0.refused.fetch_add(usize::from(!passes), Ordering::SeqCst);
        passes
    }
}

async fn request(State(front): State<Front>, request: Request) -> Response {
    if !front.may_pass(&request) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let (head, body) = request.into_parts();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let body = to_bytes(body, usize::MAX).await.expect("whole");
    let mut sent = reqwest::Client::new().request(head.method, format!("http://{}{path}", front.0.behind)).body(body);
    if let Some(kind) = head.headers.get(header::CONTENT_TYPE) {
        sent = sent.header(header::CONTENT_TYPE, kind);
    }
    let sent = sent.send().await;
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
