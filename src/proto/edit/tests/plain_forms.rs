use proptest::prelude::*;

use super::support::{id, inpaint, outpaint};
use crate::edit::{Edit, EditArea, EditField, EditProblem, Inpaint, InpaintMethod, METHOD_FIELD, Outpaint, Strength, edit_of_texts};

fn sent(texts: &[(&str, &str)], has_mask: bool) -> Result<Edit, Vec<EditProblem>> {
    let text = |name: &str| texts.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| *text);
    edit_of_texts(text, has_mask.then(|| id('b')))
}

#[test]
fn with_a_mask_a_part_is_painted_and_without_one_the_picture_is_extended() {
    let numbers = [("strength", "0.6"), ("grow", "4"), ("feather", " 6 "), ("context", "32"), (METHOD_FIELD, "noise")];
    assert_eq!(sent(&numbers, true), Ok(Edit::Inpaint(inpaint())));
    let extended = [("strength", "1"), ("feather", "40"), ("right", "256"), ("left", "0")];
    assert_eq!(sent(&extended, false), Ok(Edit::Outpaint(outpaint())), "what is left out is 0, and the model sees the whole picture");
    let erased = sent(&[("strength", "much"), (METHOD_FIELD, "erase")], true);
    let strength = Strength::FULL;
    let expected = Inpaint { strength, grow: 0, feather: 0, area: EditArea::Whole, method: InpaintMethod::Erase, ..inpaint() };
    assert_eq!(erased, Ok(Edit::Inpaint(expected)), "its strength does not matter");
}

#[test]
fn everything_that_is_wrong_is_named_at_its_field() {
    let fields = |texts: &[(&str, &str)], has_mask| -> Vec<EditField> {
        sent(texts, has_mask).unwrap_err().iter().map(|problem| problem.field).collect()
    };
    assert_eq!(fields(&[("strength", "1")], false), [EditField::Mask], "neither a mask nor edges");
    assert_eq!(fields(&[("strength", "1"), ("top", "8"), ("bottom", "8")], true), [EditField::Top], "both");
    let wrong = [("strength", "7"), ("grow", "-1"), ("feather", "a"), ("context", "1.5"), ("left", "9999999999999")];
    let expected = [EditField::Grow, EditField::Feather, EditField::Left, EditField::Context, EditField::Strength];
    assert_eq!(fields(&wrong, true), expected);
}

proptest! {
    /// What is typed is what is asked for.
    #[test]
    fn every_number_arrives(numbers in prop::array::uniform5(any::<u32>()), permille in 0_u16..=1000, context in prop::option::of(any::<u32>())) {
        let [left, top, right, bottom, feather] = numbers;
        let strength = Strength(permille);
        let area = context.map_or(EditArea::Whole, |context| EditArea::Masked { context });
        let expected = Outpaint { left, top, right, bottom, feather, strength, area, method: InpaintMethod::InpaintModel };
        let texts = [
            ("left", left.to_string()), ("top", top.to_string()), ("right", right.to_string()), ("bottom", bottom.to_string()),
            ("feather", feather.to_string()), ("strength", strength.to_string()),
            ("context", context.map(|context| context.to_string()).unwrap_or_default()), (METHOD_FIELD, "inpaint-model".to_owned()),
        ];
        let texts: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let read = sent(&texts, false);
        if left.max(top).max(right).max(bottom) == 0 {
            prop_assert!(read.is_err());
        } else {
            prop_assert_eq!(read, Ok(Edit::Outpaint(expected)));
        }
    }
}
