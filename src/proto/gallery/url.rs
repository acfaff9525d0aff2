//! Addresses of pages of the gallery: a search is a url.

use super::{GalleryId, GalleryOrder, GalleryQuery};

/// The address of the results of a search, or of one output among them.
#[must_use]
pub fn gallery_url(id: Option<GalleryId>, query: &GalleryQuery) -> String {
    let mut url = id.map_or_else(|| "/gallery".to_owned(), |id| format!("/gallery/{id}"));
    add_search(query, '?', &mut url);
    url
}

/// Adds a search to an address. `separator`: what comes before the first part.
pub(super) fn add_search(query: &GalleryQuery, mut separator: char, url: &mut String) {
    if !query.text.trim().is_empty() {
        url.push(separator);
        url.push_str("q=");
        encode(query.text.trim(), url);
        separator = '&';
    }
    if query.order == GalleryOrder::Oldest {
        url.push(separator);
        url.push_str("order=oldest");
    }
}

/// Percent-encodes all but letters, digits and the punctuation of searches that a query may hold.
fn encode(text: &str, url: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b':' | b'*' | b'/' => url.push(char::from(byte)),
            b' ' => url.push('+'),
            byte => {
                url.push('%');
                url.push(char::from(DIGITS[usize::from(byte >> 4)]));
                url.push(char::from(DIGITS[usize::from(byte & 15)]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_written_into_the_address() {
        let query = |text: &str, order| GalleryQuery { text: text.into(), order, utc_offset_minutes: 0 };
        assert_eq!(gallery_url(None, &query("  ", GalleryOrder::Newest)), "/gallery");
        assert_eq!(gallery_url(None, &query("", GalleryOrder::Oldest)), "/gallery?order=oldest");
        let found = gallery_url(Some(GalleryId(7)), &query("red \"ä&b\" size:>1mp", GalleryOrder::Oldest));
        assert_eq!(found, "/gallery/7?q=red+%22%C3%A4%26b%22+size:%3E1mp&order=oldest");
    }
}
