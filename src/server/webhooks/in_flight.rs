//! Tracks the calls in progress, so that a slow receiver delays no other.

use std::collections::{HashMap, HashSet};

use crate::store::DeliveryTarget;
use proto::{limits, time::Timestamp};

#[derive(Default)]
pub(super) struct InFlight {
    /// One call at a time per task and webhook, so that events arrive in order.
    lines: HashSet<DeliveryTarget>,
    hosts: HashMap<String, usize>,
    /// Addresses whose receivers requested a pause, and its end.
    held: HashMap<String, Timestamp>,
}

impl InFlight {
    pub(super) fn has_room(&self, line: &DeliveryTarget) -> bool {
        self.lines.len() < limits::WEBHOOKS
            && self.hosts.get(&line.host).is_none_or(|calls| *calls < limits::WEBHOOKS_PER_HOST)
            && !self.lines.contains(line)
    }

    pub(super) fn begin(&mut self, line: DeliveryTarget) {
        *self.hosts.entry(line.host.clone()).or_default() += 1;
        self.lines.insert(line);
    }

    pub(super) fn end(&mut self, line: &DeliveryTarget) {
        self.lines.remove(line);
        if let Some(calls) = self.hosts.get_mut(&line.host) {
            *calls -= 1;
            if *calls == 0 {
                self.hosts.remove(&line.host);
            }
        }
    }

    /// Records a pause that the receiver requested.
    pub(super) fn hold(&mut self, url: &str, until: Timestamp) {
        self.held.insert(url.to_owned(), until);
    }

    pub(super) fn is_held(&self, url: &str, now: Timestamp) -> bool {
        self.held.get(url).is_some_and(|until| *until > now)
    }

    /// Hosts with the maximum number of calls.
    pub(super) fn full(&self) -> Vec<String> {
        self.hosts.iter().filter(|(_, calls)| **calls >= limits::WEBHOOKS_PER_HOST).map(|(host, _)| host.clone()).collect()
    }

    /// Addresses that are paused now, and when the first pause ends.
    pub(super) fn held(&mut self, now: Timestamp) -> (Vec<String>, Option<Timestamp>) {
        self.held.retain(|_, until| *until > now);
        (self.held.keys().cloned().collect(), self.held.values().min().copied())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use proto::ids::TaskId;

    fn line(task: u128, host: &str) -> DeliveryTarget {
        DeliveryTarget { task: TaskId(Uuid::from_u128(task)), is_own: true, url: format!("http://{host}/"), host: host.into() }
    }

    #[test]
    fn a_host_gets_a_few_calls_at_once_and_a_task_one() {
        let mut flights = InFlight::default();
        for task in 0..4 {
            assert!(flights.has_room(&line(task, "a:1")));
            flights.begin(line(task, "a:1"));
        }
        assert!(!flights.has_room(&line(9, "a:1")) && flights.has_room(&line(0, "b:1")));
        assert_eq!(flights.full(), ["a:1"]);
        flights.begin(line(0, "b:1"));
        assert!(!flights.has_room(&line(0, "b:1")));
        flights.end(&line(2, "a:1"));
        assert!(flights.has_room(&line(9, "a:1")) && flights.full().is_empty());
    }

    #[test]
    fn all_together_they_are_not_too_many() {
        let mut flights = InFlight::default();
        (0..32).for_each(|host| flights.begin(line(1, &format!("{host}:1"))));
        assert!(!flights.has_room(&line(1, "x:1")));
    }

    #[test]
    fn who_asked_for_a_pause_gets_it() {
        let mut flights = InFlight::default();
        flights.hold("http://a/", Timestamp(9));
        assert!(
            flights.is_held("http://a/", Timestamp(8))
                && !flights.is_held("http://a/", Timestamp(9))
                && !flights.is_held("http://b/", Timestamp(1))
        );
        assert_eq!(flights.held(Timestamp(8)), (vec!["http://a/".into()], Some(Timestamp(9))));
        assert_eq!(flights.held(Timestamp(9)), (vec![], None));
    }
}
