//! TCP connections that a fault can cut, reset and freeze, below HTTP and WebSocket.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
    task::{Context, Poll},
};

use futures::task::AtomicWaker;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

const OPEN: u8 = 0;
const FROZEN: u8 = 1;
const CUT: u8 = 2;
const RESET: u8 = 3;

/// A handle on one connection, attached to each of its requests.
#[derive(Clone)]
pub(crate) struct Wire(pub(super) Arc<Shared>);

#[derive(Default)]
pub(super) struct Shared {
    state: AtomicU8,
    /// The next bytes sent are a close frame that echoes the client's code.
    answers_close: AtomicBool,
    /// The connection carries orders: a restart does not cut it.
    pub(super) control: AtomicBool,
    reader: AtomicWaker,
    writer: AtomicWaker,
}

impl Wire {
    /// Closes the connection without sending further bytes.
    pub(crate) fn cut(&self) {
        self.set(CUT);
    }

    /// Closes the connection with a TCP reset.
    pub(crate) fn reset(&self) {
        self.set(RESET);
    }

    /// Stops all reads and writes.
    pub(crate) fn freeze(&self) {
        let _ = self.0.state.compare_exchange(OPEN, FROZEN, Ordering::AcqRel, Ordering::Acquire);
    }

    pub(super) fn thaw(&self) {
        if self.0.state.compare_exchange(FROZEN, OPEN, Ordering::AcqRel, Ordering::Acquire).is_ok() {
            self.wake();
        }
    }

    pub(super) fn spare(&self) {
        self.0.control.store(true, Ordering::Release);
    }

    /// The WebSocket library echoes the client's close code; ComfyUI answers with 1000 (fact 12). Replaces the next
    /// bytes sent, which are that echo.
    pub(crate) fn answer_close_with_1000(&self) {
        self.0.answers_close.store(true, Ordering::Release);
    }

    fn set(&self, state: u8) {
        // A cut connection cannot be reset.
        let _ = self.0.state.fetch_max(state, Ordering::AcqRel);
        self.wake();
    }

    fn wake(&self) {
        self.0.reader.wake();
        self.0.writer.wake();
    }
}

/// A connection as the HTTP server uses it.
pub(crate) struct Conn {
    pub(super) stream: TcpStream,
    pub(super) wire: Wire,
}

impl Conn {
    /// Pending while frozen; an error once closed. Register the waker first.
    fn check(&self) -> Poll<io::Result<()>> {
        match self.wire.0.state.load(Ordering::Acquire) {
            OPEN => Poll::Ready(Ok(())),
            FROZEN => Poll::Pending,
            _ => Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into())),
        }
    }
}

impl Drop for Conn {
    fn drop(&mut self) {
        if self.wire.0.state.load(Ordering::Acquire) == RESET {
            // With a linger time of zero, closing sends a reset.
            let _ = self.stream.set_zero_linger();
        }
    }
}

/// The `?` operator for polls.
macro_rules! ready {
    ($poll:expr) => {
        match $poll {
            Poll::Ready(Ok(value)) => value,
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Pending => return Poll::Pending,
        }
    };
}

impl AsyncRead for Conn {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.wire.0.reader.register(cx.waker());
        ready!(self.check());
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Conn {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        const CLOSE: u8 = 0x88;
        const CLOSE_1000: [u8; 4] = [CLOSE, 2, 0x03, 0xe8];
        self.wire.0.writer.register(cx.waker());
        ready!(self.check());
        if self.wire.0.answers_close.load(Ordering::Acquire) && bytes.first() == Some(&CLOSE) {
            // Four bytes are written completely or not at all.
            ready!(Pin::new(&mut self.stream).poll_write(cx, &CLOSE_1000));
            self.wire.0.answers_close.store(false, Ordering::Release);
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.wire.0.writer.register(cx.waker());
        ready!(self.check());
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.wire.0.writer.register(cx.waker());
        ready!(self.check());
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
