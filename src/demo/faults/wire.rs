//! TCP connections that can be cut, reset and frozen from outside, below HTTP and WebSocket alike.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use futures::task::AtomicWaker;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::watch,
    time::sleep,
};

const OPEN: u8 = 0;
const FROZEN: u8 = 1;
const CUT: u8 = 2;
const RESET: u8 = 3;

/// A handle on one connection; every request carries it.
#[derive(Clone)]
pub(in crate::demo) struct Wire(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: AtomicU8,
    /// The next bytes to go out are a close frame that repeats the client's code.
    answers_close: AtomicBool,
    /// It carries orders: a restart spares it.
    control: AtomicBool,
    reader: AtomicWaker,
    writer: AtomicWaker,
}

impl Wire {
    /// Ends it without another byte.
    pub(in crate::demo) fn cut(&self) {
        self.set(CUT);
    }

    /// Ends it with a TCP reset.
    pub(in crate::demo) fn reset(&self) {
        self.set(RESET);
    }

    /// Nothing is read or written any more.
    pub(in crate::demo) fn freeze(&self) {
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

    /// The WebSocket library answers a client's close with the client's code, the real engine with 1000 (fact 12): the
    /// next bytes to go out are that answer, and are put right.
    pub(in crate::demo) fn answer_close_with_1000(&self) {
        self.0.answers_close.store(true, Ordering::Release);
    }

    fn set(&self, state: u8) {
        // Who is cut cannot be reset.
        let _ = self.0.state.fetch_max(state, Ordering::AcqRel);
        self.wake();
    }

    fn wake(&self) {
        self.0.reader.wake();
        self.0.writer.wake();
    }
}

/// A connection as HTTP sees it.
pub(in crate::demo) struct Conn {
    stream: TcpStream,
    wire: Wire,
}

impl Conn {
    /// Pending while frozen; an error once ended. The waker must be registered before.
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
            // With no time to linger the system sends a reset in place of the end.
            let _ = self.stream.set_zero_linger();
        }
    }
}

/// `?` for polls.
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
            // Four bytes fit into a socket's buffer or do not: they are not torn.
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

/// All connections of an engine, and for how long its port refuses new ones.
pub(in crate::demo) struct Wires {
    all: Mutex<Vec<Weak<Shared>>>,
    down: watch::Sender<Option<Duration>>,
    /// Changes when the port has been closed.
    closed: watch::Sender<()>,
}

impl Default for Wires {
    fn default() -> Self {
        Self { all: Mutex::default(), down: watch::Sender::new(None), closed: watch::Sender::default() }
    }
}

impl Wires {
    fn open(&self) -> Wire {
        let wire = Wire(Arc::default());
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|wire| wire.strong_count() > 0);
        all.push(Arc::downgrade(&wire.0));
        wire
    }

    /// Closes the port for that long. Once that is done, every connection is cut but those that carry orders.
    pub(super) async fn go_down(&self, time: Duration) {
        let mut closed = self.closed.subscribe();
        self.down.send_replace(Some(time));
        // It cannot fail: the sender is here.
        let _ = closed.changed().await;
        self.each(|wire| {
            if !wire.0.control.load(Ordering::Acquire) {
                wire.cut();
            }
        });
    }

    pub(in crate::demo) fn thaw_all(&self) {
        self.each(Wire::thaw);
    }

    fn each(&self, act: impl Fn(&Wire)) {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter_map(Weak::upgrade).map(Wire).for_each(|wire| act(&wire));
    }
}

/// A listener whose port can be closed for a while.
pub(in crate::demo) struct Port {
    listener: Option<TcpListener>,
    addr: SocketAddr,
    wires: Arc<Wires>,
    down: watch::Receiver<Option<Duration>>,
}

impl Port {
    /// # Errors
    /// When the listener has no address.
    pub(in crate::demo) fn new(listener: TcpListener, wires: Arc<Wires>) -> io::Result<Self> {
        let (addr, down) = (listener.local_addr()?, wires.down.subscribe());
        Ok(Self { listener: Some(listener), addr, wires, down })
    }
}

impl Listener for Port {
    type Io = Conn;
    type Addr = SocketAddr;

    /// Whoever connects while the port is closed is refused by the system.
    async fn accept(&mut self) -> (Conn, SocketAddr) {
        const AGAIN: Duration = Duration::from_millis(20);
        loop {
            let Some(listener) = &self.listener else {
                match TcpListener::bind(self.addr).await {
                    Ok(listener) => self.listener = Some(listener),
                    Err(error) => {
                        tracing::debug!(%error, "the port is not free yet");
                        sleep(AGAIN).await;
                    }
                }
                continue;
            };
            let accepted = tokio::select! {
                biased;
                Ok(()) = self.down.changed() => {
                    let time = *self.down.borrow_and_update();
                    self.listener = None;
                    self.wires.closed.send_replace(());
                    sleep(time.unwrap_or_default()).await;
                    continue;
                }
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, addr)) => return (Conn { stream, wire: self.wires.open() }, addr),
                Err(error) => {
                    tracing::debug!(%error, "a connection was not accepted");
                    sleep(AGAIN).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.addr)
    }
}

impl Connected<IncomingStream<'_, Port>> for Wire {
    fn connect_info(stream: IncomingStream<'_, Port>) -> Self {
        stream.io().wire.clone()
    }
}
