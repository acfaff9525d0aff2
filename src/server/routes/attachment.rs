//! The name under which a browser saves a response.

/// `Content-Disposition` (RFC 6266) for a file name of any characters.
pub(super) fn attachment(filename: &str) -> String {
    let encoded: String = filename
        .bytes()
        .map(
            |byte| {
                if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
            },
        )
        .collect();
    format!("attachment; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_keeps_any_name() {
        assert_eq!(attachment("🐈 a\"b.png"), "attachment; filename*=UTF-8''%F0%9F%90%88%20a%22b.png");
    }
}
