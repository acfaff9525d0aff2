//! One WebSocket to ComfyUI: opens it, sends the first message, and forwards every message with the generation of the socket.
//!
//! By yawc and not by tungstenite, which axum uses: yawc has permessage-deflate, which ComfyUI's server offers. Of a run of
//! 200 nodes a twentieth of the bytes is left (`make bench PARTS=link`). Only this file uses it.

use std::{sync::Arc, time::Duration};

use futures::SinkExt;
use reqwest::header;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::timeout,
};
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::{Bytes, Utf8Bytes};
use tokio_util::sync::CancellationToken;
use yawc::{Frame, HttpRequest, OpCode, Options, TcpWebSocket, WebSocket, WebSocketError, close::CloseCode};

use super::Handshake;
use proto::{
    limits,
    link::{Generation, Loss},
    wire::close,
};

#[derive(Debug)]
pub enum SocketEvent {
    Opened,
    Text(Utf8Bytes, FramePermit),
    Binary(Bytes, FramePermit),
    Pong,
    /// The port was closed: the process ended, and the next one has an empty queue and history (fact 5).
    Gone,
    /// The result of a check over HTTP, in order with the frames of the socket.
    Checked {
        missed: bool,
    },
    Lost(Loss),
}

/// A frame's part of [`limits::UPSTREAM_BACKLOG`], until it is dropped.
pub type FramePermit = OwnedSemaphorePermit;

/// A socket that is open or being opened. Dropping it closes it.
pub struct Socket {
    pub generation: Generation,
    pings: mpsc::Sender<()>,
    closing: CancellationToken,
}

/// The number of frames that may wait to be read.
const BACKLOG: usize = 1024;
/// Bytes for one permit of the backlog's semaphore, whose permits are 32 bits wide.
const PERMIT: usize = 1024;
/// The first message on each connection (fact 4). Without it, previews come without prompt ids.
pub const FEATURE_FLAGS: &str = r#"{"type":"feature_flags","data":{"supports_preview_metadata":true}}"#;
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

pub type SocketEvents = mpsc::Receiver<(Generation, SocketEvent)>;
pub type SocketSender = mpsc::Sender<(Generation, SocketEvent)>;

pub fn channel() -> (SocketSender, SocketEvents) {
    mpsc::channel(BACKLOG)
}

impl Socket {
    /// Starts to open a socket and sends `greeting` on it. `after` must have ended first: of two sockets with one client id, ComfyUI mutes the newer (fact 1).
    pub fn open(
        generation: Generation,
        handshake: Handshake,
        greeting: Utf8Bytes,
        events: SocketSender,
        after: Option<tokio::task::JoinHandle<()>>,
    ) -> (Self, tokio::task::JoinHandle<()>) {
        let (pings, ping_orders) = mpsc::channel(4);
        let closing = CancellationToken::new();
        let socket = Self { generation, pings, closing: closing.clone() };
        let task = tokio::spawn(async move {
            if let Some(before) = after {
                let _ = before.await;
            }
            let loss = tokio::select! {
                () = closing.cancelled() => return,
                connected = connect(handshake, greeting) => match connected {
                    Ok(stream) => run(stream, generation, &events, ping_orders, &closing).await,
                    Err(error) => {
                        if is_refused(&error) {
                            let _ = events.send((generation, SocketEvent::Gone)).await;
                        }
                        Some(loss(&error))
                    }
                },
            };
            if let Some(loss) = loss {
                let _ = events.send((generation, SocketEvent::Lost(loss))).await;
            }
        });
        (socket, task)
    }

    pub fn ping(&self) {
        // The ping is dropped when the queue is full: the machine then gets no pong, and replaces the socket.
        let _ = self.pings.try_send(());
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.closing.cancel();
    }
}

/// What the library sets in a handshake by itself.
const HANDSHAKE: [header::HeaderName; 5] =
    [header::CONNECTION, header::UPGRADE, header::SEC_WEBSOCKET_KEY, header::SEC_WEBSOCKET_VERSION, header::SEC_WEBSOCKET_EXTENSIONS];

