//! The outbox at work: keeps each order in the browser's storage, sends one at a time, and tries again when Darkroom can be reached.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use gloo_timers::callback::Timeout;
use leptos::{prelude::ServerFnError, task::spawn_local};

use super::{random_uuid, recorder::Recorder, storage};
use crate::{
    api,
    live::{Live, Outcome, Recorded, Then, ToastKind, Waiting},
};
use proto::{
    ids::CommandId,
    limits,
    outbox::{Answer, KEY_PREFIX, Order, Outbox, Pending},
    submit::Refusal,
    time::Timestamp,
};

/// What Darkroom cannot do now, or an answer that was lost on a connection that works, is tried again after this. Milliseconds.
const AGAIN: u32 = 5_000;

/// Cheap to clone; one a page.
#[derive(Clone)]
pub(super) struct Orders(Rc<Inner>);

struct Inner {
    live: Live,
    recorder: Rc<Recorder>,
    now: Box<dyn Fn() -> Timestamp>,
    outbox: RefCell<Outbox>,
    /// Who waits on this page.
    then: RefCell<Vec<(CommandId, Then)>>,
    /// Those that were not done at the first try: people were told, and are told again when they are.
    told: RefCell<Vec<CommandId>>,
    again: Cell<Option<Timeout>>,
}

impl Orders {
    /// `now`: the server's clock, as the page knows it.
    pub(super) fn new(live: Live, recorder: Rc<Recorder>, now: impl Fn() -> Timestamp + 'static) -> Self {
        Self(Rc::new(Inner {
            live,
            recorder,
            now: Box::new(now),
            outbox: RefCell::default(),
            then: RefCell::default(),
            told: RefCell::default(),
            again: Cell::new(None),
        }))
    }

    /// Takes in what earlier pages and other tabs left in the storage.
    pub(super) fn load(&self) {
        let stored = storage::keys_with(KEY_PREFIX).iter().filter_map(|key| decode(&storage::load(key)?)).collect();
        self.0.outbox.borrow_mut().load(stored, (self.0.now)());
        self.show();
    }

    pub(super) fn give(&self, order: Order, label: String, then: Then) {
        let pending = Pending::new(CommandId(random_uuid()), order, label, (self.0.now)());
        let bytes = pending.encode().map_or(0, |bytes| bytes.len());
        let added = self.0.outbox.borrow_mut().add(pending, bytes);
        match added {
            Ok(id) => {
                self.0.then.borrow_mut().push((id, then));
                self.keep(id);
                self.show();
                self.go_on();
            }
            Err(error) => then(Outcome::Refused(Refusal { message: error.to_string(), problems: Vec::new() })),
        }
    }

    pub(super) fn withdraw(&self, id: CommandId) {
        let withdrawn = self.0.outbox.borrow_mut().withdraw(id);
        if let Some(pending) = withdrawn {
            storage::remove(&pending.key());
            self.tell(id, &Outcome::Withdrawn);
            self.show();
        }
    }

    /// Sends the next. To be called whenever Darkroom seems to be there.
    pub(super) fn go_on(&self) {
        if !is_online() {
            return self.wait();
        }
        let next = self.0.outbox.borrow_mut().send((self.0.now)());
        let Some(sent) = next else { return };
        self.keep(sent.id);
        self.show();
        self.0.recorder.add(|| Recorded::Order(sent.label.clone(), sent.encode().map_or(0, |bytes| bytes.len())));
        let orders = self.clone();
        spawn_local(async move {
            let answer = api::give_order(sent.id, sent.order.clone()).await;
            orders.0.recorder.add(|| Recorded::Answer(answer.as_ref().ok().cloned()));
            match answer {
                Ok(answer) => orders.answered(&sent, answer),
                Err(ServerFnError::Request(_)) => orders.unanswered(sent.id),
                // Signed out, or too many of them: it says why.
                Err(ServerFnError::ServerError(why)) => orders.answered(&sent, Answer::Later(why)),
                // Something answered, and it was not Darkroom as we know it: a proxy, or another version.
                Err(_) => orders.answered(&sent, Answer::Later("The answer was not understood.".into())),
            }
        });
    }

