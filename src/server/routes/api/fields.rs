//! Deserializers of JSON fields that differ from those of serde.

use std::{fmt, marker::PhantomData};

use serde::{Deserialize, Deserializer, de::Visitor};

/// A field that may be missing, but not `null`.
pub(super) fn not_null<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// An integer, also when it is written as `7.0`: JSON does not distinguish the two, and some languages have only floating-point numbers.
pub(super) fn integer<'de, T: TryFrom<i128>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_any(IntegerVisitor(PhantomData))
}

/// Both: an integer that may be missing, but not `null`.
pub(super) fn not_null_integer<'de, T: TryFrom<i128>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    integer(deserializer).map(Some)
}

struct IntegerVisitor<T>(PhantomData<T>);

/// 2^53: above it, not every integer has a floating-point number.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl<T: TryFrom<i128>> Visitor<'_> for IntegerVisitor<T> {
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
        let integer = (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i128);
        integer.and_then(|integer| T::try_from(integer).ok()).ok_or_else(|| E::invalid_type(serde::de::Unexpected::Float(number), &self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Read(#[serde(deserialize_with = "integer")] i8, #[serde(deserialize_with = "integer")] u64);

    #[test]
    fn an_integer_may_be_written_with_a_decimal_point() {
        let read = |text: &str| serde_json::from_str::<Read>(text).ok();
        assert_eq!(read("[-7, 18446744073709551615]"), Some(Read(-7, u64::MAX)));
        assert_eq!(read("[7.0, 1e3]"), Some(Read(7, 1000)));
        for wrong in ["[7.5, 1]", "[128, 1]", "[128.0, 1]", "[1, -1]", "[1, 1e300]", "[1, 18446744073709551616]", "[null, 1]", "[\"7\", 1]"]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
