//! A connection that ends when its client takes too long with the head of a request, or with the next request.

use std::{
    future::Future,
    io::{self, ErrorKind, IoSlice},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use futures::task::AtomicWaker;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};

use super::admission::ConnectionPermit;

/// What a connection waits for. Shared between the stream, which sees bytes, and the service, which sees requests.
#[derive(Clone, Default)]
pub(super) struct Phase(Arc<Turn>);

#[derive(Default)]
struct Turn {
    number: AtomicU32,
    /// The connection, which is not polled by itself when a response ends.
    reader: AtomicWaker,
}

/// A request is being answered, or this is no longer HTTP: no limit here.
const BUSY: u32 = 1;
/// Added whenever a response ends, so that each wait has its own value.
const NEXT: u32 = 2;

impl Phase {
    /// The head of a request is there. Until the result is dropped, its response is under way.
    pub(super) fn begin(&self) -> InResponse {
        self.0.number.fetch_or(BUSY, Ordering::AcqRel);
        InResponse(Some(self.clone()))
    }

    fn turn(&self) -> u32 {
        self.0.number.load(Ordering::Acquire)
    }
}

pub(super) struct InResponse(Option<Phase>);

impl InResponse {
    /// The connection was upgraded to another protocol, which has its own limits.
    pub(super) fn upgraded(mut self) {
        self.0 = None;
    }
}

impl Drop for InResponse {
    fn drop(&mut self) {
        if let Some(phase) = &self.0 {
            let next = |turn: u32| (turn & BUSY != 0).then(|| (turn - BUSY).wrapping_add(NEXT));
            let _ = phase.0.number.fetch_update(Ordering::AcqRel, Ordering::Acquire, next);
            phase.0.reader.wake();
        }
    }
}

pub(super) struct ClientStream<T> {
    inner: T,
    phase: Phase,
    /// The wait that `deadline` belongs to: [`Phase::turn`].
    turn: u32,
    /// Some bytes of a head have come in this turn.
    in_head: bool,
    head_within: Duration,
    idle_within: Duration,
    deadline: Pin<Box<Sleep>>,
    _permit: Option<ConnectionPermit>,
}

impl<T> ClientStream<T> {
    pub(super) fn new(inner: T, phase: Phase, head_within: Duration, idle_within: Duration, permit: Option<ConnectionPermit>) -> Self {
        let deadline = Box::pin(sleep_until(Instant::now() + head_within));
        Self { inner, turn: phase.turn(), phase, in_head: false, head_within, idle_within, deadline, _permit: permit }
    }

    fn wait_until(&mut self, deadline: Instant) {
        self.deadline.as_mut().reset(deadline);
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for ClientStream<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.inner).poll_read(cx, buffer);
        // Before the turn is asked for, so that a response that ends now is not missed.
        this.phase.0.reader.register(cx.waker());
        let turn = this.phase.turn();
        if turn & BUSY != 0 {
            return read;
        }
        if turn != this.turn {
            (this.turn, this.in_head) = (turn, false);
            this.wait_until(Instant::now() + this.idle_within);
        }
        match read {
            Poll::Ready(read) => {
                if !this.in_head && buffer.filled().len() > before {
                    this.in_head = true;
                    this.wait_until(Instant::now() + this.head_within);
                }
                Poll::Ready(read)
            }
            Poll::Pending => {
                ready!(this.deadline.as_mut().poll(cx));
                // Nobody expects an answer on an idle connection: to hyper, its client has closed it.
                Poll::Ready(if this.in_head { Err(ErrorKind::TimedOut.into()) } else { Ok(()) })
            }
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for ClientStream<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, bytes)
    }
}
