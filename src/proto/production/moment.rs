//! Points in time as productions write them: RFC 3339, as STORY-009 has them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    gallery::{day_and_time, day_number},
    time::Timestamp,
};

/// A point in time. As JSON it is `2026-11-20T17:11:54.015Z`: RFC 3339 in UTC, with milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, format = DateTime))]
pub struct Moment(pub Timestamp);

/// The text is not what a [`Moment`] writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("A time is written like 2026-11-20T17:11:54.015Z.")]
pub struct BadMoment;

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (day, time) = day_and_time(self.0);
        write!(f, "{day}T{:02}:{:02}:{:02}.{:03}Z", time.hour, time.minute, time.second, self.0.0 % 1_000)
    }
}

impl FromStr for Moment {
    type Err = BadMoment;

    /// Reads only what [`Moment`] writes.
    fn from_str(text: &str) -> Result<Self, BadMoment> {
        let number = |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse::<u32>().ok()).map(i64::from);
        let read = || {
            let day = day_number(number(0, 4)?, number(5, 7)?, number(8, 10)?);
            let seconds = ((day * 24 + number(11, 13)?) * 60 + number(14, 16)?) * 60 + number(17, 19)?;
            u64::try_from(seconds * 1_000 + number(20, 23)?).ok()
        };
        let moment = Self(Timestamp(read().ok_or(BadMoment)?));
        // Not the 30th of February, and the right signs between the numbers.
        if moment.to_string() == text { Ok(moment) } else { Err(BadMoment) }
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { self.0.serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
        } else {
            Timestamp::deserialize(deserializer).map(Self)
        }
    }
}
