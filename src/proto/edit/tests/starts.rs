use proptest::prelude::*;
use uuid::Uuid;

use super::support::{id, inpaint, outpaint, run};
use crate::{
    edit::{Edit, EditArea, EditRun, Inpaint, InpaintMethod, Outpaint, PixelSize, Start, StartLine, StartPart, StartPicture, Strength},
    ids::TaskId,
};

fn start(size: PixelSize, strength: Option<Strength>, parent: Option<TaskId>) -> StartPicture {
    StartPicture { edit: "redraw".into(), picture: id('a'), size, strength, parent }
}

proptest! {
    #[test]
    fn a_line_says_what_it_was_made_of(width: u32, height: u32, strength in prop::option::of(0_u16..=1000), parent in prop::option::of(any::<u128>())) {
        let parent = parent.map(|parent| TaskId(Uuid::from_u128(parent)));
        let start = start(PixelSize::new(width, height), strength.map(Strength), parent);
        let line = StartLine::of_picture(&start);
        prop_assert_eq!(line.edit(), "redraw");
        prop_assert_eq!(line.picture(), Some(start));
    }

    #[test]
    fn any_text_is_read_without_harm(text: String) {
        let line = StartLine::from_text(text);
        let _ = (line.read(), line.part(), line.mask());
    }

    /// Whatever was asked for can be asked for again: the line has all of it.
    #[test]
    fn a_line_has_all_that_a_part_was_asked_for(
        numbers in prop::array::uniform5(any::<u32>()),
        context in prop::option::of(any::<u32>()),
        strength in 0_u16..=1000,
        method in prop::sample::select(&InpaintMethod::ALL[..]),
        (width, height, model_width, model_height) in any::<(u32, u32, u32, u32)>(),
        extends: bool,
        parent in prop::option::of(any::<u128>()),
    ) {
        let [left, top, right, bottom, feather] = numbers;
        let (strength, area) = (Strength(strength), context.map_or(EditArea::Whole, |context| EditArea::Masked { context }));
        let edit = if extends {
            Edit::Outpaint(Outpaint { left, top, right, bottom, feather, strength, area, method })
        } else {
            Edit::Inpaint(Inpaint { mask: id('b'), strength, grow: left, feather, area, method })
        };
        let mut run = EditRun { parent: parent.map(|parent| TaskId(Uuid::from_u128(parent))), ..run(edit.clone()) };
        (run.recipe.width, run.recipe.height) = (model_width, model_height);
        let line = StartLine::of_edit(&run, PixelSize::new(width, height));
        let start = line.picture().unwrap();
        prop_assert_eq!((start.edit.as_str(), &start.picture, start.size), (edit.name(), &run.source, PixelSize::new(width, height)));
        prop_assert_eq!((start.strength, start.parent), (edit.strength(), run.parent));
        // Erasing runs all steps, whatever was typed.
        let ran = match edit {
            Edit::Inpaint(inpaint) if method == InpaintMethod::Erase => Edit::Inpaint(Inpaint { strength: Strength::FULL, ..inpaint }),
            Edit::Outpaint(outpaint) if method == InpaintMethod::Erase => Edit::Outpaint(Outpaint { strength: Strength::FULL, ..outpaint }),
            edit => edit,
        };
        prop_assert_eq!(line.mask(), ran.mask().cloned());
        prop_assert_eq!(line.part(), Some(StartPart { edit: ran, model_size: PixelSize::new(model_width, model_height) }));
    }
}

#[test]
fn a_part_is_kept_as_words_and_other_edits_have_none() {
    let size = PixelSize::new(8, 9);
    let part = StartLine::of_edit(&run(Edit::Inpaint(inpaint())), size);
    assert_eq!(part.as_str(), format!("inpaint {} 8 9 0.6 - {} 4 6 32 noise 512 512", id('a'), id('b')));
    let whole = StartLine::of_edit(&run(Edit::Outpaint(outpaint())), size);
    assert_eq!(whole.as_str(), format!("outpaint {} 8 9 1.0 - 0 0 256 0 40 whole noise 512 512", id('a')));
    let redraw = StartLine::of_edit(&run(Edit::Redraw { strength: Strength(500) }), size);
    assert_eq!((redraw.part(), redraw.mask()), (None, None));
    // A line of before such words: the picture is known, and nothing else.
    let short = StartLine::from_text(part.as_str().split(' ').take(6).collect::<Vec<_>>().join(" "));
    assert_eq!((short.picture(), short.part()), (part.picture(), None));
    for damaged in [part.as_str().replace("noise", "magic"), part.as_str().replace(" 32 ", " wide "), format!("{} 7", part.as_str())] {
        let line = StartLine::from_text(damaged.clone());
        assert_eq!((line.read(), line.part()), (None, None), "{damaged}");
    }
}

#[test]
fn a_result_and_damaged_lines() {
    let task = TaskId(Uuid::from_u128(7));
    let result = StartLine::of_result(task, 3);
    assert_eq!((result.read(), result.picture()), (Some(Start::Result(task, 3)), None));
    let whole = StartLine::of_picture(&start(PixelSize::new(8, 9), Some(Strength(600)), Some(task)));
    assert_eq!(whole.as_str(), format!("redraw {} 8 9 0.6 {task}", id('a')));
    for damaged in
        ["", "redraw", "redraw x 8 9 0.6 -", "result 7 7", &whole.as_str().replace("0.6", "6"), &format!("{} more", whole.as_str())]
    {
        assert_eq!(StartLine::from_text((*damaged).to_owned()).read(), None, "{damaged:?}");
    }
}
