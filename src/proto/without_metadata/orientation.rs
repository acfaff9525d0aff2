//! How a picture is turned: the only Exif field that changes what is seen.

use exif::{In, Tag};

/// The value of the field (Exif 2.32, 4.6.4): 2 to 8. `tiff`: Exif fields in their TIFF frame. `None`: upright, or not to be read.
pub(super) fn turned(tiff: &[u8]) -> Option<u8> {
    let read = exif::Reader::new().continue_on_error(true).read_raw(tiff.to_vec());
    let fields = read.or_else(|error| error.distill_partial_result(|_| {})).ok()?;
    let value = fields.get_field(Tag::Orientation, In::PRIMARY)?.value.get_uint(0)?;
    u8::try_from(value).ok().filter(|value| (2..=8).contains(value))
}

/// Exif fields that say nothing else.
pub(super) fn fields_of(turned: u8) -> Vec<u8> {
    let mut tiff = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    tiff.extend([turned, 0, 0, 0, 0, 0, 0]);
    tiff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for value in 2..=8 {
            assert_eq!(turned(&fields_of(value)), Some(value));
        }
        assert_eq!(turned(&fields_of(1)), None);
        assert_eq!(turned(b"MM"), None);
    }
}
