//! A WebSocket that writes down all it receives.

use std::{sync::Arc, time::Duration};

use futures::{SinkExt, StreamExt, stream::SplitSink};
use tokio::{net::TcpStream, sync::watch, task::JoinHandle, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

/// Long enough for a busy machine; nothing here waits for time to pass.
pub const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, PartialEq)]
pub enum Frame {
    Text(String),
    Binary(Vec<u8>),
}

pub struct Socket {
    sink: SplitSink<WebSocketStream<MaybeTlsStream<TcpStream>>, Message>,
    frames: watch::Receiver<Arc<Vec<Frame>>>,
    reader: JoinHandle<()>,
}

impl Socket {
    pub async fn open(url: &str) -> Self {
        let (stream, _) = connect_async(url).await.expect("a websocket");
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
        Self { sink, frames, reader }
    }

    pub async fn send(&mut self, text: &str) {
        self.sink.send(Message::text(text)).await.expect("sent");
    }

    pub fn frames(&self) -> Arc<Vec<Frame>> {
        Arc::clone(&self.frames.borrow())
    }

    /// Waits until what has come satisfies the condition.
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

    /// Closes properly and waits for the server's answer.
    pub async fn close(&mut self) {
        let _ = self.sink.close().await;
        let _ = timeout(PATIENCE, &mut self.reader).await.expect("an answer to the close frame");
    }

    /// Drops the connection without a close frame.
    pub fn abort(self) -> Arc<Vec<Frame>> {
        self.reader.abort();
        self.frames()
    }
}
