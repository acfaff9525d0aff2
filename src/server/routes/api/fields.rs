//! How fields of JSON are read where that is not as serde does it.

use std::{fmt, marker::PhantomData};

use serde::{Deserialize, Deserializer, de::Visitor};

/// A field that may be left out, but not be null.
pub(super) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A whole number, also when it is written as `7.0`: to JSON that is the same, and some languages have no other numbers.
pub(super) fn whole<'de, T: TryFrom<i128>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_any(Whole(PhantomData))
}

pub(super) fn given_whole<'de, T: TryFrom<i128>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    whole(deserializer).map(Some)
}

struct Whole<T>(PhantomData<T>);

/// From here on not every whole number is a floating point number.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl<T: TryFrom<i128>> Visitor<'_> for Whole<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a whole number in its range")
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<T, E> {
        T::try_from(number.into()).map_err(|_| E::invalid_value(serde::de::Unexpected::Unsigned(number), &self))
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<T, E> {
        T::try_from(number.into()).map_err(|_| E::invalid_value(serde::de::Unexpected::Signed(number), &self))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<T, E> {
        let whole = (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i128);
        whole.and_then(|whole| T::try_from(whole).ok()).ok_or_else(|| E::invalid_type(serde::de::Unexpected::Float(number), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Read(#[serde(deserialize_with = "whole")] i8, #[serde(deserialize_with = "whole")] u64);

    #[test]
    fn a_whole_number_may_be_written_with_a_point() {
        let read = |text: &str| serde_json::from_str::<Read>(text).ok();
        assert_eq!(read("[-7, 18446744073709551615]"), Some(Read(-7, u64::MAX)));
        assert_eq!(read("[7.0, 1e3]"), Some(Read(7, 1000)));
        for wrong in ["[7.5, 1]", "[128, 1]", "[128.0, 1]", "[1, -1]", "[1, 1e300]", "[1, 18446744073709551616]", "[null, 1]", "[\"7\", 1]"]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