async fn connect(Handshake { request, tls }: Handshake, greeting: Utf8Bytes) -> Result<TcpWebSocket, WebSocketError> {
    let url = request.uri().to_string().parse()?;
    let headers = request.headers().iter().filter(|(name, _)| !HANDSHAKE.contains(name));
    let http = headers.fold(HttpRequest::builder(), |http, (name, value)| http.header(name, value));
    // The library's limits are exclusive. They hold for what a compressed message becomes, and stop it from becoming more.
    let limit = limits::UPSTREAM_FRAME + 1;
    let options = Options::default().with_limits(limit, limit).with_no_delay().with_low_latency_compression();
    let builder = WebSocket::connect(url).with_options(options).with_request(http);
    let mut socket = match tls {
        Some(tls) => builder.with_connector(TlsConnector::from(tls)).await?,
        None => builder.await?,
    };
    socket.send(Frame::text(Bytes::from(greeting))).await?;
    Ok(socket)
}

/// Reads until the socket ends. `None` when this side closed it.
async fn run(
    mut socket: TcpWebSocket,
    generation: Generation,
    events: &SocketSender,
    mut pings: mpsc::Receiver<()>,
    closing: &CancellationToken,
) -> Option<Loss> {
    if events.send((generation, SocketEvent::Opened)).await.is_err() {
        return None;
    }
    let room = Arc::new(Semaphore::new(limits::UPSTREAM_BACKLOG / PERMIT));
    let mut closed = None;
    loop {
        let event = tokio::select! {
            () = closing.cancelled() => {
                let _ = timeout(CLOSE_WITHIN, close_handshake(&mut socket)).await;
                return None;
            }
            Some(()) = pings.recv() => {
                if let Err(error) = socket.send(Frame::ping(Bytes::new())).await {
                    return Some(loss(&error));
                }
                continue;
            }
            frame = socket.next_frame() => match frame.map(Frame::into_parts) {
                Ok((OpCode::Text, _, text)) => {
                    let Ok(text) = Utf8Bytes::try_from(text) else { return Some(Loss::Dropped) };
                    let held = hold(&room, text.len()).await?;
                    SocketEvent::Text(text, held)
                }
                Ok((OpCode::Binary, _, bytes)) => {
                    let held = hold(&room, bytes.len()).await?;
                    SocketEvent::Binary(bytes, held)
                }
                Ok((OpCode::Pong, ..)) => SocketEvent::Pong,
                Ok((OpCode::Close, _, payload)) => {
                    let code = payload.first_chunk().map(|code| u16::from_be_bytes(*code));
                    closed = code.map(|code| Loss::closed(code, &String::from_utf8_lossy(payload.get(2..).unwrap_or_default())));
                    continue;
                }
                Ok((OpCode::Ping | OpCode::Continuation, ..)) => continue,
                // After a close frame, an error of the connection is not a new event.
                Err(error) => return Some(closed.unwrap_or_else(|| loss(&error))),
            },
        };
        if events.send((generation, event)).await.is_err() {
            return None;
        }
    }
}

/// Waits until the backlog has room for a frame. A single frame of any size always fits.
async fn hold(room: &Arc<Semaphore>, bytes: usize) -> Option<FramePermit> {
    let permits = (bytes / PERMIT + 1).min(limits::UPSTREAM_BACKLOG / PERMIT);
    room.clone().acquire_many_owned(u32::try_from(permits).ok()?).await.ok()
}

/// Sends a close frame and waits for the peer's.
async fn close_handshake(socket: &mut TcpWebSocket) {
    if socket.send(Frame::close(CloseCode::Normal, "")).await.is_ok() {
        while socket.next_frame().await.is_ok() {}
    }
}

/// Connection refused: no process listens at the port.
fn is_refused(error: &WebSocketError) -> bool {
    error.as_io_error().is_some_and(|error| error.kind() == std::io::ErrorKind::ConnectionRefused)
}

fn loss(error: &WebSocketError) -> Loss {
    match error {
        // A gateway whose server is away answers 5xx.
        WebSocketError::InvalidStatusCode(status) if *status < 500 => Loss::Refused(format!("the WebSocket is refused ({status})")),
        WebSocketError::Redirected { status_code, .. } => Loss::Refused(format!("the WebSocket is redirected ({status_code})")),
        WebSocketError::FrameTooLarge => Loss::Closed { code: close::TOO_BIG },
        _ => Loss::Dropped,
    }
}

#[cfg(test)]
mod tests;
