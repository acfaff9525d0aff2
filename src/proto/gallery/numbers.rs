//! Numbers of a search: ranges, sizes and ratios. Decimal numbers are read by hand: `parse::<f64>` would add ten kilobytes to the WASM module.

use super::search::{Condition, Quantity, QuantityRange};

const THOUSAND: u64 = 1_000;
const MEGAPIXEL: u64 = 1_000_000;
const RATING: u64 = 5;

/// What a quantity with a range is followed by.
struct NumberKind {
    quantity: Quantity,
    /// How many of the range's units are 1.
    unit: u64,
    is_whole: bool,
    accepted: &'static str,
}

/// `4`, `>=4`, `3..5`, `3..`: in thousandths.
///
/// # Errors
/// What can be written.
pub(super) fn read_number(quantity: Quantity, text: &str) -> Result<Condition, String> {
    let (is_whole, accepted) = match quantity {
        Quantity::Rating => (true, "Write a whole number from 0 to 5 such as 4, >=4 or 3..5."),
        Quantity::Cfg => (false, "Write a number with at most three decimals such as 7, >6.5 or 6.5..8."),
        Quantity::Steps | Quantity::Pixels => (true, "Write a whole number such as 20, >20 or 20..30."),
    };
    let range = read_range(&NumberKind { quantity, unit: THOUSAND, is_whole, accepted }, text)?;
    Ok(Condition::Number { quantity, range })
}

/// `832x1216`, or megapixels: `1mp` is within 5 % of a million pixels, because models are seldom given exactly that; `>1mp` and `1..2mp` are exact.
///
/// # Errors
/// What can be written.
pub(super) fn read_size(text: &str) -> Result<Condition, String> {
    const ACCEPTED: &str = "Write megapixels such as >1mp or 1..2mp, or width × height such as 832x1216.";
    let text = text.to_lowercase();
    if let Some((width, height)) = pair(&text, &['x', '×']) {
        return Ok(Condition::Size { width, height });
    }
    let Some(number) = text.strip_suffix("mp") else { return Err(ACCEPTED.into()) };
    let number = number.trim_end();
    // "1mp..2mp" is the same as "1..2mp".
    let number = number.replace("mp..", "..");
    let kind = NumberKind { quantity: Quantity::Pixels, unit: MEGAPIXEL, is_whole: false, accepted: ACCEPTED };
    let mut range = read_range(&kind, &number)?;
    if let QuantityRange { min: Some(min), max: Some(max) } = range
        && min == max
    {
        range = QuantityRange { min: Some(min - min / 20), max: Some(max.saturating_add(max / 20)) };
    }
    Ok(Condition::Number { quantity: Quantity::Pixels, range })
}

/// `16:9`, `16/9`, `16x9`, `square`.
///
/// # Errors
/// What can be written.
pub(super) fn read_ratio(text: &str) -> Result<Condition, String> {
    let text = text.to_lowercase();
    let (width, height) = if text == "square" { Some((1, 1)) } else { pair(&text, &[':', '/', 'x', '×']) }
        .ok_or("Write width to height as two whole numbers such as 16:9, or square.")?;
    Ok(Condition::Ratio { width, height })
}

/// Two numbers from 1.
fn pair(text: &str, signs: &[char]) -> Option<(u32, u32)> {
    let (one, other) = text.split_once(signs)?;
    let number = |text: &str| whole(text.trim()).and_then(|number| u32::try_from(number).ok()).filter(|number| *number > 0);
    Some((number(one)?, number(other)?))
}

fn read_range(kind: &NumberKind, text: &str) -> Result<QuantityRange, String> {
    let wrong = || kind.accepted.to_owned();
    let one = |text: &str| {
        let number = decimal(text.trim(), kind.unit).filter(|number| !kind.is_whole || number % kind.unit == 0).ok_or_else(wrong)?;
        let is_known = kind.quantity != Quantity::Rating || number <= RATING * kind.unit;
        if is_known { Ok(number) } else { Err(wrong()) }
    };
    let range = |min, max| QuantityRange { min, max };
    let range = if let Some(text) = text.strip_prefix(">=") {
        range(Some(one(text)?), None)
    } else if let Some(text) = text.strip_prefix('>') {
        range(Some(one(text)?.saturating_add(1)), None)
    } else if let Some(text) = text.strip_prefix("<=") {
        range(None, Some(one(text)?))
    } else if let Some(text) = text.strip_prefix('<') {
        range(None, Some(one(text)?.checked_sub(1).ok_or("Nothing is below 0. Write a larger number after <.")?))
    } else {
        match text.split_once("..") {
            Some(("", "")) => return Err(wrong()),
            Some((first, "")) => range(Some(one(first)?), None),
            Some(("", last)) => range(None, Some(one(last)?)),
            Some((first, last)) => range(Some(one(first)?), Some(one(last)?)),
            None => one(text).map(|number| range(Some(number), Some(number)))?,
        }
    };
    match range {
        QuantityRange { min: Some(min), max: Some(max) } if min > max => {
            Err("The second number is less than the first. Write the smaller one first.".into())
        }
        range => Ok(range),
    }
}

/// A decimal number without a sign, in units of which `unit` are 1. `None`: it is none, has more decimals than that, or is too large.
fn decimal(text: &str, unit: u64) -> Option<u64> {
    let (whole_part, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let (mut value, mut place) = (whole(whole_part)?.checked_mul(unit)?, unit);
    whole(fraction)?;
    for digit in fraction.bytes().map(|byte| u64::from(byte - b'0')) {
        place /= 10;
        if place == 0 && digit > 0 {
            return None;
        }
        value = value.checked_add(digit * place)?;
    }
    Some(value)
}

/// Digits only: a sign is no part of a number here.
pub(super) fn whole(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}
