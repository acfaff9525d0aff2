//! A WebSocket client that records every frame.

use std::{sync::Arc, time::Duration};

use futures::{SinkExt, StreamExt, stream::SplitSink};
use tokio::{net::TcpStream, sync::watch, task::JoinHandle, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest},
};

/// Long enough for a busy machine; no test waits for this to pass.
pub const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, PartialEq)]
pub enum Frame {
    Text(String),
    Binary(Vec<u8>),
}

pub struct Socket {
    /// The TCP connection, to be dropped without a close frame.
    connection: std::net::TcpStream,
    sink: SplitSink<WebSocketStream<TcpStream>, Message>,
    frames: watch::Receiver<Arc<Vec<Frame>>>,
    reader: JoinHandle<()>,
}

impl Socket {
    pub async fn open(url: &str) -> Self {
        Self::open_with(url, &[]).await
    }

    /// With more headers in its handshake.
    pub async fn open_with(url: &str, headers: &[(&'static str, &str)]) -> Self {
        let address = url.split('/').nth(2).expect("a host");
        let tcp = TcpStream::connect(address).await.expect("a connection");
        let connection = tcp.into_std().expect("a socket");
        let tcp = connection.try_clone().expect("a second handle");
        let tcp = TcpStream::from_std(tcp).expect("a socket");
        let mut request = url.into_client_request().expect("a url");
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().expect("a header"));
        }
        let (stream, _) = client_async(request, tcp).await.expect("a websocket");
        let (sink, mut stream) = stream.split();
        let (log, frames) = watch::channel(Arc::new(Vec::new()));
        let reader = tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                let frame = match message {
                    Message::Text(text) => Frame::Text(text.to_string()),
                    Message::Binary(bytes) => Frame::Binary(bytes.to_vec()),
                    Message::Close(_) => break,
                    _ => continue,
                };
                log.send_modify(|frames| Arc::make_mut(frames).push(frame));
            }
        });
        Self { connection, sink, frames, reader }
    }

    pub async fn send(&mut self, text: &str) {
        self.sink.send(Message::text(text)).await.expect("sent");
    }

    pub fn frames(&self) -> Arc<Vec<Frame>> {
        Arc::clone(&self.frames.borrow())
    }

    /// Waits until the received frames satisfy the condition.
    pub async fn until(&mut self, what: &str, mut enough: impl FnMut(&[Frame]) -> bool) {
        let waited = timeout(PATIENCE, self.frames.wait_for(|frames| enough(frames))).await;
        let came = matches!(waited, Ok(Ok(_)));
        drop(waited);
        if !came {
            let frames = self.frames();
            let last = &frames[frames.len().saturating_sub(4)..];
            panic!("{what} did not come; the last of {} frames: {last:?}", frames.len());
        }
    }

    /// Closes cleanly and waits for the server's close frame.
    pub async fn close(&mut self) {
        let _ = self.sink.close().await;
        let _ = timeout(PATIENCE, &mut self.reader).await.expect("an answer to the close frame");
    }

    /// Drops the connection without a close frame, and waits until the server has dropped it too: a new socket with the same id opened
    /// earlier would be removed from the server's table along with this one.
    pub async fn abort(mut self) -> Arc<Vec<Frame>> {
        let _ = self.connection.shutdown(std::net::Shutdown::Write);
        if !self.reader.is_finished() {
            let ended = timeout(PATIENCE, &mut self.reader).await;
            assert!(ended.is_ok(), "the server keeps a dead connection");
        }
        self.frames()
    }
}
