//! `/_demo`: adds and lists orders.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{
    frames::Strike,
    inject::inject,
    order::{At, Fault, Order},
};
use crate::{app::App, engine::Engine, pace::Held, python};

/// How long `GET /_demo/held` waits for a hold to take effect.
const HELD_WITHIN: Duration = Duration::from_secs(20);

/// `GET /_demo/state`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// The engine's lifetime; later lifetimes have higher numbers.
    pub boot: u64,
    /// The running prompt.
    pub running: Option<String>,
    pub held: Option<Held>,
    /// Sockets that receive events; excludes zombies.
    pub sockets: usize,
    /// Requests answered by a fault so far.
    pub wronged: u64,
}

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/_demo/faults", post(order))
        .route("/_demo/log", get(log))
        .route("/_demo/state", get(state))
        .route("/_demo/held", get(held))
}

/// Takes `{"clear": true}` or an [`Order`]; 400 with the error otherwise.
async fn order(State(app): State<Arc<App>>, body: Bytes) -> Response {
    let clear = serde_json::from_slice::<Value>(&body).is_ok_and(|body| body["clear"] == true);
    let done = if clear {
        app.engine.clear_faults();
        Ok(())
    } else {
        match serde_json::from_slice(&body) {
            Ok(order) => app.engine.take_order(order).await,
            Err(error) => Err(error.to_string()),
        }
    };
    match done {
        Ok(()) => python::ok(&json!({})),
        Err(error) => python::json(StatusCode::BAD_REQUEST, &json!({"error": error})),
    }
}

/// Every [`Execution`](super::Execution) started in this process.
async fn log(State(app): State<Arc<App>>) -> Response {
    axum::Json(app.engine.executions.list()).into_response()
}

async fn state(State(app): State<Arc<App>>) -> Response {
    let engine = &app.engine;
    let held = engine.pace.held().borrow().clone();
    let (boot, running, sockets) = (engine.executions.boot(), engine.queue.running(), engine.sockets.count());
    let wronged = engine.orders.wronged.load(Ordering::Relaxed);
    axum::Json(Status { boot, running, held, sockets, wronged }).into_response()
}

/// Answers with the place as soon as the worker is held; 408 after a timeout.
async fn held(State(app): State<Arc<App>>) -> Response {
    let mut held = app.engine.pace.held();
    let found = timeout(HELD_WITHIN, held.wait_for(Option::is_some)).await;
    match found {
        Ok(Ok(held)) => axum::Json(held.clone()).into_response(),
        _ => python::empty(StatusCode::REQUEST_TIMEOUT),
    }
}

impl Engine {
    /// Carries out the order at once, or stores it until its trigger.
    async fn take_order(&self, order: Order) -> Result<(), String> {
        match &order.fault {
            Fault::Restart { memory_lost, down_ms } => {
                self.wires.go_down(Duration::from_millis(*down_ms)).await;
                if *memory_lost {
                    self.executions.reboot();
                    self.queue.forget(&self.pace);
                    self.sockets.forget();
                }
            }
            Fault::ClearHistory => self.queue.clear_history(),
            Fault::Slow { factor } => self.pace.set_slow(*factor),
            Fault::Pause => self.pace.set_paused(true),
            Fault::Resume => self.pace.set_paused(false),
            Fault::Hold { at: At::Queued, .. } => self.queue.hold(true),
            Fault::Release => {
                // In this order: a prompt released by the queue may be held again at once.
                self.pace.release();
                self.queue.hold(false);
            }
            Fault::DieAtNode { .. } if !self.own_process => return Err("this engine is a guest in its process".to_owned()),
            fault if inject(fault, &self.sockets) => {
                for _ in 1..order.times.unwrap_or(1) {
                    inject(fault, &self.sockets);
                }
            }
            _ => return self.keep(order),
        }
        Ok(())
    }

    fn keep(&self, mut order: Order) -> Result<(), String> {
        // Open sockets count as triggers too.
        if let Some(strike) = Strike::at_once(&order)
            && self.sockets.strike_all(strike) > 0
        {
            match order.times {
                None | Some(1) => return Ok(()),
                Some(0) => {}
                Some(times) => order.times = Some(times - 1),
            }
        }
        if self.orders.add(order) { Ok(()) } else { Err("too many orders".to_owned()) }
    }

    fn clear_faults(&self) {
        self.orders.clear();
        self.pace.set_slow(1.0);
        self.pace.set_paused(false);
        self.pace.release();
        self.queue.hold(false);
        self.wires.thaw_all();
    }
}
