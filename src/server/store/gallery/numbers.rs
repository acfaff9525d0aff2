//! Values of the dictionary as numbers.

use proto::gallery::{OutputFacts, Quantity};

/// As [`QuantityRange`] counts.
pub(super) fn number(quantity: Quantity, value: &str) -> Option<u64> {
    match quantity {
        Quantity::Rating => None,
        Quantity::Steps | Quantity::Cfg => thousandths(value),
        Quantity::Pixels => size(value).map(|(width, height)| width.saturating_mul(height)),
    }
}

/// Digits after the third are left out.
fn thousandths(value: &str) -> Option<u64> {
    let (whole, rest) = value.split_once('.').unwrap_or((value, ""));
    let digits: String = rest.chars().chain("000".chars()).take(3).collect();
    let whole: u64 = if whole.is_empty() && !rest.is_empty() { 0 } else { whole.parse().ok()? };
    whole.checked_mul(1000)?.checked_add(digits.parse().ok()?)
}

pub(super) fn size(value: &str) -> Option<(u64, u64)> {
    let (width, height) = value.split_once('x')?;
    Some((width.parse().ok()?, height.parse().ok()?))
}

/// One side is the other one times the ratio, rounded to the nearest pixel.
pub(super) fn has_ratio((width, height): (u64, u64), (across, down): (u64, u64)) -> bool {
    let rounded = |side: u64, times: u64, by: u64| (2 * side * times + by) / (2 * by).max(1);
    across > 0 && down > 0 && (height == rounded(width, down, across) || width == rounded(height, across, down))
}

/// The value of an output's size. `None`: it has none.
pub(super) fn size_text(facts: &OutputFacts) -> Option<String> {
    (facts.width > 0 && facts.height > 0).then(|| format!("{}x{}", facts.width, facts.height))
}
