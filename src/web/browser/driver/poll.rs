//! Polls the server over HTTP while there is no socket.

use leptos::task::spawn_local;

use super::state::PageDriver;
use crate::{
    api::{self, CallError},
    browser::request::LimitedRequest,
    live::{LogEvent, PollAnswer, StateUpdate},
};
use proto::{
    limits,
    link::Input,
    wire::{Frame, News, close},
};

impl PageDriver {
    /// Polls, unless the answer to a poll is awaited already.
    pub(super) fn poll(&self) {
        if self.0.poll.borrow().is_some() {
            return;
        }
        self.poll_projects();
        let known = self.0.live.resume();
        let request = LimitedRequest::new(api::fetch_news(known), limits::POLL_TIME);
        self.0.poll.replace(Some(request.handle.clone()));
        let driver = self.clone();
        self.0.recorder.add(|| LogEvent::Poll);
        spawn_local(async move {
            let answer = request.answer().await;
            driver.0.poll.take();
            driver.0.recorder.add(|| LogEvent::Polled(answer.as_ref().and_then(|answer| answer.as_ref().ok()).map(PollAnswer::of)));
            let news = match answer {
                Some(Ok(news)) => news,
                Some(Err(CallError::SignedOut)) => {
                    driver.0.live.set_signed_out();
                    return driver.input(Input::Refused(close::SIGNED_OUT.into()));
                }
                // Not reached: the state machine keeps trying, and the page shows how old it is.
                Some(Err(_)) | None => return,
            };
            let now = match news {
                News::Changes { frame, now } => {
                    if let Ok(Frame::Changes(changes)) = Frame::decode(&frame) {
                        driver.0.frames.push(StateUpdate::Changes(known.epoch, changes));
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
            driver.wake_when_busy();
        });
    }

    /// Aborts the poll in progress: the socket delivers the same changes, and the clock in its answer would be outdated.
    pub(super) fn stop_polling(&self) {
        if let Some(poll) = &*self.0.poll.borrow() {
            poll.abort();
        }
    }
}
