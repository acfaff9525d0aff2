//! Exact decimal numbers, so that a range of 0.1 to 0.5 has no 0.30000000000000004.

use std::fmt;

/// `mantissa` / 10^`scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Decimal {
    pub mantissa: i128,
    pub scale: u32,
}

/// Digits of a number, which keeps every sum within `i128`.
const DIGITS: usize = 24;
const SCALE: u32 = 12;

impl Decimal {
    /// The number that the text begins with, and the rest. `None`: it begins with none, or with one of too many digits.
    pub fn read(text: &str) -> Option<(Self, &str)> {
        let (sign, rest) = match text.strip_prefix(['-', '−']) {
            Some(rest) => (-1, rest),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let whole = digits(rest);
        let after = &rest[whole..];
        let fraction = after.strip_prefix('.').map_or(0, digits);
        if whole + fraction == 0 || whole + fraction > DIGITS || fraction > SCALE as usize {
            return None;
        }
        let end = if fraction > 0 { whole + 1 + fraction } else { whole };
        let mantissa: i128 = format!("{}{}", &rest[..whole], &rest[end - fraction..end]).parse().ok()?;
        let scale = u32::try_from(fraction).ok()?;
        Some((Self { mantissa: sign * mantissa, scale }, &rest[end..]))
    }

    /// The mantissa of the same number with at least as many decimal places.
    pub fn at_scale(self, scale: u32) -> i128 {
        self.mantissa * 10_i128.pow(scale.saturating_sub(self.scale))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", self.mantissa.unsigned_abs(), width = self.scale as usize + 1);
        let (whole, fraction) = digits.split_at(digits.len() - self.scale as usize);
        if fraction.is_empty() { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{fraction}") }
    }
}
