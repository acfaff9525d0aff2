//! Sends orders over HTTP: stores each in the browser first, sends one at a time, and retries while Darkroom cannot be reached.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use gloo_timers::callback::Timeout;
use leptos::task::spawn_local;

use super::{platform::random_uuid, recorder::Recorder, request::LimitedRequest};
use crate::storage;
use crate::{
    api::{self, CallError},
    live::{Live, LogEvent, OrderCallback, OrderOutcome, PendingOrder, ToastKind},
};
use proto::{
    ids::CommandId,
    limits,
    outbox::{Answer, KEY_PREFIX, Order, Outbox, Pending},
    submit::Refusal,
    time::Timestamp,
    wire::close,
};

/// How long until an order is retried that Darkroom could not carry out, or did not answer. Milliseconds.
const RETRY_AFTER: u32 = 5_000;

/// Cheap to clone; one per page.
#[derive(Clone)]
pub(super) struct OrderSender(Rc<SenderState>);

struct SenderState {
    live: Live,
    recorder: Rc<Recorder>,
    now: Box<dyn Fn() -> Timestamp>,
    outbox: RefCell<Outbox>,
    /// Callbacks of this page for the outcome of an order.
    callbacks: RefCell<Vec<(CommandId, OrderCallback)>>,
    /// Orders whose first try failed and was announced. Their success is announced, too.
    announced: RefCell<Vec<CommandId>>,
    retry: Cell<Option<Timeout>>,
}

impl OrderSender {
    /// `now`: the page's estimate of the server's clock.
    pub(super) fn new(live: Live, recorder: Rc<Recorder>, now: impl Fn() -> Timestamp + 'static) -> Self {
        Self(Rc::new(SenderState {
            live,
            recorder,
            now: Box::new(now),
            outbox: RefCell::default(),
            callbacks: RefCell::default(),
            announced: RefCell::default(),
            retry: Cell::new(None),
        }))
    }

    /// Loads the orders that earlier pages and other tabs stored.
    pub(super) fn load(&self) {
        let stored = storage::keys_with(KEY_PREFIX).iter().filter_map(|key| decode(&storage::load(key)?)).collect();
        self.0.outbox.borrow_mut().load(stored, (self.0.now)());
        self.show();
    }

    pub(super) fn submit(&self, order: Order, label: String, callback: OrderCallback) {
        let pending = Pending::new(CommandId(random_uuid()), order, label, (self.0.now)());
        let bytes = pending.encode().map_or(0, |bytes| bytes.len());
        let added = self.0.outbox.borrow_mut().add(pending, bytes);
        match added {
            Ok(id) => {
                self.0.callbacks.borrow_mut().push((id, callback));
                self.store(id);
                self.show();
                self.send_next();
            }
            Err(error) => callback(OrderOutcome::Refused(Refusal { message: error.to_string(), problems: Vec::new() })),
        }
    }

    pub(super) fn withdraw(&self, id: CommandId) {
        let withdrawn = self.0.outbox.borrow_mut().withdraw(id);
        if let Some(pending) = withdrawn {
            storage::remove(&pending.key());
            self.report(id, &OrderOutcome::Withdrawn);
            self.show();
        }
    }

    /// Sends the next order, unless one is in flight. To be called whenever Darkroom can probably be reached.
    pub(super) fn send_next(&self) {
        if !is_online() {
            return self.announce_waiting();
        }
        let next = self.0.outbox.borrow_mut().send((self.0.now)());
        let Some(sent) = next else { return };
        self.store(sent.id);
        self.show();
        let bytes = sent.encode().map_or(0, |bytes| bytes.len());
        self.0.recorder.add(|| LogEvent::Order(sent.label.clone(), bytes));
        let orders = self.clone();
        spawn_local(async move {
            let request = LimitedRequest::new(api::send_order(sent.id, sent.order.clone()), limits::order_time(bytes));
            let answer = request.answer().await;
            orders.0.recorder.add(|| LogEvent::Answer(answer.as_ref().and_then(|answer| answer.as_ref().ok()).cloned()));
            match answer {
                Some(Ok(answer)) => orders.answered(&sent, answer),
                Some(Err(CallError::Unreachable)) | None => orders.unanswered(sent.id),
                Some(Err(CallError::SignedOut)) => orders.answered(&sent, Answer::Later(close::SIGNED_OUT.into())),
                Some(Err(CallError::Refused(why))) => orders.answered(&sent, Answer::Later(why)),
                Some(Err(CallError::NotUnderstood)) => orders.answered(&sent, Answer::Later("The answer was not understood.".into())),
            }
        });
    }

