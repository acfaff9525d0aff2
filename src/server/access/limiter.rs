//! How often each address may do something.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use crate::allowance::{Allowance, Rate};
use proto::limits;

/// Keeps only those who have used some of their allowance.
pub(super) struct Limiter {
    rate: Rate,
    /// `None`: everybody for whom there was no room.
    used: Mutex<HashMap<Option<IpAddr>, Allowance>>,
}

impl Limiter {
    pub(super) fn new(rate: Rate) -> Self {
        Self { rate, used: Mutex::default() }
    }

    /// How long `peer` must wait until it may do one more thing; zero when it may.
    pub(super) fn wait(&self, peer: IpAddr, now: Instant) -> Duration {
        let used = self.used.lock();
        let known = used.get(&Some(network(peer))).or_else(|| used.get(&None).filter(|_| used.len() > limits::PEERS));
        known.map_or(Duration::ZERO, |allowance| allowance.wait(self.rate, now))
    }

    /// `peer` does one thing.
    ///
    /// # Errors
    /// How long it must wait, when it has done too many.
    pub(super) fn take(&self, peer: IpAddr, now: Instant) -> Result<(), Duration> {
        let mut used = self.used.lock();
        let mut key = Some(network(peer));
        if !used.contains_key(&key) && used.len() >= limits::PEERS {
            used.retain(|_, allowance| !allowance.is_whole(self.rate, now));
            if used.len() >= limits::PEERS {
                key = None;
            }
        }
        let allowance = used.entry(key).or_insert_with(|| Allowance::new(self.rate, now));
        if allowance.take(self.rate, now) { Ok(()) } else { Err(allowance.wait(self.rate, now)) }
    }
}

/// Who has one address of IPv6 has 2⁶⁴ of them.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Duration = Duration::from_secs(6);

    fn limiter() -> Limiter {
        Limiter::new(Rate::new(2, EVERY))
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn each_address_has_its_own() {
        let (limiter, now) = (limiter(), Instant::now());
        let take = |text| limiter.take(ip(text), now);
        assert_eq!([take("10.0.0.1"), take("10.0.0.1"), take("10.0.0.1"), take("10.0.0.2")], [Ok(()), Ok(()), Err(EVERY), Ok(())]);
        assert_eq!(take("::ffff:10.0.0.1"), Err(EVERY), "the same in IPv6's words");
        assert_eq!([take("2001:db8::1"), take("2001:db8::ffff:2"), take("2001:db8::3")], [Ok(()), Ok(()), Err(EVERY)], "one network");
        assert_eq!(take("2001:db8:0:1::1"), Ok(()));
        assert_eq!((limiter.wait(ip("10.0.0.1"), now), limiter.wait(ip("10.0.0.1"), now + EVERY)), (EVERY, Duration::ZERO));
    }

    #[test]
    fn it_remembers_so_many_and_no_more() {
        let (limiter, now) = (limiter(), Instant::now());
        let address = |nth: u32| IpAddr::from(std::net::Ipv4Addr::from_bits(nth));
        let all = u32::try_from(limits::PEERS).unwrap();
        assert!((0..all).all(|nth| limiter.take(address(nth), now).is_ok()));
        let more: Vec<bool> = (all..all + 3).map(|nth| limiter.take(address(nth), now).is_ok()).collect();
        assert_eq!(more, [true, true, false], "the rest has one allowance together");
        assert_eq!(limiter.wait(address(all + 9), now), EVERY);
        assert_eq!(limiter.used.lock().len(), limits::PEERS + 1);
        assert!(limiter.take(address(all), now + 2 * EVERY).is_ok());
        assert_eq!(limiter.used.lock().len(), 1, "those who have waited are forgotten");
    }
}
