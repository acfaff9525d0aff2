//! The engine's port, which can be closed for a while, and all its connections.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError, Weak, atomic::Ordering},
    time::Duration,
};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use tokio::{net::TcpListener, sync::watch, time::sleep};

use super::wire::{Conn, Shared, Wire};

/// All connections of an engine, and the requests to close its port.
pub(crate) struct Wires {
    all: Mutex<Vec<Weak<Shared>>>,
    down: watch::Sender<Option<Duration>>,
    /// Notified when the port has been closed.
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

    /// Closes the port for `time`. Then cuts every connection except those that carry orders.
    pub(super) async fn go_down(&self, time: Duration) {
        let mut closed = self.closed.subscribe();
        self.down.send_replace(Some(time));
        // Cannot fail: `self` owns the sender.
        let _ = closed.changed().await;
        self.each(|wire| {
            if !wire.0.control.load(Ordering::Acquire) {
                wire.cut();
            }
        });
    }

    pub(crate) fn thaw_all(&self) {
        self.each(Wire::thaw);
    }

    fn each(&self, act: impl Fn(&Wire)) {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter_map(Weak::upgrade).map(Wire).for_each(|wire| act(&wire));
    }
}

/// A listener whose port can be closed for a while.
pub(crate) struct Port {
    listener: Option<TcpListener>,
    addr: SocketAddr,
    wires: Arc<Wires>,
    down: watch::Receiver<Option<Duration>>,
}

impl Port {
    /// # Errors
    /// When the listener has no address.
    pub(crate) fn new(listener: TcpListener, wires: Arc<Wires>) -> io::Result<Self> {
        let (addr, down) = (listener.local_addr()?, wires.down.subscribe());
        Ok(Self { listener: Some(listener), addr, wires, down })
    }
}

impl Listener for Port {
    type Io = Conn;
    type Addr = SocketAddr;

    /// While the port is closed, the operating system refuses connections.
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