    fn answered(&self, sent: &Pending, answer: Answer) {
        let kept = self.0.outbox.borrow_mut().answered(sent.id, &answer);
        if kept.is_some() {
            self.store(sent.id);
            self.announce_waiting();
            return self.retry_later();
        }
        storage::remove(&sent.key());
        let was_announced = self.remove_announced(sent.id);
        match answer {
            Answer::Done { task } => {
                self.report(sent.id, &OrderOutcome::Done(task));
                if was_announced {
                    self.0.live.toast(ToastKind::Good, sent.label.clone(), "Sent, now that Darkroom is there.", task);
                }
            }
            Answer::Refused(refusal) => {
                let message = refusal.message.clone();
                if !self.report(sent.id, &OrderOutcome::Refused(refusal)) {
                    let refused = self.0.outbox.borrow_mut().refuse(sent.clone(), message.clone());
                    self.store(refused.id);
                    self.0.live.toast(ToastKind::Bad, format!("{}: refused", sent.label), message, None);
                }
            }
            Answer::Later(_) => {}
        }
        self.show();
        self.send_next();
    }

    fn unanswered(&self, id: CommandId) {
        self.0.outbox.borrow_mut().unanswered(id);
        self.announce_waiting();
        self.retry_later();
    }

    /// Announces, once for each order, that it waits because it cannot be sent now.
    fn announce_waiting(&self) {
        let waiting: Vec<Pending> = self.0.outbox.borrow().orders().iter().filter(|pending| !pending.refused).cloned().collect();
        for pending in waiting {
            if self.0.announced.borrow().contains(&pending.id) {
                continue;
            }
            self.0.announced.borrow_mut().push(pending.id);
            let why = pending.note.clone().unwrap_or_else(|| "Darkroom cannot be reached.".into());
            let place = if pending.stored { "It waits in this browser" } else { "It waits on this page (do not close it)" };
            self.0.live.toast(ToastKind::Waiting, pending.label.clone(), format!("{why} {place} and is sent when that is over."), None);
            let callbacks = self.remove_callbacks(pending.id);
            callbacks.iter().for_each(|callback| callback(OrderOutcome::Deferred));
            // The final outcome of a command is reported later.
            if matches!(pending.order, Order::Command(_)) {
                self.0.callbacks.borrow_mut().extend(callbacks.into_iter().map(|callback| (pending.id, callback)));
            }
        }
        self.show();
    }

    fn retry_later(&self) {
        let orders = self.clone();
        self.0.retry.set(Some(Timeout::new(RETRY_AFTER, move || orders.send_next())));
    }

    /// Calls the callbacks of an order. Returns whether there were any.
    fn report(&self, id: CommandId, outcome: &OrderOutcome) -> bool {
        let callbacks = self.remove_callbacks(id);
        callbacks.iter().for_each(|callback| callback(outcome.clone()));
        !callbacks.is_empty()
    }

    fn remove_callbacks(&self, id: CommandId) -> Vec<OrderCallback> {
        let mut callbacks = self.0.callbacks.borrow_mut();
        let (own, others) = callbacks.drain(..).partition(|(other, _)| *other == id);
        *callbacks = others;
        let own: Vec<(CommandId, OrderCallback)> = own;
        own.into_iter().map(|(_, callback)| callback).collect()
    }

    /// Returns whether the order was among the announced ones.
    fn remove_announced(&self, id: CommandId) -> bool {
        let mut announced = self.0.announced.borrow_mut();
        let before = announced.len();
        announced.retain(|other| *other != id);
        announced.len() < before
    }

    /// Writes the present state of an order to the browser's storage.
    fn store(&self, id: CommandId) {
        let mut outbox = self.0.outbox.borrow_mut();
        let Some(pending) = outbox.orders().iter().find(|pending| pending.id == id) else { return };
        let Ok(bytes) = pending.encode() else { return };
        if bytes.len() <= limits::OUTBOX_ORDER && storage::save(&pending.key(), &encode(&bytes)) {
            outbox.stored(id);
        }
    }

    /// Shows the waiting orders. One whose first request is in flight is left out: usually the answer comes before anybody could read it.
    fn show(&self) {
        let outbox = self.0.outbox.borrow();
        let announced = self.0.announced.borrow();
        let first = |pending: &Pending| outbox.is_on_its_way(pending.id) && !announced.contains(&pending.id);
        let waiting = outbox.orders().iter().filter(|pending| !first(pending)).map(|pending| PendingOrder {
            id: pending.id,
            label: pending.label.clone(),
            note: pending.note.clone(),
            refused: pending.refused,
            in_flight: outbox.is_on_its_way(pending.id),
            not_stored: !pending.stored,
        });
        self.0.live.set_pending_orders(waiting.collect());
    }
}

fn is_online() -> bool {
    web_sys::window().is_none_or(|window| window.navigator().on_line())
}

/// Base64, because localStorage holds only text.
fn encode(bytes: &[u8]) -> String {
    let binary: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    web_sys::window().and_then(|window| window.btoa(&binary).ok()).unwrap_or_default()
}

fn decode(text: &str) -> Option<Pending> {
    let binary = web_sys::window()?.atob(text).ok()?;
    Pending::decode(&binary.chars().map(|c| c as u8).collect::<Vec<u8>>())
}
