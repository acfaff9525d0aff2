use proptest::prelude::*;
use uuid::Uuid;

use super::support::id;
use crate::{
    edit::{PixelSize, Start, StartLine, StartPicture, Strength},
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
        let _ = StartLine::from_text(text).read();
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
