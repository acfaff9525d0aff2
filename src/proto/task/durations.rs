//! How long node classes take, learned from what they took: the weights of the whole task's bar.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// Milliseconds per unit (a step for samplers, a run for others), by class, as a moving average.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Durations(HashMap<String, f64>);

/// The weight of the newest measurement.
const NEWEST: f64 = 0.3;
/// Custom nodes come and go; this many classes are remembered.
const CLASSES: usize = 2_000;

impl Durations {
    /// Milliseconds that a node is expected to take. `steps` as in its inputs.
    #[must_use]
    pub fn expected_ms(&self, class: &str, steps: Option<u64>) -> u32 {
        let per_unit = self.0.get(class).copied().unwrap_or_else(|| first_guess(class, steps));
        let units = steps.unwrap_or(1) as f64;
        (per_unit * units).clamp(1.0, f64::from(u32::MAX)) as u32
    }

    /// Takes in that a node of `class` took `ms`.
    pub fn observe(&mut self, class: &str, steps: Option<u64>, ms: u64) {
        let per_unit = ms as f64 / steps.unwrap_or(1) as f64;
        if let Some(average) = self.0.get_mut(class) {
            *average += NEWEST * (per_unit - *average);
        } else if self.0.len() < CLASSES {
            self.0.insert(class.to_owned(), per_unit);
        }
    }
}

/// Before anything was measured. Only the proportions matter: sampling takes most of the time, loading and decoding some.
fn first_guess(class: &str, steps: Option<u64>) -> f64 {
    if steps.is_some() {
        return 300.0;
    }
    match class {
        _ if class.contains("Loader") => 1_500.0,
        _ if class.contains("Sampler") => 6_000.0,
        _ if class.starts_with("VAE") || class.contains("Upscale") => 600.0,
        _ if class.contains("Encode") => 200.0,
        _ => 60.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn learns_per_step_and_forgets_slowly() {
        let mut durations = Durations::default();
        durations.observe("KSampler", Some(20), 2_000);
        assert_eq!(durations.expected_ms("KSampler", Some(30)), 3_000);
        durations.observe("KSampler", Some(10), 2_000);
        assert_eq!(durations.expected_ms("KSampler", Some(10)), 1_300);
    }
}