    fn answered(&self, sent: &Pending, answer: Answer) {
        let stays = self.0.outbox.borrow_mut().answered(sent.id, &answer);
        if stays.is_some() {
            self.keep(sent.id);
            self.wait();
            return self.try_again_later();
        }
        storage::remove(&sent.key());
        let was_told = self.take_told(sent.id);
        match answer {
            Answer::Done { task } => {
                self.tell(sent.id, &Outcome::Done(task));
                if was_told {
                    self.0.live.toast(ToastKind::Good, sent.label.clone(), "Sent, now that Darkroom is there.", task);
                }
            }
            Answer::Refused(refusal) => {
                let message = refusal.message.clone();
                if !self.tell(sent.id, &Outcome::Refused(refusal)) {
                    let refused = self.0.outbox.borrow_mut().refuse(sent.clone(), message.clone());
                    self.keep(refused.id);
                    self.0.live.toast(ToastKind::Bad, format!("{}: refused", sent.label), message, None);
                }
            }
            Answer::Later(_) => {}
        }
        self.show();
        self.go_on();
    }

    fn unanswered(&self, id: CommandId) {
        self.0.outbox.borrow_mut().unanswered(id);
        self.wait();
        self.try_again_later();
    }

    /// Nothing is sent for now: whoever waits is told, once.
    fn wait(&self) {
        let waiting: Vec<Pending> = self.0.outbox.borrow().orders().iter().filter(|pending| !pending.refused).cloned().collect();
        for pending in waiting {
            if self.0.told.borrow().contains(&pending.id) {
                continue;
            }
            self.0.told.borrow_mut().push(pending.id);
            let why = pending.note.clone().unwrap_or_else(|| "Darkroom cannot be reached.".into());
            let where_ = if pending.stored { "It waits in this browser" } else { "It waits on this page (do not close it)" };
            self.0.live.toast(ToastKind::Waiting, pending.label.clone(), format!("{why} {where_} and is sent when that is over."), None);
            let waits = self.take_then(pending.id);
            waits.iter().for_each(|then| then(Outcome::Kept));
            if matches!(pending.order, Order::Command(_)) {
                self.0.then.borrow_mut().extend(waits.into_iter().map(|then| (pending.id, then)));
            }
        }
        self.show();
    }

    fn try_again_later(&self) {
        let orders = self.clone();
        self.0.again.set(Some(Timeout::new(AGAIN, move || orders.go_on())));
    }

    /// Whether anybody waited.
    fn tell(&self, id: CommandId, outcome: &Outcome) -> bool {
        let waited = self.take_then(id);
        waited.iter().for_each(|then| then(outcome.clone()));
        !waited.is_empty()
    }

    fn take_then(&self, id: CommandId) -> Vec<Then> {
        let mut then = self.0.then.borrow_mut();
        let (of_it, others) = then.drain(..).partition(|(other, _)| *other == id);
        *then = others;
        let of_it: Vec<(CommandId, Then)> = of_it;
        of_it.into_iter().map(|(_, then)| then).collect()
    }

    fn take_told(&self, id: CommandId) -> bool {
        let mut told = self.0.told.borrow_mut();
        let before = told.len();
        told.retain(|other| *other != id);
        told.len() < before
    }

    /// Writes an order to the storage as it is now.
    fn keep(&self, id: CommandId) {
        let mut outbox = self.0.outbox.borrow_mut();
        let Some(pending) = outbox.orders().iter().find(|pending| pending.id == id) else { return };
        let Ok(bytes) = pending.encode() else { return };
        if bytes.len() <= limits::OUTBOX_ORDER && storage::save(&pending.key(), &encode(&bytes)) {
            outbox.stored(id);
        }
    }

    /// An order on its first way is not shown: mostly the answer is there before anybody could read it.
    fn show(&self) {
        let outbox = self.0.outbox.borrow();
        let told = self.0.told.borrow();
        let first = |pending: &Pending| outbox.is_on_its_way(pending.id) && !told.contains(&pending.id);
        let waiting = outbox.orders().iter().filter(|pending| !first(pending)).map(|pending| Waiting {
            id: pending.id,
            label: pending.label.clone(),
            note: pending.note.clone(),
            refused: pending.refused,
            on_its_way: outbox.is_on_its_way(pending.id),
            only_here: !pending.stored,
        });
        self.0.live.set_waiting_orders(waiting.collect());
    }
}

fn is_online() -> bool {
    web_sys::window().is_none_or(|window| window.navigator().on_line())
}

/// The storage keeps text only.
fn encode(bytes: &[u8]) -> String {
    let binary: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    web_sys::window().and_then(|window| window.btoa(&binary).ok()).unwrap_or_default()
}

fn decode(text: &str) -> Option<Pending> {
    let binary = web_sys::window()?.atob(text).ok()?;
    Pending::decode(&binary.chars().map(|c| c as u8).collect::<Vec<u8>>())
}
