//! The socket at a server that offers permessage-deflate, as ComfyUI's does, and at one that does not.

use std::{
    convert::Infallible,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use futures::SinkExt;
use hyper::{Request as HttpRequest, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use proptest::prelude::*;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};

use super::*;
use crate::Endpoint;

/// Counts the bytes that the server writes.
struct Counted(TcpStream, Arc<AtomicUsize>);

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.0).poll_write(cx, bytes);
        if let Poll::Ready(Ok(count)) = &written {
            self.1.fetch_add(*count, Ordering::SeqCst);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// Sends these frames to the client that connects, then waits for it to close. Gives the bytes written so far.
async fn server(options: Options, frames: Vec<Frame>) -> (Handshake, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let written = Arc::new(AtomicUsize::new(0));
    let count = written.clone();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let service = service_fn(move |mut request: HttpRequest<Incoming>| {
            let (options, frames) = (options.clone(), frames.clone());
            async move {
                let (response, upgrade) = WebSocket::upgrade_with_options(&mut request, options).unwrap();
                tokio::spawn(async move {
                    let mut socket = upgrade.await.unwrap();
                    for frame in frames {
                        if socket.send(frame).await.is_err() {
                            return;
                        }
                    }
                    while socket.next_frame().await.is_ok() {}
                });
                Ok::<_, Infallible>(response)
            }
        });
        http1::Builder::new().serve_connection(TokioIo::new(Counted(stream, count)), service).with_upgrades().await.unwrap();
    });
    (Endpoint::parse(&addr.to_string()).unwrap().handshake("me").unwrap(), written)
}

fn deflate() -> Options {
    Options::default().with_low_latency_compression()
}

/// The next events of a new socket, without the permits.
struct Events(SocketEvents, #[expect(dead_code, reason = "dropping it closes it")] Socket);

#[derive(Debug, PartialEq)]
enum Seen {
    Text(String),
    Binary(Bytes),
    Lost(Loss),
}

impl Events {
    fn open(handshake: Handshake) -> Self {
        let (sender, events) = channel();
        let (socket, _) = Socket::open(Generation::default(), handshake, FEATURE_FLAGS.into(), sender, None);
        Self(events, socket)
    }

    async fn next(&mut self) -> Seen {
        loop {
            match self.0.recv().await.unwrap().1 {
                SocketEvent::Text(text, _) => return Seen::Text(text.to_string()),
                SocketEvent::Binary(bytes, _) => return Seen::Binary(bytes),
                SocketEvent::Lost(loss) => return Seen::Lost(loss),
                SocketEvent::Opened | SocketEvent::Pong | SocketEvent::Gone | SocketEvent::Checked { .. } => {}
            }
        }
    }
}

#[tokio::test]
async fn messages_are_compressed_where_the_server_can() {
    let progress =
        |step: u32| format!(r#"{{"type": "progress", "data": {{"value": {step}, "max": 200, "prompt_id": "ad2d3bd4", "node": "3"}}}}"#);
    let texts: Vec<String> = (0..200).map(progress).collect();
    let plain: usize = texts.iter().map(String::len).sum();
    for (options, is_small) in [(deflate(), true), (Options::default(), false)] {
        let (request, written) = server(options, texts.iter().map(|text| Frame::text(text.clone())).collect()).await;
        let mut events = Events::open(request);
        for text in &texts {
            assert_eq!(events.next().await, Seen::Text(text.clone()));
        }
        let written = written.load(Ordering::SeqCst);
        assert_eq!(written < plain / 3, is_small, "{written} of {plain} bytes");
    }
}

/// 64 KiB on the line that would become more than a message may have.
#[tokio::test]
async fn a_message_that_inflates_over_the_limit_ends_the_socket() {
    let limit = Frame::binary(vec![0; limits::UPSTREAM_FRAME]);
    let over = Frame::binary(vec![0; limits::UPSTREAM_FRAME + 1]);
    let (request, written) = server(deflate(), vec![limit, over]).await;
    let mut events = Events::open(request);
    match events.next().await {
        Seen::Binary(bytes) => assert_eq!(bytes.len(), limits::UPSTREAM_FRAME),
        other => panic!("{other:?}"),
    }
    assert_eq!(events.next().await, Seen::Lost(Loss::Closed { code: close::TOO_BIG }));
    assert!(written.load(Ordering::SeqCst) < 4 << 20);
}

#[tokio::test]
async fn a_close_of_the_server_keeps_its_code() {
    let (request, _) = server(deflate(), vec![Frame::text("last"), Frame::close(CloseCode::Restart, "soon")]).await;
    let mut events = Events::open(request);
    assert_eq!(events.next().await, Seen::Text("last".into()));
    assert_eq!(events.next().await, Seen::Lost(Loss::closed(1012, "soon")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn messages_arrive_in_order(messages in prop::collection::vec(prop_oneof![
        ".{0,400}".prop_map(Seen::Text),
        prop::collection::vec(any::<u8>(), 0..4_000).prop_map(|bytes| Seen::Binary(bytes.into())),
    ], 1..20), compressed: bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let frames = messages.iter().map(|message| match message {
                Seen::Text(text) => Frame::text(text.clone()),
                Seen::Binary(bytes) => Frame::binary(bytes.clone()),
                Seen::Lost(_) => Frame::ping(""),
            });
            let (request, _) = server(if compressed { deflate() } else { Options::default() }, frames.collect()).await;
            let mut events = Events::open(request);
            for message in messages {
                assert_eq!(events.next().await, message);
            }
        });
    }
}
