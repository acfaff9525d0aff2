//! Which part of a file is requested: all of it, a range, or nothing because the client has it (RFC 9110, sections 13 and 14).

use std::ops::Range;

use axum::http::{HeaderMap, Method, header};
use headers::{ETag, HeaderMapExt, IfNoneMatch, IfRange};
use http_range_header::{EndPosition, StartPosition, SyntacticallyCorrectRange};

/// What a response has of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FilePart {
    Whole,
    /// 206.
    Range(Range<u64>),
    /// 416.
    Unsatisfiable,
    /// 304.
    Unchanged,
}

/// `etag`: of the file, which never changes; `bytes`: its length.
///
/// Several ranges at once are answered with the whole file, as RFC 9110 allows: no player asks for them, and each costs a search. A `Range` that
/// cannot be read counts as none.
pub(super) fn part(headers: &HeaderMap, method: &Method, etag: &ETag, bytes: u64) -> FilePart {
    if headers.typed_get::<IfNoneMatch>().is_some_and(|condition| !condition.precondition_passes(etag)) {
        return FilePart::Unchanged;
    }
    // Only a GET has ranges.
    let Some(range) = headers.get(header::RANGE).filter(|_| method == Method::GET) else { return FilePart::Whole };
    // A date never fits: the file has none.
    if headers.contains_key(header::IF_RANGE)
        && headers.typed_get::<IfRange>().is_none_or(|condition| condition.is_modified(Some(etag), None))
    {
        return FilePart::Whole;
    }
    let Some(ranges) = range.to_str().ok().and_then(|range| http_range_header::parse_range_header(range).ok()) else {
        return FilePart::Whole;
    };
    match ranges.ranges.as_slice() {
        // More than there is of it is all of it.
        [SyntacticallyCorrectRange { start: StartPosition::FromLast(last), .. }] if *last >= bytes && bytes > 0 => {
            return FilePart::Range(0..bytes);
        }
        // One that ends before it begins is no range (RFC 9110, section 14.1.1).
        [SyntacticallyCorrectRange { start: StartPosition::Index(start), end: EndPosition::Index(end) }] if end < start => {
            return FilePart::Whole;
        }
        [_] => {}
        _ => return FilePart::Whole,
    }
    match ranges.validate(bytes).as_deref() {
        Ok([range]) => FilePart::Range(*range.start()..range.end().saturating_add(1)),
        Ok(_) => FilePart::Whole,
        Err(_) => FilePart::Unsatisfiable,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    use super::*;

    const BYTES: u64 = 1000;

    fn asked(fields: &[(HeaderName, &str)]) -> FilePart {
        let headers = fields.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap())).collect();
        part(&headers, &Method::GET, &"\"a\"".parse().unwrap(), BYTES)
    }

    fn range(range: &str) -> FilePart {
        asked(&[(header::RANGE, range)])
    }

    #[test]
    fn ranges() {
        for (asked, part) in [
            ("bytes=0-", FilePart::Range(0..1000)),
            ("bytes=0-0", FilePart::Range(0..1)),
            ("bytes=500-", FilePart::Range(500..1000)),
            ("bytes=500-599", FilePart::Range(500..600)),
            ("bytes=500-5000", FilePart::Range(500..1000)),
            ("bytes=-1", FilePart::Range(999..1000)),
            ("bytes=-5000", FilePart::Range(0..1000)),
            ("bytes=999-", FilePart::Range(999..1000)),
            ("bytes=1000-", FilePart::Unsatisfiable),
            ("bytes=1000-2000", FilePart::Unsatisfiable),
            // The last none of it: taken for none that can be read.
            ("bytes=-0", FilePart::Whole),
            // No range by RFC 9110: it is ignored.
            ("bytes=9-5", FilePart::Whole),
            ("bytes=", FilePart::Whole),
            ("bytes", FilePart::Whole),
            ("bytes=a-b", FilePart::Whole),
            ("items=0-5", FilePart::Whole),
            ("bytes=99999999999999999999999-", FilePart::Whole),
            ("bytes=0-5,10-15", FilePart::Whole),
        ] {
            assert_eq!(range(asked), part, "{asked}");
        }
    }

    #[test]
    fn conditions() {
        let of = |etag: &str, range: Option<&str>| {
            let fields = [(header::IF_NONE_MATCH, etag)].into_iter().chain(range.map(|range| (header::RANGE, range)));
            asked(&fields.collect::<Vec<_>>())
        };
        assert_eq!(of("\"a\"", None), FilePart::Unchanged);
        assert_eq!(of("\"b\", W/\"a\"", None), FilePart::Unchanged, "weak comparison");
        assert_eq!(of("*", None), FilePart::Unchanged);
        assert_eq!(of("\"b\"", None), FilePart::Whole);
        assert_eq!(of("\"a\"", Some("bytes=0-5")), FilePart::Unchanged, "before any range");
        let if_range = |condition: &str| asked(&[(header::RANGE, "bytes=0-5"), (header::IF_RANGE, condition)]);
        assert_eq!(if_range("\"a\""), FilePart::Range(0..6));
        assert_eq!(if_range("\"b\""), FilePart::Whole);
        assert_eq!(if_range("W/\"a\""), FilePart::Whole, "strong comparison");
        assert_eq!(if_range("Sat, 28 Nov 2026 09:30:02 GMT"), FilePart::Whole);
        assert_eq!(if_range("nonsense"), FilePart::Whole);
        let head = HeaderMap::from_iter([(header::RANGE, HeaderValue::from_static("bytes=0-5"))]);
        assert_eq!(part(&head, &Method::HEAD, &"\"a\"".parse().unwrap(), BYTES), FilePart::Whole);
    }

    proptest! {
        #[test]
        fn a_range_is_never_empty_and_always_inside(text in "(bytes=)?[0-9a-z,=-]{0,30}", bytes in 0_u64..5000) {
            let headers = HeaderMap::from_iter([(header::RANGE, HeaderValue::from_str(&text).unwrap())]);
            if let FilePart::Range(range) = part(&headers, &Method::GET, &"\"a\"".parse().unwrap(), bytes) {
                prop_assert!(range.start < range.end && range.end <= bytes, "{text} of {bytes}: {range:?}");
            }
        }

        #[test]
        fn a_plain_range_is_used_unchanged(start in 0_u64..2000, more in 0_u64..2000, bytes in 1_u64..2000) {
            let text = format!("bytes={start}-{}", start + more);
            let headers = HeaderMap::from_iter([(header::RANGE, HeaderValue::from_str(&text).unwrap())]);
            let expected = if start < bytes { FilePart::Range(start..(start + more + 1).min(bytes)) } else { FilePart::Unsatisfiable };
            prop_assert_eq!(part(&headers, &Method::GET, &"\"a\"".parse().unwrap(), bytes), expected);
        }
    }
}
