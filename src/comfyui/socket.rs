//! One WebSocket to ComfyUI: opens it, sends the first message, and forwards every frame with the generation of the socket.

use std::{sync::Arc, time::Duration};

use futures::{SinkExt, StreamExt};
use tokio::{
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::timeout,
};
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config,
    tungstenite::{self, Bytes, Message, Utf8Bytes, protocol::WebSocketConfig},
};
use tokio_util::sync::CancellationToken;

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

type SocketStream = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn connect(handshake: Handshake, greeting: Utf8Bytes) -> Result<SocketStream, tungstenite::Error> {
    let config = WebSocketConfig::default().max_message_size(Some(limits::UPSTREAM_FRAME)).max_frame_size(Some(limits::UPSTREAM_FRAME));
    let (mut stream, _) =
        connect_async_tls_with_config(handshake.request, Some(config), true, handshake.tls.map(Connector::Rustls)).await?;
    stream.send(Message::Text(greeting)).await?;
    Ok(stream)
}

/// Reads until the socket ends. `None` when this side closed it.
async fn run(
    mut stream: SocketStream,
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
                let _ = timeout(CLOSE_WITHIN, close_handshake(&mut stream)).await;
                return None;
            }
            Some(()) = pings.recv() => {
                if let Err(error) = stream.send(Message::Ping(Bytes::new())).await {
                    return Some(loss(&error));
                }
                continue;
            }
            message = stream.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    let held = hold(&room, text.len()).await?;
                    SocketEvent::Text(text, held)
                }
                Some(Ok(Message::Binary(bytes))) => {
                    let held = hold(&room, bytes.len()).await?;
                    SocketEvent::Binary(bytes, held)
                }
                Some(Ok(Message::Pong(_))) => SocketEvent::Pong,
                Some(Ok(Message::Close(frame))) => {
                    closed = frame.map(|frame| Loss::closed(frame.code.into(), &frame.reason));
                    continue;
                }
                Some(Ok(Message::Ping(_) | Message::Frame(_))) => continue,
                // After a close frame, an error of the connection is not a new event.
                Some(Err(error)) => return Some(closed.unwrap_or_else(|| loss(&error))),
                None => return Some(closed.unwrap_or(Loss::Dropped)),
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
async fn close_handshake(stream: &mut SocketStream) {
    if stream.close(None).await.is_ok() {
        while let Some(Ok(_)) = stream.next().await {}
    }
}

/// Connection refused: no process listens at the port.
fn is_refused(error: &tungstenite::Error) -> bool {
    matches!(error, tungstenite::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused)
}

fn loss(error: &tungstenite::Error) -> Loss {
    match error {
        // A gateway whose server is away answers 5xx.
        tungstenite::Error::Http(response) if !response.status().is_server_error() => {
            Loss::Refused(format!("the WebSocket is refused ({})", response.status()))
        }
        tungstenite::Error::Capacity(_) => Loss::Closed { code: close::TOO_BIG },
        _ => Loss::Dropped,
    }
}
