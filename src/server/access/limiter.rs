//! A rate limit per address. Our own: keyed limiters of crates do not bound the number of addresses.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use crate::token_bucket::{Rate, TokenBucket};
use proto::limits;

/// Holds a bucket only for addresses whose bucket is not full.
pub(super) struct Limiter {
    rate: Rate,
    /// `None` is the bucket that all addresses share for which there is no room.
    buckets: Mutex<HashMap<Option<IpAddr>, TokenBucket>>,
}

impl Limiter {
    pub(super) fn new(rate: Rate) -> Self {
        Self { rate, buckets: Mutex::default() }
    }

    /// Takes a token from the bucket of `peer`.
    ///
    /// # Errors
    /// How long `peer` must wait, when the bucket is empty.
    pub(super) fn acquire(&self, peer: IpAddr, now: Instant) -> Result<(), Duration> {
        let mut buckets = self.buckets.lock();
        let mut key = Some(network(peer));
        if !buckets.contains_key(&key) && buckets.len() >= limits::PEERS {
            buckets.retain(|_, bucket| !bucket.is_full(self.rate, now));
            if buckets.len() >= limits::PEERS {
                key = None;
            }
        }
        let bucket = buckets.entry(key).or_insert_with(|| TokenBucket::new(self.rate, now));
        if bucket.acquire(self.rate, now) { Ok(()) } else { Err(bucket.wait(self.rate, now)) }
    }
}

/// What counts as one address: an IPv6 client usually has a whole /64 network.
pub(crate) fn network(peer: IpAddr) -> IpAddr {
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
    fn each_address_has_its_own_bucket() {
        let (limiter, now) = (limiter(), Instant::now());
        let acquire = |text| limiter.acquire(ip(text), now);
        assert_eq!(
            [acquire("10.0.0.1"), acquire("10.0.0.1"), acquire("10.0.0.1"), acquire("10.0.0.2")],
            [Ok(()), Ok(()), Err(EVERY), Ok(())]
        );
        assert_eq!(acquire("::ffff:10.0.0.1"), Err(EVERY), "the same address, mapped into IPv6");
        assert_eq!(
            [acquire("2001:db8::1"), acquire("2001:db8::ffff:2"), acquire("2001:db8::3")],
            [Ok(()), Ok(()), Err(EVERY)],
            "one network"
        );
        assert_eq!(acquire("2001:db8:0:1::1"), Ok(()));
        assert_eq!(limiter.acquire(ip("10.0.0.1"), now + EVERY), Ok(()));
    }

    #[test]
    fn the_number_of_buckets_is_bounded() {
        let (limiter, now) = (limiter(), Instant::now());
        let address = |nth: u32| IpAddr::from(std::net::Ipv4Addr::from_bits(nth));
        let all = u32::try_from(limits::PEERS).unwrap();
        assert!((0..all).all(|nth| limiter.acquire(address(nth), now).is_ok()));
        let more: Vec<bool> = (all..all + 3).map(|nth| limiter.acquire(address(nth), now).is_ok()).collect();
        assert_eq!(more, [true, true, false], "the rest shares one bucket");
        assert_eq!(limiter.acquire(address(all + 9), now), Err(EVERY));
        assert_eq!(limiter.buckets.lock().len(), limits::PEERS + 1);
        assert!(limiter.acquire(address(all), now + 2 * EVERY).is_ok());
        assert_eq!(limiter.buckets.lock().len(), 1, "full buckets are dropped");
    }
}
