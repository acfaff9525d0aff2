//! Polls the server over HTTP while there is no socket.

use leptos::task::spawn_local;

use super::state::PageDriver;
use crate::{
    api::{self, CallError},
    browser::frames::StateUpdate,
    live::{LogEvent, PollAnswer},
};
use proto::{
    link::Input,
    wire::{Frame, News, close},
};

impl PageDriver {
    pub(super) fn poll(&self) {
        let driver = self.clone();
        self.0.recorder.add(|| LogEvent::Poll);
        spawn_local(async move {
            let answer = api::fetch_news(driver.0.live.resume()).await;
            driver.0.recorder.add(|| LogEvent::Polled(answer.as_ref().ok().map(PollAnswer::of)));
            let news = match answer {
                Ok(news) => news,
                Err(CallError::SignedOut) => {
                    driver.0.live.set_signed_out();
                    return driver.input(Input::Refused(close::SIGNED_OUT.into()));
                }
                // Not reached: the state machine keeps trying, and the page shows how old it is.
                Err(_) => return,
            };
            let now = match news {
                News::Changes { frame, now } => {
                    if let Ok(Frame::Changes(changes)) = Frame::decode(&frame) {
                        driver.0.frames.push(StateUpdate::Changes(changes));
                    }
                    now
                }
                News::Snapshot(snapshot) => {
                    let now = snapshot.now;
                    driver.0.frames.push(StateUpdate::Snapshot(snapshot));
                    now
                }
            };
            driver.set_clock(now);
            driver.0.live.message_received(now);
            driver.0.orders.send_next();
            driver.input(Input::Expecting(driver.0.live.is_busy()));
            driver.wake_when_busy();
        });
    }
}
