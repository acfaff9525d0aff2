//! Numbers and errors as people read them.

pub(super) use crate::components::call_error::call_error;

/// With a comma between thousands.
pub(super) fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// "1 output", "1,234 outputs".
pub(super) fn outputs(count: u64) -> String {
    if count == 1 { "1 output".to_owned() } else { format!("{} outputs", number(count)) }
}

/// In the largest unit that leaves a whole number: "312 KB", "14 MB".
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..=999 => format!("{bytes} bytes"),
        1_000..=999_999 => format!("{} KB", bytes / 1_000),
        1_000_000..=9_999_999 => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
        10_000_000..=999_999_999 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{}.{} GB", bytes / 1_000_000_000, bytes / 100_000_000 % 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        assert_eq!([0, 999, 1_000, 12_345, 1_000_000].map(number), ["0", "999", "1,000", "12,345", "1,000,000"]);
        assert_eq!((outputs(1), outputs(2_000)), ("1 output".to_owned(), "2,000 outputs".to_owned()));
    }

    #[test]
    fn sizes_are_short() {
        assert_eq!([0, 312_999, 1_250_000, 14_000_001, 2_340_000_000].map(size), ["0 bytes", "312 KB", "1.2 MB", "14 MB", "2.3 GB"]);
    }
}
