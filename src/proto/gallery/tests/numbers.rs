use proptest::prelude::*;

use super::support::{TODAY, condition, error};
use crate::gallery::{Condition, Quantity, QuantityRange, Search};

fn number(quantity: Quantity, min: Option<u64>, max: Option<u64>) -> Condition {
    Condition::Number { quantity, range: QuantityRange { min, max } }
}

#[test]
fn numbers_and_ranges_are_in_thousandths() {
    assert_eq!(condition("rating:4"), number(Quantity::Rating, Some(4000), Some(4000)));
    assert_eq!(condition("rating:>=4"), number(Quantity::Rating, Some(4000), None));
    assert_eq!(condition("rating:3..5"), number(Quantity::Rating, Some(3000), Some(5000)));
    assert_eq!(condition("steps:>20"), number(Quantity::Steps, Some(20_001), None));
    assert_eq!(condition("steps:<20"), number(Quantity::Steps, None, Some(19_999)));
    assert_eq!(condition("steps:<=20"), number(Quantity::Steps, None, Some(20_000)));
    assert_eq!(condition("steps:..20"), number(Quantity::Steps, None, Some(20_000)));
    assert_eq!(condition("cfg:6.5..8"), number(Quantity::Cfg, Some(6500), Some(8000)));
    assert_eq!(condition("cfg:>7"), number(Quantity::Cfg, Some(7001), None));
    assert_eq!(condition("cfg:7.250"), number(Quantity::Cfg, Some(7250), Some(7250)));
    assert_eq!(condition("CFG:7.1230000"), number(Quantity::Cfg, Some(7123), Some(7123)));
}

#[test]
fn sizes_are_pixels_or_megapixels() {
    assert_eq!(condition("size:832x1216"), Condition::Size { width: 832, height: 1216 });
    assert_eq!(condition("size:832×1216"), condition("size:832X1216"));
    assert_eq!(condition("size:>1mp"), number(Quantity::Pixels, Some(1_000_001), None));
    assert_eq!(condition("size:1..2mp"), number(Quantity::Pixels, Some(1_000_000), Some(2_000_000)));
    assert_eq!(condition("size:1mp..2MP"), condition("size:1..2mp"));
    assert_eq!(condition("size:0.5..mp"), condition("size:>=0.5mp"));
}

#[test]
fn one_megapixel_includes_1024_by_1024() {
    let Condition::Number { range, .. } = condition("size:1mp") else { panic!("no range") };
    assert!(range.contains(1024 * 1024) && range.contains(832 * 1216) && !range.contains(1280 * 1024) && !range.contains(512 * 512));
}

#[test]
fn ratios_are_written_with_any_of_three_signs() {
    for text in ["ratio:16:9", "ratio:16/9", "ratio:16x9", "ratio:\"16:9\""] {
        assert_eq!(condition(text), Condition::Ratio { width: 16, height: 9 }, "{text}");
    }
    assert_eq!(condition("ratio:square"), Condition::Ratio { width: 1, height: 1 });
}

#[test]
fn a_wrong_number_is_answered_with_right_ones() {
    for (wrong, says) in [
        ("rating:6", "0 to 5"),
        ("rating:4.5", "whole"),
        ("rating:-1", "0 to 5"),
        ("steps:x", "20..30"),
        ("steps:2.5", "whole"),
        ("steps:+5", "whole"),
        ("steps:99999999999999999999", "whole"),
        ("cfg:7.1234", "three decimals"),
        ("cfg:7,5", "three decimals"),
        ("cfg:.5", "three decimals"),
        ("cfg:..", "three decimals"),
        ("cfg:8..7", "smaller one first"),
        ("cfg:<0", "below 0"),
        ("size:1000", "1..2mp"),
        ("size:0x10", "1..2mp"),
        ("size:mp", "1..2mp"),
        ("size:5000000000x1", "1..2mp"),
        ("ratio:16:0", "16:9"),
        ("ratio:wide", "16:9"),
        ("seed:-1", "18446744073709551615"),
        ("seed:18446744073709551616", "18446744073709551615"),
    ] {
        assert!(error(wrong).message.contains(says), "{wrong}: {}", error(wrong));
    }
}

#[test]
fn a_seed_has_all_its_digits() {
    assert_eq!(condition("seed:18446744073709551615"), Condition::Seed(u64::MAX));
}

proptest! {
    /// A decimal number is in the ranges that say so, and in no others.
    #[test]
    fn comparisons_agree_with_the_number(number in 0_u64..100_000, bound in 0_u64..100_000) {
        let text = format!("{}.{:03}", bound / 1000, bound % 1000);
        let holds = |sign: &str| match Search::parse(&format!("cfg:{sign}{text}"), TODAY) {
            Ok(search) => match search.terms[0].condition {
                Condition::Number { range, .. } => range.contains(number),
                _ => panic!("no number"),
            },
            Err(_) => false,
        };
        prop_assert_eq!(holds(">"), number > bound);
        prop_assert_eq!(holds(">="), number >= bound);
        prop_assert_eq!(holds("<"), number < bound);
        prop_assert_eq!(holds("<="), number <= bound);
        prop_assert_eq!(holds(""), number == bound);
        prop_assert_eq!(holds("0.."), number <= bound);
    }
}
