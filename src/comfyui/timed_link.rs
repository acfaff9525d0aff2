//! The connection machine of `proto::link` with tokio's clock. What carries out its outputs is the caller's: a WebSocket in
//! [`LinkDriver`](super::LinkDriver), a stream of server-sent events in the client.

use std::{future::pending, time::Duration};

use proto::link::{Input, Link, LinkConfig, LinkState, Now, Output};
use tokio::time::{Instant, sleep_until};

pub struct TimedLink {
    link: Link,
    /// Zero of the link's time.
    origin: Instant,
    /// When the link must be woken, if it waits for a time.
    wake: Option<Instant>,
}

impl TimedLink {
    #[must_use]
    pub fn new(config: LinkConfig) -> Self {
        Self { link: Link::new(config), origin: Instant::now(), wake: None }
    }

    /// The link itself, for its round-trip time.
    #[must_use]
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// How long it is until `at`, a time of the link.
    #[must_use]
    pub fn until(&self, at: Duration) -> Duration {
        at.saturating_sub(self.origin.elapsed())
    }

    /// Waits until the link wants [`Input::Wake`]; for ever, if it waits for no time. Cancel safe.
    pub async fn due(&self) {
        match self.wake {
            Some(at) => sleep_until(at).await,
            None => pending().await,
        }
    }

    /// Handles an input at the present time. The outputs are what the caller must carry out; wake-up times are kept here, and
    /// the state `Connecting` of retries is left out.
    pub fn handle(&mut self, input: Input) -> Vec<Output> {
        self.link.handle(input, Now { at: self.origin.elapsed(), jitter: rand::random() });
        self.wake = None;
        let mut outputs = Vec::new();
        while let Some(output) = self.link.poll_output() {
            match output {
                Output::Wake(at, _) => self.wake = Some(self.origin + at),
                Output::State(LinkState::Connecting) if self.link.failures() > 0 => {}
                output => outputs.push(output),
            }
        }
        outputs
    }
}
