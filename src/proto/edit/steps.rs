//! How much of a picture is redrawn, and how many steps that takes.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The share of the steps that run, in thousandths: 1000 redraws everything. ComfyUI calls it `denoise`. As text a decimal number up to 1, such
/// as "0.6".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Strength(pub u16);

impl Strength {
    pub const FULL: Self = Self(1000);

    #[must_use]
    pub fn is_full(self) -> bool {
        self >= Self::FULL
    }

    /// How many of `steps` will run: the last ones.
    #[must_use]
    pub fn steps(self, steps: u32) -> u32 {
        let run = (u64::from(steps) * u64::from(self.0.min(1000)) + 500) / 1000;
        u32::try_from(run).unwrap_or(steps)
    }

    /// The least strength at which one of `steps` runs.
    #[must_use]
    pub fn least(steps: u32) -> Self {
        Self(u16::try_from(500_u32.div_ceil(steps.max(1))).unwrap_or(1000).max(1))
    }
}

impl fmt::Display for Strength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fraction = format!("{:03}", self.0 % 1000);
        let fraction = fraction.trim_end_matches('0');
        write!(f, "{}.{}", self.0 / 1000, if fraction.is_empty() { "0" } else { fraction })
    }
}

/// Not a decimal number from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("This must be a number from 0 to 1, such as 0.6.")]
pub struct WrongStrength;

impl FromStr for Strength {
    type Err = WrongStrength;

    /// Digits after the third are cut off.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if !all_digits(whole) || !all_digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
            return Err(WrongStrength);
        }
        let whole: u16 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| WrongStrength)? };
        let digit = |at: usize| fraction.as_bytes().get(at).map_or(0, |digit| u16::from(digit - b'0'));
        let permille = whole.saturating_mul(1000).saturating_add(digit(0) * 100 + digit(1) * 10 + digit(2));
        if permille > 1000 { Err(WrongStrength) } else { Ok(Self(permille)) }
    }
}
