//! One direction of a connection.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::tcp::{OwnedReadHalf, OwnedWriteHalf},
    sync::watch,
    time::sleep,
};

use super::{Ambushed, Counted, Rules, Settings, Shared, Way};

/// Ends the connection, in both directions.
pub(super) struct Cut;

impl From<std::io::Error> for Cut {
    fn from(_: std::io::Error) -> Self {
        Self
    }
}

pub(super) struct Pipe<'a> {
    pub(super) way: Way,
    pub(super) from: OwnedReadHalf,
    pub(super) to: OwnedWriteHalf,
    pub(super) shared: &'a Shared,
    pub(super) alive: &'a watch::Sender<tokio::time::Instant>,
    pub(super) silenced: &'a watch::Sender<bool>,
}

impl Pipe<'_> {
    pub(super) async fn run(&mut self) -> Result<(), Cut> {
        let mut settings = self.shared.settings.subscribe();
        let mut buffer = vec![0; 16 << 10];
        let mut passed = 0;
        let (mut _held, mut answered) = (None, None::<watch::Receiver<bool>>);
        loop {
            let read = self.from.read(&mut buffer).await;
            // A black hole also swallows the end of the stream.
            let open = settings.wait_for(|settings| !self.rules(settings).blackhole).await;
            let rules = open.map(|settings| self.rules(&settings).clone()).map_err(|_| Cut)?;
            let count = read?;
            if count == 0 {
                if let Some(mut answered) = answered {
                    // As a proxy does that has the request: it waits for the response although its client is gone.
                    let _ = answered.changed().await;
                }
                self.to.shutdown().await?;
                return Ok(());
            }
            match self.way {
                // The response has arrived: the request was handled.
                Way::Down if *self.silenced.borrow() => return Err(Cut),
                Way::Down => self.silenced.send_modify(|_| {}),
                Way::Up => match self.ambushed(&buffer[..count]) {
                    Some(Ambushed::Lost) => return Err(Cut),
                    Some(Ambushed::Unanswered) => drop(self.silenced.send_replace(true)),
                    Some(Ambushed::Held) => {
                        // Until the connection ends.
                        _held = Some(Counted::new(&self.shared.held));
                        let mut delivers = self.shared.delivers.subscribe();
                        delivers.wait_for(|delivers| *delivers).await.map_err(|_| Cut)?;
                        answered = Some(self.silenced.subscribe());
                    }
                    None => {}
                },
            }
            let left = rules.close_after.map_or(count, |limit| limit.saturating_sub(passed).min(count));
            self.write(&buffer[..left], &rules).await?;
            passed += left;
            self.alive.send_replace(tokio::time::Instant::now());
            if rules.close_after.is_some_and(|limit| passed >= limit) {
                return Err(Cut);
            }
        }
    }

    async fn write(&mut self, bytes: &[u8], rules: &Rules) -> std::io::Result<()> {
        let piece = match (rules.slice, rules.throttle) {
            (true, _) => 1,
            // Sends a tenth of a second's worth at a time.
            (false, Some(rate)) => (rate / 10).max(1),
            (false, None) => bytes.len().max(1),
        };
        for piece in bytes.chunks(piece) {
            self.to.write_all(piece).await?;
            if let Some(rate) = rules.throttle {
                sleep(Duration::from_secs_f64(piece.len() as f64 / rate as f64)).await;
            }
        }
        Ok(())
    }

    /// Assumes that a request starts a new read: clients write it at once and wait for the response.
    fn ambushed(&self, bytes: &[u8]) -> Option<Ambushed> {
        let mut ambushes = self.shared.ambushes.lock().expect("lock");
        let at = ambushes.iter().position(|ambush| bytes.starts_with(&ambush.begins))?;
        if ambushes[at].pass > 0 {
            ambushes[at].pass -= 1;
            return None;
        }
        Some(ambushes.remove(at).then)
    }

    fn rules<'s>(&self, settings: &'s Settings) -> &'s Rules {
        match self.way {
            Way::Up => &settings.up,
            Way::Down => &settings.down,
        }
    }
}
