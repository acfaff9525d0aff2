//! HTTP connections to the owner, used again when they are free.

use std::{io, sync::Arc};

use axum::body::Body;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use proto::limits;
use tokio::{net::TcpStream, time::timeout};

#[derive(Default)]
pub(super) struct OwnerConnections(Mutex<Vec<OwnerConnection>>);

pub(super) struct OwnerConnection {
    /// Host and port.
    address: Arc<str>,
    pub sender: SendRequest<Body>,
}

impl OwnerConnections {
    /// A free one, or a new one.
    ///
    /// # Errors
    /// Nobody listens there, or not in time.
    pub async fn get(&self, address: &Arc<str>) -> io::Result<OwnerConnection> {
        if let Some(free) = self.free(address) {
            return Ok(free);
        }
        let stream = timeout(limits::FORWARD_CONNECT, TcpStream::connect(&**address)).await??;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        tokio::spawn(async move {
            if let Err(error) = connection.with_upgrades().await {
                tracing::debug!(%error, "a connection to the owner ended");
            }
        });
        Ok(OwnerConnection { address: address.clone(), sender })
    }

    fn free(&self, address: &Arc<str>) -> Option<OwnerConnection> {
        let mut all = self.0.lock();
        all.retain(|connection| !connection.sender.is_closed() && connection.address == *address);
        let free = all.iter().rposition(|connection| connection.sender.is_ready())?;
        Some(all.swap_remove(free))
    }

    /// It is used again when its response has ended.
    pub fn put(&self, connection: OwnerConnection) {
        let mut all = self.0.lock();
        if all.len() < limits::FORWARD_CONNECTIONS {
            all.push(connection);
        }
    }
}
