//! Places in the feed, and how they are written as ids of events.

use std::fmt;

use proto::ids::{Epoch, Seq};

/// Up to where a program was told everything: all changes up to `seq`, except that the last of them moved several tasks in the queue, and only the
/// first `nth` of those were told. A position in the changes, and not a count of the events of one process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FeedPlace {
    pub seq: Seq,
    pub nth: u32,
}

impl FeedPlace {
    pub(super) fn of(seq: Seq) -> Self {
        Self { seq, nth: 0 }
    }

    /// The next one without another change.
    pub(super) fn next(self) -> Self {
        Self { nth: self.nth + 1, ..self }
    }
}

/// The id of an event: `epoch-seq.nth`, in hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventId {
    pub epoch: Epoch,
    /// `None`: of the form that earlier versions had, `epoch-count`. It is known to be an id, and not where.
    pub place: Option<FeedPlace>,
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FeedPlace { seq, nth } = self.place.unwrap_or_default();
        write!(f, "{:x}-{:x}.{nth:x}", self.epoch.0, seq.0)
    }
}

/// The inverse of its text. `None`: Darkroom never made such an id.
#[must_use]
pub fn parse_id(text: &str) -> Option<EventId> {
    let number = |hex: &str| {
        let is_hex = hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        u64::from_str_radix(hex, 16).ok().filter(|_| is_hex)
    };
    let (epoch, rest) = text.split_once('-')?;
    let epoch = Epoch(number(epoch)?);
    let place = match rest.split_once('.') {
        Some((seq, nth)) => Some(FeedPlace { seq: Seq(number(seq)?), nth: number(nth)?.try_into().ok()? }),
        None => number(rest).map(|_| None)?,
    };
    Some(EventId { epoch, place })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ids_of_the_earlier_form_have_no_place_and_anything_else_is_none() {
        assert_eq!(parse_id("1f-a"), Some(EventId { epoch: Epoch(0x1f), place: None }));
        assert_eq!(parse_id("1f-a.2").and_then(|id| id.place), Some(FeedPlace { seq: Seq(10), nth: 2 }));
        for garbage in ["", "1", "-", "1-", "-1", "1-2-3", "1-2.", "1-.3", "1-2.3.4", "1-A.0", "+1-2.0", "1-2.100000000", "1-x"] {
            assert_eq!(parse_id(garbage), None, "{garbage}");
        }
    }

    proptest! {
        #[test]
        fn an_id_is_read_back(epoch in any::<u64>(), seq in any::<u64>(), nth in any::<u32>()) {
            let id = EventId { epoch: Epoch(epoch), place: Some(FeedPlace { seq: Seq(seq), nth }) };
            prop_assert_eq!(parse_id(&id.to_string()), Some(id));
        }
    }
}
