//! Which webhooks are being called, so that one slow receiver does not delay the others.

use std::collections::{HashMap, HashSet};

use crate::store::DeliveryTarget;
use proto::{limits, time::Timestamp};

#[derive(Default)]
pub(super) struct InFlight {
    /// One message at a time about one task or project to one webhook, so that messages arrive in order.
    targets: HashSet<DeliveryTarget>,
    hosts: HashMap<String, usize>,
    /// Addresses whose receivers asked for a pause, and its end.
    paused: HashMap<String, Timestamp>,
}

impl InFlight {
    pub(super) fn has_room(&self, target: &DeliveryTarget) -> bool {
        self.targets.len() < limits::WEBHOOKS
            && self.hosts.get(&target.host).is_none_or(|calls| *calls < limits::WEBHOOKS_PER_HOST)
            && !self.targets.contains(target)
    }

    pub(super) fn start(&mut self, target: DeliveryTarget) {
        *self.hosts.entry(target.host.clone()).or_default() += 1;
        self.targets.insert(target);
    }

    pub(super) fn end(&mut self, target: &DeliveryTarget) {
        self.targets.remove(target);
        if let Some(calls) = self.hosts.get_mut(&target.host) {
            *calls -= 1;
            if *calls == 0 {
                self.hosts.remove(&target.host);
            }
        }
    }

    /// The receiver asked for a pause.
    pub(super) fn pause(&mut self, url: &str, until: Timestamp) {
        self.paused.insert(url.to_owned(), until);
    }

    pub(super) fn is_paused(&self, url: &str, now: Timestamp) -> bool {
        self.paused.get(url).is_some_and(|until| *until > now)
    }

    /// Hosts with the maximum number of calls.
    pub(super) fn full(&self) -> Vec<String> {
        self.hosts.iter().filter(|(_, calls)| **calls >= limits::WEBHOOKS_PER_HOST).map(|(host, _)| host.clone()).collect()
    }

    /// Addresses that may not be called now, and when the first of them may be called again.
    pub(super) fn paused(&mut self, now: Timestamp) -> (Vec<String>, Option<Timestamp>) {
        self.paused.retain(|_, until| *until > now);
        (self.paused.keys().cloned().collect(), self.paused.values().min().copied())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::store::DeliverySubject;
    use proto::ids::TaskId;

    fn target(task: u128, host: &str) -> DeliveryTarget {
        DeliveryTarget {
            subject: DeliverySubject::Task(TaskId(Uuid::from_u128(task))),
            is_own: true,
            url: format!("http://{host}/"),
            host: host.into(),
        }
    }

    #[test]
    fn calls_are_limited_per_host_and_per_task() {
        let mut in_flight = InFlight::default();
        for task in 0..4 {
            assert!(in_flight.has_room(&target(task, "a:1")));
            in_flight.start(target(task, "a:1"));
        }
        assert!(!in_flight.has_room(&target(9, "a:1")) && in_flight.has_room(&target(0, "b:1")));
        assert_eq!(in_flight.full(), ["a:1"]);
        in_flight.start(target(0, "b:1"));
        assert!(!in_flight.has_room(&target(0, "b:1")));
        in_flight.end(&target(2, "a:1"));
        assert!(in_flight.has_room(&target(9, "a:1")) && in_flight.full().is_empty());
    }

    #[test]
    fn the_number_of_all_calls_is_limited() {
        let mut in_flight = InFlight::default();
        (0..32).for_each(|host| in_flight.start(target(1, &format!("{host}:1"))));
        assert!(!in_flight.has_room(&target(1, "x:1")));
    }

    #[test]
    fn retry_after_of_a_receiver_is_respected() {
        let mut in_flight = InFlight::default();
        in_flight.pause("http://a/", Timestamp(9));
        assert!(in_flight.is_paused("http://a/", Timestamp(8)));
        assert!(!in_flight.is_paused("http://a/", Timestamp(9)));
        assert!(!in_flight.is_paused("http://b/", Timestamp(1)));
        assert_eq!(in_flight.paused(Timestamp(8)), (vec!["http://a/".into()], Some(Timestamp(9))));
        assert_eq!(in_flight.paused(Timestamp(9)), (vec![], None));
    }
}
