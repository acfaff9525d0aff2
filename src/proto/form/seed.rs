//! How the next run's value of a seed comes from the last one: for pages and for runs over the API.

use super::{FormField, NumberBounds, SeedControl, Widget};

impl FormField {
    /// The value of the next run, after one with the value `last`. `random`: 64 random bits. `None`: as it is.
    #[must_use]
    pub fn next_value(&self, control: SeedControl, last: &str, random: u64) -> Option<String> {
        let (Widget::Seed(bounds) | Widget::Number(bounds)) = &self.widget else { return None };
        control.next(last, bounds, random)
    }
}

impl SeedControl {
    /// See [`FormField::next_value`]. Counting goes on at the other end of the bounds.
    #[must_use]
    pub fn next(self, last: &str, bounds: &NumberBounds, random: u64) -> Option<String> {
        let bound = |text: &Option<String>, other: i128| text.as_ref().and_then(|text| text.parse::<i128>().ok()).unwrap_or(other);
        let (min, max) = (bound(&bounds.min, 0), bound(&bounds.max, u64::MAX.into()));
        let count = max.checked_sub(min).filter(|count| *count >= 0)? + 1;
        let last = || last.trim().parse::<i128>().ok().map(|last| last.clamp(min, max));
        let next = match self {
            Self::Fixed => return None,
            Self::Random => min + i128::from(random) % count,
            Self::Increment => last().map(|last| if last == max { min } else { last + 1 })?,
            Self::Decrement => last().map(|last| if last == min { max } else { last - 1 })?,
        };
        Some(next.to_string())
    }
}
