//! A connection that carries one request, and asks before each write whether the request may still be sent.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::{
    client::legacy::connect::{Connected, Connection},
    rt::TokioIo,
};
use reqwest::Body;
use tokio::net::TcpStream;

use super::{
    change_right::WriteGuard,
    stop_points::{StopPlace, reach},
};

/// What is known of a request on its way.
#[derive(Debug)]
pub(super) struct Flight {
    guard: WriteGuard,
    /// Its last byte was handed to the HTTP library.
    is_given: AtomicBool,
    /// Its last byte was handed to the kernel.
    has_left: AtomicBool,
    /// A write was refused.
    was_refused: AtomicBool,
}

impl Flight {
    pub(super) fn new(guard: WriteGuard) -> Self {
        Self { guard, is_given: false.into(), has_left: false.into(), was_refused: false.into() }
    }

    /// It was torn off before its end: whoever waits for all of it never gets it.
    pub(super) fn was_torn_off(&self) -> bool {
        self.was_refused.load(Ordering::SeqCst) && !self.has_left.load(Ordering::SeqCst)
    }
}

/// The body of a request. The HTTP library drops it when it has all of it in its buffers.
pub(super) struct TrackedBody {
    pub(super) body: Body,
    pub(super) flight: Arc<Flight>,
}

impl Drop for TrackedBody {
    fn drop(&mut self) {
        self.flight.is_given.store(true, Ordering::SeqCst);
    }
}

impl HttpBody for TrackedBody {
    type Data = <Body as HttpBody>::Data;
    type Error = <Body as HttpBody>::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Below TLS, so that no encrypted byte waits behind the question: between it and the system call there is nothing.
pub(super) struct GuardedStream {
    stream: TokioIo<TcpStream>,
    flight: Arc<Flight>,
    /// It ends at a proxy that takes whole urls.
    is_proxied: bool,
}

impl GuardedStream {
    pub(super) fn new(stream: TokioIo<TcpStream>, flight: Arc<Flight>, is_proxied: bool) -> Self {
        Self { stream, flight, is_proxied }
    }

    fn ask(&self) -> io::Result<()> {
        if self.flight.is_given.load(Ordering::SeqCst) && !self.flight.has_left.load(Ordering::SeqCst) {
            reach(StopPlace::BeforeLastByte);
        }
        if self.flight.guard.may_write() {
            return Ok(());
        }
        self.flight.was_refused.store(true, Ordering::SeqCst);
        Err(io::Error::other("this Darkroom may not change anything there now"))
    }
}

impl Read for GuardedStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl Write for GuardedStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.ask()?;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, parts: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        self.ask()?;
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// The HTTP library flushes after it has written all that it was given.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        let has_left = matches!(flushed, Poll::Ready(Ok(()))) && self.flight.is_given.load(Ordering::SeqCst);
        if has_left && !self.flight.has_left.swap(true, Ordering::SeqCst) {
            reach(StopPlace::AfterLastByte);
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Connection for GuardedStream {
    fn connected(&self) -> Connected {
        self.stream.connected().proxy(self.is_proxied)
    }
}
