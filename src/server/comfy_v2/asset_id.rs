//! The id of an asset: a UUID of one that was uploaded, and `job.number` of an output.

use std::{fmt, str::FromStr};

use proto::ids::TaskId;
use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssetId {
    Uploaded(Uuid),
    /// The output with this number of a task.
    Output(TaskId, u32),
}

/// No id of an asset.
#[derive(Clone, Copy, Debug)]
pub struct WrongAssetId;

impl FromStr for AssetId {
    type Err = WrongAssetId;

    fn from_str(text: &str) -> Result<Self, WrongAssetId> {
        let parsed = match text.split_once('.') {
            None => Uuid::from_str(text).ok().map(Self::Uploaded),
            Some((task, number)) => task.parse().ok().and_then(|task| number.parse().ok().map(|number| Self::Output(task, number))),
        };
        // Only as it is written: one asset has one id.
        parsed.filter(|id| id.to_string() == text).ok_or(WrongAssetId)
    }
}

impl fmt::Display for AssetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uploaded(id) => id.fmt(f),
            Self::Output(task, number) => write!(f, "{task}.{number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_is_written() {
        for text in ["0195e0a4-0000-7000-8000-000000000001", "0195e0a4-0000-7000-8000-000000000001.7"] {
            assert_eq!(text.parse::<AssetId>().unwrap().to_string(), text);
        }
        for wrong in [
            "",
            "asset_ghost",
            "0195E0A4-0000-7000-8000-000000000001",
            "0195e0a4-0000-7000-8000-000000000001.",
            "0195e0a4-0000-7000-8000-000000000001.+7",
            "0195e0a4-0000-7000-8000-000000000001.07",
        ] {
            assert!(wrong.parse::<AssetId>().is_err(), "{wrong}");
        }
    }
}
