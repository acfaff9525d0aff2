//! One WebSocket: opens it, says what is to be said first, and hands every frame on, tagged with its generation.

use std::{sync::Arc, time::Duration};

use futures::{SinkExt, StreamExt};
use tokio::{
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::timeout,
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{self, Bytes, Message, Utf8Bytes, handshake::client::Request, protocol::WebSocketConfig},
};
use tokio_util::sync::CancellationToken;

use proto::{
    limits,
    link::{Generation, Loss},
    wire::close,
};

#[derive(Debug)]
pub enum SocketEvent {
    Opened,
    Text(Utf8Bytes, Held),
    Binary(Bytes, Held),
    Pong,
    /// The port was closed: what comes back there has forgotten everything (fact 5).
    Gone,
    /// Not of the socket itself, but in order with its frames: what HTTP says about its silence.
    Checked {
        missed: bool,
    },
    Lost(Loss),
}

/// A frame's part of [`limits::UPSTREAM_BACKLOG`], until it is dropped.
pub type Held = OwnedSemaphorePermit;

/// A socket that is open or being opened. Dropping it closes it.
pub struct Socket {
    pub generation: Generation,
    pings: mpsc::Sender<()>,
    closing: CancellationToken,
}

/// Frames that may wait to be read, however small.
const BACKLOG: usize = 1024;
/// Bytes to one permit of the backlog's semaphore, which counts in 32 bits.
const PERMIT: usize = 1024;
/// Belongs to the connection, so it goes first on each (fact 4), or previews come without the ids of their prompts.
pub const FEATURE_FLAGS: &str = r#"{"type":"feature_flags","data":{"supports_preview_metadata":true}}"#;
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

pub type SocketEvents = mpsc::Receiver<(Generation, SocketEvent)>;
pub type SocketSender = mpsc::Sender<(Generation, SocketEvent)>;

pub fn channel() -> (SocketSender, SocketEvents) {
    mpsc::channel(BACKLOG)
}

impl Socket {
    /// Begins to open a socket and says `greeting` on it. `after` must have ended first: of two sockets with one client id, ComfyUI mutes the newer (fact 1).
    pub fn open(
        generation: Generation,
        request: Request,
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
                connected = connect(request, greeting) => match connected {
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
        // A full queue means that pings are not answered: the machine will notice by itself.
        let _ = self.pings.try_send(());
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.closing.cancel();
    }
}

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn connect(request: Request, greeting: Utf8Bytes) -> Result<Stream, tungstenite::Error> {
    let config = WebSocketConfig::default().max_message_size(Some(limits::UPSTREAM_FRAME)).max_frame_size(Some(limits::UPSTREAM_FRAME));
    let (mut stream, _) = connect_async_with_config(request, Some(config), true).await?;
    stream.send(Message::Text(greeting)).await?;
    Ok(stream)
}

/// Reads until the end. `None` when the end was ours.
async fn run(
    mut stream: Stream,
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
                let _ = timeout(CLOSE_WITHIN, take_leave(&mut stream)).await;
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
                // After a close frame, whatever ends the connection is only its end.
                Some(Err(error)) => return Some(closed.unwrap_or_else(|| loss(&error))),
                None => return Some(closed.unwrap_or(Loss::Dropped)),
            },
        };
        if events.send((generation, event)).await.is_err() {
            return None;
        }
    }
}

/// Waits until the backlog has room for a frame. At least one of any size has.
async fn hold(room: &Arc<Semaphore>, bytes: usize) -> Option<Held> {
    let permits = (bytes / PERMIT + 1).min(limits::UPSTREAM_BACKLOG / PERMIT);
    room.clone().acquire_many_owned(u32::try_from(permits).ok()?).await.ok()
}

/// Says goodbye and waits until the peer has seen it.
async fn take_leave(stream: &mut Stream) {
    if stream.close(None).await.is_ok() {
        while let Some(Ok(_)) = stream.next().await {}
    }
}

/// Nobody listens at its port: the process is gone.
fn is_refused(error: &tungstenite::Error) -> bool {
    matches!(error, tungstenite::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused)
}

fn loss(error: &tungstenite::Error) -> Loss {
    match error {
        tungstenite::Error::Http(response) if matches!(response.status().as_u16(), 401 | 403) => {
            Loss::Fatal(format!("the connection is refused ({})", response.status()))
        }
        tungstenite::Error::Capacity(_) => Loss::Closed { code: close::TOO_BIG },
        _ => Loss::Dropped,
    }
}
