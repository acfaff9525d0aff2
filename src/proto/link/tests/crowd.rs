//! Fault row 7: a thousand clients, disconnected at once.

use super::*;

/// A deterministic generator (the SplitMix64 of Java's `SplittableRandom`).
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

/// The retry times of a thousand clients. The peer is down until `back` and refuses at once until then.
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

/// The highest count in any slot of this width.
fn fullest(times: &[Duration], slot: Duration) -> usize {
    let mut slots = std::collections::HashMap::new();
    for at in times {
        *slots.entry(at.as_millis() / slot.as_millis()).or_insert(0) += 1;
    }
    slots.into_values().max().unwrap()
}

/// All reconnect within the first second, so this checks more closely than the row asks: the nine tenths from 0.1 to 1 s.
#[test]
fn when_the_peer_is_there_no_tenth_of_a_second_has_more_than_twice_the_mean() {
    let back: Vec<Duration> = tries(Duration::ZERO, &mut Dice(1)).concat();
    assert_eq!(back.len(), 1000);
    assert!(back.iter().all(|at| (millis(100)..=secs(1)).contains(at)));
    let fullest = fullest(&back, millis(100));
    assert!(fullest <= 2 * 1000 / 9, "{fullest}");
}

/// While the peer is down and all waits are at their maximum: an even rate, not waves.
#[test]
fn while_the_peer_is_away_no_second_has_more_than_twice_the_mean() {
    let tries: Vec<Duration> = tries(secs(240), &mut Dice(2)).concat();
    let settled: Vec<Duration> = tries.into_iter().filter(|at| (secs(60)..secs(240)).contains(at)).collect();
    let fullest = fullest(&settled, secs(1));
    assert!(fullest <= 2 * settled.len() / 180, "{fullest} of {}", settled.len());
}

/// The window is the maximum wait, 30 s. Ten such crowds, so that chance in one second does not decide.
#[test]
fn when_the_peer_comes_back_after_minutes_no_second_has_more_than_twice_the_mean() {
    let mut dice = Dice(3);
    let back: Vec<Duration> = (0..10).flat_map(|_| tries(secs(180), &mut dice)).filter_map(|tries| tries.last().copied()).collect();
    assert!(back.iter().all(|at| (secs(180)..=secs(210)).contains(at)));
    let fullest = fullest(&back, secs(1));
    assert!(fullest <= 2 * 10_000 / 30, "{fullest}");
}
