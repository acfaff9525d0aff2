//! A time limit for requests: one that hangs is aborted, so that it blocks nothing for good.

use std::{future::Future, time::Duration};

use futures::future::{AbortHandle, Abortable};
use gloo_timers::callback::Timeout;

/// A request that can be aborted.
pub(super) struct LimitedRequest<F> {
    pub(super) handle: AbortHandle,
    request: Abortable<F>,
    limit: Duration,
}

impl<F: Future> LimitedRequest<F> {
    pub(super) fn new(request: F, limit: Duration) -> Self {
        let (handle, registration) = AbortHandle::new_pair();
        Self { handle, request: Abortable::new(request, registration), limit }
    }

    /// `None`: it was aborted, or there was no answer in time. A server function's request is dropped then, which aborts the browser's
    /// `fetch` by its `AbortController`.
    pub(super) async fn answer(self) -> Option<F::Output> {
        let limit = u32::try_from(self.limit.as_millis()).unwrap_or(u32::MAX);
        let _timer = Timeout::new(limit, move || self.handle.abort());
        self.request.await.ok()
    }
}
