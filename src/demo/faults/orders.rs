//! The orders that wait for their trigger.

use std::sync::{Mutex, MutexGuard, PoisonError, atomic::AtomicU64};

use super::order::{Fault, Order};

/// Further orders are refused.
const MAX_ORDERS: usize = 1_000;

#[derive(Default)]
pub(crate) struct Orders {
    waiting: Mutex<Vec<Waiting>>,
    /// Requests that a fault answered.
    pub(super) wronged: AtomicU64,
}

struct Waiting {
    order: Order,
    /// Remaining strikes; `None`: until cleared.
    left: Option<u32>,
    /// Triggers skipped so far.
    passed: u32,
}

/// An event that can trigger an order.
#[derive(Default, Clone, Copy)]
pub(crate) struct Occasion<'a> {
    pub(crate) prompt: Option<&'a str>,
    /// The type of the frame.
    pub(crate) event: Option<&'a str>,
}

impl Orders {
    /// Returns false when there are too many.
    pub(super) fn add(&self, order: Order) -> bool {
        let mut waiting = self.lock();
        if waiting.len() >= MAX_ORDERS {
            return false;
        }
        let times = order.times.unwrap_or_else(|| order.fault.usual_times());
        waiting.push(Waiting { left: (times > 0).then_some(times), passed: 0, order });
        true
    }

    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    /// Takes one use of the first order that `wanted` selects and this occasion triggers.
    pub(super) fn take<T>(&self, occasion: Occasion<'_>, mut wanted: impl FnMut(&Order) -> Option<T>) -> Option<T> {
        let mut orders = self.lock();
        for at in 0..orders.len() {
            let waiting = &mut orders[at];
            let order = &waiting.order;
            let same = |filter: &Option<String>, value: Option<&str>| filter.is_none() || filter.as_deref() == value;
            if !same(&order.prompt, occasion.prompt) || !same(&order.event, occasion.event) {
                continue;
            }
            let Some(found) = wanted(order) else { continue };
            if waiting.passed < order.after {
                waiting.passed += 1;
                continue;
            }
            if let Some(left) = &mut waiting.left {
                *left -= 1;
                if *left == 0 {
                    orders.remove(at);
                }
            }
            return Some(found);
        }
        None
    }

    /// Like [`Self::take`], selecting by the fault only.
    pub(super) fn take_fault<T>(&self, prompt: Option<&str>, mut wanted: impl FnMut(&Fault) -> Option<T>) -> Option<T> {
        self.take(Occasion { prompt, ..Occasion::default() }, |order| wanted(&order.fault))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
