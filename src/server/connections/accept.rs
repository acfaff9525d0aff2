//! Takes connections from the listener. An error never ends it: when there are no file descriptors left, others are closed and free some.

use std::{
    future::Future,
    io::{self, ErrorKind},
    net::SocketAddr,
    time::Duration,
};

use tokio::net::{TcpListener, TcpStream};

/// After an error that concerns more than one connection: the first pause, and the longest. Each is twice as long as the one before.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

pub(super) trait Accept {
    type Stream;

    fn accept(&mut self) -> impl Future<Output = io::Result<(Self::Stream, SocketAddr)>> + Send;
}

impl Accept for TcpListener {
    type Stream = TcpStream;

    fn accept(&mut self) -> impl Future<Output = io::Result<(TcpStream, SocketAddr)>> + Send {
        Self::accept(self)
    }
}

/// The next connection.
pub(super) async fn next<A: Accept>(listener: &mut A) -> (A::Stream, SocketAddr) {
    let mut pause = PAUSES.0;
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            // The client was gone before it was accepted.
            Err(error)
                if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused) => {}
            Err(error) => {
                tracing::error!(%error, ?pause, "no connection can be accepted");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(PAUSES.1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    /// Fails with these errors, then accepts.
    struct Failing(Vec<io::Error>);

    impl Accept for Failing {
        type Stream = ();

        async fn accept(&mut self) -> io::Result<((), SocketAddr)> {
            match self.0.pop() {
                Some(error) => Err(error),
                None => Ok(((), SocketAddr::from(([127, 0, 0, 1], 1)))),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn without_file_descriptors_accept_pauses_ever_longer_and_recovers() {
        // EMFILE
        let errors = (0..8).map(|_| io::Error::from_raw_os_error(24)).collect();
        let began = Instant::now();
        next(&mut Failing(errors)).await;
        // 50 + 100 + 200 + 400 + 800 + 3 · 1000
        assert_eq!(began.elapsed().as_millis(), 4_550);
    }

    #[tokio::test(start_paused = true)]
    async fn accept_does_not_pause_for_an_aborted_connection() {
        let began = Instant::now();
        next(&mut Failing(vec![ErrorKind::ConnectionAborted.into(), ErrorKind::ConnectionReset.into()])).await;
        assert_eq!(began.elapsed(), Duration::ZERO);
    }
}
