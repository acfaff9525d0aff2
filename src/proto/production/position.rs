//! The order of chapters, scenes, shots and beats: numbers with gaps, so that one can be put between two others without changing them.

/// The distance between two neighbours.
pub const POSITION_STEP: u64 = 1 << 20;

/// After all that have a position up to `last`.
#[must_use]
pub fn position_after(last: Option<u64>) -> u64 {
    last.unwrap_or(0).saturating_add(POSITION_STEP)
}

/// The position between two neighbours. `None`: there is no room, so all of them need new positions (see [`spread`]).
#[must_use]
pub fn position_between(before: Option<u64>, after: Option<u64>) -> Option<u64> {
    match (before, after) {
        (before, None) => Some(position_after(before)),
        (before, Some(after)) => {
            let low = before.unwrap_or(0);
            let high = after;
            (high.saturating_sub(low) >= 2).then(|| low + (high - low) / 2)
        }
    }
}

/// New positions for so many neighbours, in order.
pub fn spread(count: usize) -> impl Iterator<Item = u64> {
    (1u64..).map(|nth| nth.saturating_mul(POSITION_STEP)).take(count)
}
