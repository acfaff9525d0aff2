//! The retry schedule of webhook messages.

use std::time::Duration;

/// Delays before the retries, as recommended by Standard Webhooks. Seconds.
pub const RETRIES: [u64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// Maximum jitter, added to a delay so that messages that failed together are not retried together. Percent.
const JITTER: u32 = 20;

/// The delay after attempt `slot`, which counts from 0. `None`: it was the last. `jitter`: a random number from 0 to 1000.
#[must_use]
pub(super) fn pause(retries: &[Duration], slot: u32, jitter: u16) -> Option<Duration> {
    let pause = retries.get(slot as usize)?;
    Some(*pause + *pause * JITTER * u32::from(jitter.min(1000)) / 100_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedule_is_that_of_standard_webhooks_and_jitter_only_makes_it_later() {
        let retries = RETRIES.map(Duration::from_secs);
        let seconds = |jitter| -> Vec<u64> { (0..).map_while(|slot| pause(&retries, slot, jitter)).map(|pause| pause.as_secs()).collect() };
        assert_eq!(seconds(0), [5, 300, 1800, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600]);
        assert_eq!(seconds(500), [5, 330, 1980, 7920, 19_800, 39_600, 55_440, 79_200, 95_040]);
        assert_eq!(seconds(1000), seconds(u16::MAX));
        assert_eq!(pause(&retries, 0, 1000), Some(Duration::from_secs(6)));
        assert_eq!(pause(&retries, 9, 0), None);
    }
}
