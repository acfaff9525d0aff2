//! Ranges of numbers: besides its value, an output has the tokens of the ranges of values around it, each twice as wide as the one before. So a search for
//! a range asks for a few of these instead of for every value in it: FTS5 compares each row of an OR with all its alternatives.

use proto::gallery::{OutputFacts, Quantity};

use super::{
    keys,
    numbers::{number, size_text},
    words::MARK,
};

/// The binary logarithms of the widths, in the unit of [`proto::gallery::QuantityRange`].
fn widths(quantity: Quantity) -> std::ops::RangeInclusive<u32> {
    match quantity {
        // 2 to 512 steps.
        Quantity::Steps => 11..=19,
        // 1 to 64. Ratings have tokens of their own.
        Quantity::Cfg | Quantity::Rating => 10..=16,
        // 256 × 256 to 8192 × 8192.
        Quantity::Pixels => 16..=26,
    }
}

fn token(quantity: Quantity, width: u32, value: u64) -> String {
    let letter = match quantity {
        Quantity::Rating => 'r',
        Quantity::Steps => 's',
        Quantity::Cfg => 'c',
        Quantity::Pixels => 'p',
    };
    format!("{MARK}b{letter}{width}x{}", value >> width)
}

/// The tokens of an output's ranges.
pub(super) fn tokens_of(facts: &OutputFacts) -> Vec<String> {
    let steps = facts.steps.map(|steps| steps.to_string()).unwrap_or_default();
    let texts =
        [(Quantity::Steps, steps), (Quantity::Cfg, facts.cfg.trim().to_owned()), (Quantity::Pixels, size_text(facts).unwrap_or_default())];
    let mut tokens = Vec::new();
    for (quantity, text) in texts {
        if let Some(value) = number(quantity, &text) {
            tokens.extend(widths(quantity).map(|width| token(quantity, width, value)));
        }
    }
    tokens
}

/// Few tokens that exactly the outputs with one of the wanted values have. `values`: all of the dictionary, with their ids, and whether they are wanted.
pub(super) fn cover(quantity: Quantity, values: &mut [(u64, i64, bool)]) -> Vec<String> {
    values.sort_unstable();
    let mut tokens = Vec::new();
    let mut next = 0;
    while let Some((value, id, is_wanted)) = values.get(next).copied() {
        if !is_wanted {
            next += 1;
            continue;
        }
        // The widest range with this value and nothing unwanted.
        let widest = widths(quantity).rev().find_map(|width| {
            let of_range = |(other, ..): &&(u64, i64, bool)| other >> width == value >> width;
            let first = values.partition_point(|(other, ..)| other >> width < value >> width);
            let in_range: Vec<_> = values[first..].iter().take_while(of_range).collect();
            let fits = first == next && in_range.len() > 1 && in_range.iter().all(|(.., is_wanted)| *is_wanted);
            fits.then(|| (token(quantity, width, value), in_range.len()))
        });
        let (token, covered) = widest.unwrap_or_else(|| (keys::value(id), 1));
        tokens.push(token);
        next += covered;
    }
    tokens
}
