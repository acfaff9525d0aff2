//! The address of a comparison: which outputs, and how they are shown.

use super::{GalleryId, GalleryQuery, url::add_search};
use crate::limits;

/// How outputs are shown to be compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CompareMode {
    #[default]
    SideBySide,
    /// Two over each other, with an edge between them that can be moved.
    Swipe,
    /// One over the other, more or less transparent.
    Onion,
    /// How much each pixel differs.
    Difference,
    /// One and the other in turn.
    Flicker,
}

impl CompareMode {
    /// In the order of the page.
    pub const ALL: [Self; 5] = [Self::SideBySide, Self::Swipe, Self::Onion, Self::Difference, Self::Flicker];

    /// Its name in addresses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SideBySide => "side",
            Self::Swipe => "swipe",
            Self::Onion => "onion",
            Self::Difference => "difference",
            Self::Flicker => "flicker",
        }
    }

    /// What people read.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::SideBySide => "Side by side",
            Self::Swipe => "Swipe",
            Self::Onion => "Onion skin",
            Self::Difference => "Difference",
            Self::Flicker => "Flicker",
        }
    }

    /// The one after it; after the last one, the first.
    #[must_use]
    pub fn next(self) -> Self {
        let at = Self::ALL.iter().position(|mode| *mode == self).unwrap_or_default();
        Self::ALL[(at + 1) % Self::ALL.len()]
    }
}

/// Why an address names nothing that can be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompareAddressError {
    #[error("The address must name two to four outputs, such as ids=12,34.")]
    TooFew,
    #[error("At most four outputs are compared at once. The address names {0}.")]
    TooMany(usize),
    #[error("“{0}” in the address is not the number of an output.")]
    NotAnOutput(String),
}

/// What is compared, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompareAddress {
    /// Two to four different ones, in the order of the page.
    pub ids: Vec<GalleryId>,
    pub mode: CompareMode,
    /// Which two of them lie over each other: their places in `ids`.
    pub pair: (usize, usize),
}

impl CompareAddress {
    /// Reads the parts of a query: `ids` as numbers with commas between them; `mode` and `pair` (two places from 1, such as `1,3`) are the usual ones
    /// where they cannot be read.
    ///
    /// # Errors
    /// Fewer than two outputs, too many, or something that is no number of an output.
    pub fn read(ids: &str, mode: &str, pair: &str) -> Result<Self, CompareAddressError> {
        let mut read = Vec::new();
        for part in ids.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let id: GalleryId = part.parse().map_err(|_| CompareAddressError::NotAnOutput(part.chars().take(40).collect()))?;
            if !read.contains(&id) {
                read.push(id);
            }
        }
        match read.len() {
            0 | 1 => return Err(CompareAddressError::TooFew),
            count if count > limits::GALLERY_COMPARED => return Err(CompareAddressError::TooMany(count)),
            _ => {}
        }
        let mode = CompareMode::ALL.into_iter().find(|known| known.name() == mode).unwrap_or_default();
        let place = |text: &str| text.trim().parse::<usize>().ok()?.checked_sub(1).filter(|place| *place < read.len());
        let places = pair.split_once(',').and_then(|(first, second)| Some((place(first)?, place(second)?)));
        let pair = places.filter(|(first, second)| first != second).unwrap_or((0, 1));
        Ok(Self { ids: read, mode, pair })
    }

    /// `query`: the search to go back to.
    #[must_use]
    pub fn url(&self, query: &GalleryQuery) -> String {
        let ids = self.ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let mut url = format!("/gallery/compare?ids={ids}");
        if self.mode != CompareMode::SideBySide {
            url = format!("{url}&mode={}", self.mode.name());
        }
        if self.pair != (0, 1) {
            url = format!("{url}&pair={},{}", self.pair.0 + 1, self.pair.1 + 1);
        }
        add_search(query, '&', &mut url);
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_it_was_written() {
        for mode in CompareMode::ALL {
            let address = CompareAddress { ids: vec![GalleryId(7), GalleryId(u64::MAX), GalleryId(1)], mode, pair: (2, 0) };
            let url = address.url(&GalleryQuery { text: "a b".into(), ..GalleryQuery::default() });
            let of = |name: &str| {
                let query = url.split_once('?').unwrap().1;
                query.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default().to_owned()
            };
            assert_eq!(CompareAddress::read(&of("ids"), &of("mode"), &of("pair")), Ok(address), "{url}");
            assert_eq!(of("q"), "a+b");
        }
    }

    #[test]
    fn what_cannot_be_compared_is_said() {
        let read = |ids: &str| CompareAddress::read(ids, "", "");
        assert_eq!([read(""), read("5"), read("5,5, 5 ,")], [const { Err(CompareAddressError::TooFew) }; 3]);
        assert_eq!(read("1,2,3,4,5"), Err(CompareAddressError::TooMany(5)));
        assert_eq!(read("1,x"), Err(CompareAddressError::NotAnOutput("x".into())));
        assert_eq!(read("1,-2"), Err(CompareAddressError::NotAnOutput("-2".into())));
    }

    #[test]
    fn an_unknown_mode_or_pair_is_the_usual_one() {
        for (mode, pair) in [("", ""), ("sideways", "1"), ("SWIPE", "1,1"), ("side", "0,1"), ("side", "1,3"), ("side", "a,b")] {
            let address = CompareAddress::read("3,4", mode, pair).unwrap();
            assert_eq!((address.mode, address.pair), (CompareMode::SideBySide, (0, 1)), "{mode} {pair}");
        }
        assert_eq!(CompareAddress::read("3,4", "onion", "2,1").unwrap().pair, (1, 0));
    }

    #[test]
    fn the_modes_come_round() {
        let round = CompareMode::ALL.iter().scan(CompareMode::SideBySide, |mode, _| {
            *mode = mode.next();
            Some(*mode)
        });
        assert_eq!(round.last(), Some(CompareMode::SideBySide));
    }
}
