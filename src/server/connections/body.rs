//! Bodies of requests that come too slowly: the request is answered 408, and the connection closed.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::config::ConnectionsConfig;

/// How long a body may be waited for.
#[derive(Clone, Copy, Debug)]
pub struct BodyPace {
    within: Duration,
    bytes_per_second: u32,
}

impl BodyPace {
    #[must_use]
    pub fn new(limits: &ConnectionsConfig) -> Self {
        Self { within: limits.body_within, bytes_per_second: limits.body_bytes_per_second.max(1) }
    }

    /// For so many bytes, in all.
    fn permits(self, bytes: u64) -> Duration {
        self.within + Duration::from_millis(bytes.saturating_mul(1_000) / u64::from(self.bytes_per_second))
    }
}

/// A middleware.
pub async fn limit_pace(State(pace): State<BodyPace>, request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let is_late = Arc::new(AtomicBool::new(false));
    let late = is_late.clone();
    let response = next.run(request.map(|inner| Body::new(PacedBody::new(inner, pace, late)))).await;
    if !is_late.load(Ordering::Relaxed) {
        return response;
    }
    let text = "The body of the request came too slowly ([server] body_within_s, body_bytes_per_second).\n";
    (StatusCode::REQUEST_TIMEOUT, [(header::CONNECTION, HeaderValue::from_static("close"))], text).into_response()
}

struct PacedBody {
    inner: Body,
    pace: BodyPace,
    received: u64,
    /// In total, without the time in which the server did not read.
    waited: Duration,
    waiting_since: Option<Instant>,
    deadline: Pin<Box<Sleep>>,
    is_late: Arc<AtomicBool>,
}

impl PacedBody {
    fn new(inner: Body, pace: BodyPace, is_late: Arc<AtomicBool>) -> Self {
        let deadline = Box::pin(sleep_until(Instant::now()));
        Self { inner, pace, received: 0, waited: Duration::ZERO, waiting_since: None, deadline, is_late }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the body of the request came too slowly")]
struct TooSlow;

impl HttpBody for PacedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.inner).poll_frame(cx) {
            if let Some(since) = this.waiting_since.take() {
                this.waited += since.elapsed();
            }
            if let Some(Ok(frame)) = &frame {
                this.received += frame.data_ref().map_or(0, |data| data.len() as u64);
            }
            return Poll::Ready(frame);
        }
        if this.waiting_since.is_none() {
            let now = Instant::now();
            this.waiting_since = Some(now);
            this.deadline.as_mut().reset(now + this.pace.permits(this.received).saturating_sub(this.waited));
        }
        if this.deadline.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        this.is_late.store(true, Ordering::Relaxed);
        Poll::Ready(Some(Err(axum::Error::new(TooSlow))))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
