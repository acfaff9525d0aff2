//! Ctrl-C and SIGTERM: the first cancels the run, the second exits at once.

use tokio::{
    signal::unix::{SignalKind, signal},
    task::JoinHandle,
};

use super::{exit_code::INTERRUPTED, view::Speaker};
use crate::CancellationToken;

const CANCELLING: &str = "Cancelling (Ctrl-C again: leave at once).";

/// Listens until dropped.
pub(super) struct Signals {
    pub(super) cancel: CancellationToken,
    listening: JoinHandle<()>,
}

impl Signals {
    pub(super) fn listen(speaker: Speaker) -> Self {
        let cancel = CancellationToken::new();
        let token = cancel.clone();
        let listening = tokio::spawn(async move {
            let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) else { return };
            let mut next = async || {
                tokio::select! {
                    Some(()) = interrupt.recv() => true,
                    Some(()) = terminate.recv() => false,
                }
            };
            let pressed = next().await;
            token.cancel();
            if pressed {
                speaker.print_after_ctrl_c(CANCELLING)
            } else {
                speaker.print(CANCELLING)
            }
            next().await;
            speaker.clear();
            std::process::exit(INTERRUPTED.into());
        });
        Self { cancel, listening }
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.listening.abort();
    }
}
