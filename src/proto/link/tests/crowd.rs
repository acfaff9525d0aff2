//! Reliability row 7: a thousand clients, dropped at once.

use super::*;

/// The same dice each time (the SplitMix64 of Java's `SplittableRandom`).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// When each of a thousand tried again. The peer is away until `back`, and refuses at once until then.
fn tries(back: Duration, dice: &mut Dice) -> Vec<Vec<Duration>> {
    let client = |dice: &mut Dice| {
        let mut harness = Harness::connected();
        harness.jitter = dice.roll();
        harness.lose();
        let mut tries = Vec::new();
        loop {
            let before = harness.generation;
            while harness.generation == before {
                harness.step();
            }
            tries.push(harness.at);
            if harness.at >= back {
                return tries;
            }
            harness.jitter = dice.roll();
            harness.lose();
        }
    };
    (0..1000).map(|_| client(dice)).collect()
}

/// The fullest slot of this width, and the mean, over the slots from the first to the last.
fn fullest_and_mean(times: &[Duration], slot: Duration) -> (usize, usize) {
    let slot_of = |at: &Duration| usize::try_from(at.as_millis() / slot.as_millis()).unwrap();
    let (first, last) = (times.iter().map(slot_of).min().unwrap(), times.iter().map(slot_of).max().unwrap());
    let mut slots = vec![0; last - first + 1];
    for at in times {
        slots[slot_of(at) - first] += 1;
    }
    (slots.iter().copied().max().unwrap(), times.len() / slots.len())
}

/// All come back within the first second, so this looks closer than the row asks.
#[test]
fn when_the_peer_is_there_no_tenth_of_a_second_has_more_than_twice_the_mean() {
    let back: Vec<Duration> = tries(Duration::ZERO, &mut Dice(1)).concat();
    assert_eq!(back.len(), 1000);
    let (fullest, mean) = fullest_and_mean(&back, millis(100));
    assert!(fullest <= 2 * mean, "{fullest} of {mean}");
}

/// While it is away, once all wait for the longest: an even trickle, not waves.
#[test]
fn while_the_peer_is_away_no_second_has_more_than_twice_the_mean() {
    let tries: Vec<Duration> = tries(secs(240), &mut Dice(2)).concat();
    let settled: Vec<Duration> = tries.into_iter().filter(|at| (secs(60)..secs(240)).contains(at)).collect();
    let (fullest, mean) = fullest_and_mean(&settled, secs(1));
    assert!(fullest <= 2 * mean, "{fullest} of {mean}");
}

/// Ten such crowds, so that the luck of one second does not decide.
#[test]
fn when_the_peer_comes_back_after_minutes_no_second_has_more_than_twice_the_mean() {
    let mut dice = Dice(3);
    let back: Vec<Duration> = (0..10).flat_map(|_| tries(secs(180), &mut dice)).filter_map(|tries| tries.last().copied()).collect();
    assert_eq!(back.len(), 10_000);
    let (fullest, mean) = fullest_and_mean(&back, secs(1));
    assert!(fullest <= 2 * mean, "{fullest} of {mean}");
}
