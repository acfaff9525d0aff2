//! Decimal numbers as people type them.

/// "7", "7.0", "-0.5". Without `parse::<f64>`, which would add ten kilobytes to the WASM module.
pub(super) fn is_decimal(text: &str) -> bool {
    let digits = text.trim().strip_prefix('-').unwrap_or(text.trim());
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    (!whole.is_empty() || fraction.len() > 1 || fraction != "0") && !fraction.is_empty() && all_digits(whole) && all_digits(fraction)
}
