//! Random numbers from a seed. They must never change: a stored seed gives its text again.

/// SplitMix64 (Steele, Lea, Flood 2014; the constants of `java.util.SplittableRandom`).
pub(super) struct PromptRandom(u64);

impl PromptRandom {
    /// Different templates with the same seed choose independently; equal ones choose the same.
    pub(super) fn new(seed: u64, template: &str) -> Self {
        // FNV-1a.
        let hash =
            template.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        let mut mixed = Self(seed ^ hash);
        // Neighbouring seeds are far apart.
        Self(mixed.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to `end`, without `end`; 0 if that is 0. All are equally likely (Lemire 2019).
    pub(super) fn below(&mut self, end: usize) -> usize {
        let end = end as u64;
        if end == 0 {
            return 0;
        }
        loop {
            let product = u128::from(self.next()) * u128::from(end);
            let low = product as u64;
            if low >= end || low >= end.wrapping_neg() % end {
                return (product >> 64) as usize;
            }
        }
    }

    /// The index of a weight, as likely as it is large. `None`: there is none above 0.
    pub(super) fn weighted(&mut self, weights: &[f64]) -> Option<usize> {
        let first = *weights.first()?;
        if first > 0.0 && weights.iter().all(|weight| *weight == first) {
            return Some(self.below(weights.len()));
        }
        let total: f64 = weights.iter().sum();
        // 53 bits, from 0 to 1.
        let mut left = (self.next() >> 11) as f64 / (1_u64 << 53) as f64 * total;
        let last = weights.iter().rposition(|weight| *weight > 0.0)?;
        for (index, weight) in weights.iter().enumerate() {
            if *weight > 0.0 && left < *weight {
                return Some(index);
            }
            left -= weight;
        }
        Some(last)
    }
}
