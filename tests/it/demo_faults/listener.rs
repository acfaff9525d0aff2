//! A client on the WebSocket of a demo engine.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message},
};

use super::PATIENCE;
use crate::support::faults::Control;

/// Long enough to see that nothing arrives where it would arrive at once.
const SILENCE: Duration = Duration::from_millis(200);

pub(super) struct Listener {
    pub(super) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// A frame, reduced to what these tests check.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Received {
    Event(String, Value),
    Text(String),
    Binary(usize),
    Pong,
    Closed(Option<u16>),
    /// The connection ended without a close frame.
    Gone(Option<std::io::ErrorKind>),
}

impl Received {
    pub(super) fn kind(&self) -> &str {
        match self {
            Self::Event(kind, _) => kind,
            Self::Text(_) => "text",
            Self::Binary(_) => "preview",
            Self::Pong => "pong",
            Self::Closed(_) => "closed",
            Self::Gone(_) => "gone",
        }
    }
}

impl Listener {
    pub(super) async fn open(engine: &Control) -> Self {
        let mut client = Self::dial(engine).await.expect("a socket");
        assert_eq!(client.receive().await.kind(), "status");
        client
    }

    pub(super) async fn dial(engine: &Control) -> Result<Self, Error> {
        let (socket, _) = connect_async(format!("ws://{}/ws?clientId=me", engine.addr)).await?;
        Ok(Self { socket })
    }

    pub(super) async fn receive(&mut self) -> Received {
        timeout(PATIENCE, self.next()).await.expect("something in time")
    }

    async fn next(&mut self) -> Received {
        match self.socket.next().await {
            Some(Ok(Message::Text(text))) => match serde_json::from_str::<Value>(&text) {
                Ok(mut frame) => Received::Event(frame["type"].as_str().expect("a type").to_owned(), frame["data"].take()),
                Err(_) => Received::Text(text.to_string()),
            },
            Some(Ok(Message::Binary(bytes))) => Received::Binary(bytes.len()),
            Some(Ok(Message::Pong(_))) => Received::Pong,
            Some(Ok(Message::Close(frame))) => Received::Closed(frame.map(|frame| frame.code.into())),
            Some(Ok(other)) => panic!("unexpected {other:?}"),
            Some(Err(Error::Io(error))) => Received::Gone(Some(error.kind())),
            Some(Err(_)) | None => Received::Gone(None),
        }
    }

    /// The types of all frames up to and including this one.
    pub(super) async fn until(&mut self, kind: &str) -> Vec<String> {
        let mut kinds = Vec::new();
        while kinds.last().is_none_or(|last| last != kind) {
            let received = self.receive().await;
            assert!(kind == "gone" || !matches!(received, Received::Gone(_)), "no {kind}, but {kinds:?}");
            kinds.push(received.kind().to_owned());
        }
        kinds
    }

    pub(super) async fn until_ended(&mut self) -> Vec<Received> {
        let mut all = Vec::new();
        loop {
            let received = self.receive().await;
            assert!(!matches!(received, Received::Gone(_)), "gone after {all:?}");
            let over = matches!(&received, Received::Event(kind, data) if kind == "executing" && data["node"].is_null());
            all.push(received);
            if over {
                return all;
            }
        }
    }

    pub(super) async fn is_silent(&mut self) -> bool {
        timeout(SILENCE, self.next()).await.is_err()
    }

    pub(super) async fn ping(&mut self) {
        self.socket.send(Message::Ping("now".into())).await.expect("sent");
    }
}
