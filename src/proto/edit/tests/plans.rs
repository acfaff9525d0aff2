use proptest::prelude::*;

use super::support::{PHOTO, id, inpaint, outpaint, rect, run, upscale};
use crate::{
    edit::{
        Edit, EditArea, EditField, EditPlan, EditProblem, Inpaint, InpaintMethod, MaskFacts, Outpaint, PixelRect, PixelSize, Strength,
        UpscaleHow, UpscaleTo, feather_reach, masks, outpaint_masks, plan,
    },
    limits,
};

fn painted(bounds: PixelRect) -> Option<MaskFacts> {
    Some(MaskFacts { size: PHOTO, bounds: Some(bounds) })
}

fn planned(inpaint: Inpaint, bounds: PixelRect) -> EditPlan {
    plan(&run(Edit::Inpaint(inpaint)), PHOTO, painted(bounds)).unwrap()
}

fn fields(result: Result<EditPlan, Vec<EditProblem>>) -> Vec<EditField> {
    result.unwrap_err().iter().map(|problem| problem.field).collect()
}

#[test]
fn the_part_around_a_mask_is_sampled_at_the_size_of_the_model() {
    let plan = planned(inpaint(), rect(400, 300, 100, 80));
    // 4 grown, 8 of the seam, 6 soft, 32 around it: 50 on each side.
    assert_eq!(plan.crop, rect(350, 248, 200, 184));
    assert_eq!(plan.working, Some(PixelSize::new(536, 488)), "as many pixels as 512 × 512");
    assert_eq!((plan.result, plan.steps, plan.of_steps), (PHOTO, 12, 20));
    assert_eq!((plan.steps_text().as_deref(), plan.centi_megapixels()), (Some("12 of 20 steps"), 26));
    let whole = planned(Inpaint { area: EditArea::Whole, ..inpaint() }, rect(400, 300, 100, 80));
    assert_eq!((whole.crop, whole.working), (PHOTO.whole(), Some(PHOTO)));
}

#[test]
fn a_large_picture_is_sampled_smaller_and_its_sides_are_multiples_of_8() {
    let source = PixelSize::new(6001, 4003);
    let plan = plan(&run(Edit::Redraw { strength: Strength(500) }), source, None).unwrap();
    let working = plan.working.unwrap();
    assert!(working.pixels() <= limits::EDIT_SAMPLED * 101 / 100, "{working:?}");
    assert_eq!((working.width % 8, working.height % 8), (0, 0), "{working:?}");
    assert_eq!(plan.result, working);
}

#[test]
fn what_stands_against_an_inpaint_is_named_at_its_field() {
    let edit = |inpaint: Inpaint| run(Edit::Inpaint(inpaint));
    assert_eq!(fields(plan(&edit(inpaint()), PHOTO, None)), [EditField::Mask]);
    let nothing = MaskFacts { size: PHOTO, bounds: None };
    assert_eq!(fields(plan(&edit(inpaint()), PHOTO, Some(nothing))), [EditField::Mask]);
    let other = MaskFacts { size: PixelSize::new(1600, 1201), bounds: Some(rect(0, 0, 1, 1)) };
    let problems = plan(&edit(inpaint()), PHOTO, Some(other)).unwrap_err();
    assert!(problems[0].message.contains("1600 × 1201") && problems[0].message.contains("1600 × 1200"), "{problems:?}");
    let weak = Inpaint { strength: Strength(20), grow: 600, area: EditArea::Masked { context: 9999 }, ..inpaint() };
    let found = fields(plan(&edit(weak), PHOTO, painted(rect(0, 0, 9, 9))));
    assert_eq!(found, [EditField::Grow, EditField::Context, EditField::Strength]);
    let weak = plan(&edit(Inpaint { strength: Strength(20), ..inpaint() }), PHOTO, painted(rect(0, 0, 9, 9))).unwrap_err();
    assert!(weak[0].message.contains("At least 0.025"), "{weak:?}");
    let erase = Inpaint { strength: Strength(20), method: InpaintMethod::Erase, ..inpaint() };
    assert_eq!(planned(erase, rect(0, 0, 9, 9)).steps, 20, "erasing is always at full strength");
}

#[test]
fn an_extended_picture_is_as_large_as_both_parts_and_only_its_edge_is_sampled() {
    let whole = plan(&run(Edit::Outpaint(outpaint())), PHOTO, None).unwrap();
    assert_eq!((whole.canvas, whole.result), (PixelSize::new(1856, 1200), PixelSize::new(1856, 1200)));
    let near = Outpaint { area: EditArea::Masked { context: 0 }, ..outpaint() };
    let near = plan(&run(Edit::Outpaint(near)), PHOTO, None).unwrap();
    assert_eq!((near.crop.right(), near.crop.height), (1856, 1200));
    assert!(near.crop.x < 1600 - 40 && near.crop.x > 1500, "{:?}", near.crop);
    let nothing = Outpaint { right: 0, ..outpaint() };
    assert_eq!(fields(plan(&run(Edit::Outpaint(nothing)), PHOTO, None)), [EditField::Right]);
    let huge = Outpaint { right: 16_000, ..outpaint() };
    assert_eq!(fields(plan(&run(Edit::Outpaint(huge)), PHOTO, None)), [EditField::Right]);
}

#[test]
fn sizes_of_an_upscale() {
    let resize = || UpscaleHow::Resize { method: "lanczos".into() };
    let sized = |to| plan(&upscale(resize(), to), PHOTO, None).map(|plan| (plan.result.width, plan.result.height, plan.working));
    assert_eq!(sized(UpscaleTo::Percent(150)), Ok((2400, 1800, None)));
    assert_eq!(sized(UpscaleTo::Size { width: 801, height: 0 }), Ok((801, 601, None)));
    assert_eq!(sized(UpscaleTo::Size { width: 0, height: 600 }), Ok((800, 600, None)));
    assert_eq!(sized(UpscaleTo::Size { width: 7, height: 9 }), Ok((7, 9, None)));
    let redraw = UpscaleHow::ModelRedraw { name: None, strength: Strength(350) };
    let redrawn = plan(&upscale(redraw.clone(), UpscaleTo::Size { width: 2001, height: 1501 }), PHOTO, None).unwrap();
    assert_eq!((redrawn.result, redrawn.steps), (PixelSize::new(2000, 1504), 7), "multiples of 8");
    for (how, to, field) in [
        (resize(), UpscaleTo::Percent(0), EditField::Percent),
        (resize(), UpscaleTo::Percent(u32::MAX), EditField::Percent),
        (resize(), UpscaleTo::Size { width: 0, height: 0 }, EditField::Width),
        (resize(), UpscaleTo::Size { width: 20_000, height: 0 }, EditField::Width),
        (redraw, UpscaleTo::Percent(400), EditField::Percent),
        (UpscaleHow::Resize { method: "magic".into() }, UpscaleTo::Percent(200), EditField::Upscaler),
        (UpscaleHow::Model { name: " ".into() }, UpscaleTo::Percent(200), EditField::Upscaler),
    ] {
        assert_eq!(fields(plan(&upscale(how.clone(), to), PHOTO, None)), [field], "{how:?} {to:?}");
    }
}

#[test]
fn a_strength_is_text_and_says_how_many_steps_run() {
    for (text, permille) in [("0.6", 600), ("1", 1000), ("1.0", 1000), (".25", 250), ("0.0751", 75), (" 0.5 ", 500), ("0", 0)] {
        assert_eq!(text.parse(), Ok(Strength(permille)), "{text}");
    }
    for wrong in ["", ".", "1.001", "2", "-0.5", "0,5", "a", "1e-1"] {
        assert!(wrong.parse::<Strength>().is_err(), "{wrong}");
    }
    assert_eq!(
        (Strength(600).to_string(), Strength(1000).to_string(), Strength(75).to_string()),
        ("0.6".into(), "1.0".into(), "0.075".into())
    );
    assert_eq!((Strength(600).steps(20), Strength(24).steps(20), Strength(25).steps(20)), (12, 0, 1));
}

#[test]
fn ids_of_pictures_are_hashes_only() {
    assert_eq!(id('a').as_str().len(), 64);
    for wrong in ["", "abc", &"A".repeat(64), &"g".repeat(64), &"a".repeat(65)] {
        assert!(wrong.parse::<crate::edit::PictureId>().is_err(), "{wrong}");
    }
    assert!(serde_json::from_str::<crate::edit::PictureId>("\"../../etc/passwd\"").is_err());
}

proptest! {
    /// For every picture, mask and setting: the part holds all that can change, lies in the picture, and can be sampled.
    #[test]
    fn a_part_holds_the_mask(
        (width, height, x, y, w, h) in (1_u32..3000, 1_u32..3000).prop_flat_map(|(width, height)| {
            (Just(width), Just(height), 0..width, 0..height).prop_flat_map(move |(width, height, x, y)| {
                (Just(width), Just(height), Just(x), Just(y), 1..=width - x, 1..=height - y)
            })
        }),
        grow in 0_u32..=limits::EDIT_GROW,
        feather in 0_u32..=limits::EDIT_FEATHER,
        context in 0_u32..500,
        pixels in 64_u32..2048,
    ) {
        let size = PixelSize::new(width, height);
        let bounds = rect(x, y, w, h);
        let inpaint = Inpaint { grow, feather, area: EditArea::Masked { context }, ..inpaint() };
        let mut run = run(Edit::Inpaint(inpaint));
        (run.recipe.width, run.recipe.height) = (pixels, pixels);
        let plan = plan(&run, size, Some(MaskFacts { size, bounds: Some(bounds) })).unwrap();
        let needed = bounds.grown(grow + limits::EDIT_SEAM + feather_reach(feather), size);
        prop_assert!(plan.crop.contains(needed), "{:?} does not hold {needed:?}", plan.crop);
        prop_assert!(size.whole().contains(plan.crop), "{:?} is outside of {size:?}", plan.crop);
        prop_assert!(plan.crop.width.is_multiple_of(8) || plan.crop.width == width, "{:?}", plan.crop);
        prop_assert!(plan.crop.height.is_multiple_of(8) || plan.crop.height == height, "{:?}", plan.crop);
        let working = plan.working.unwrap();
        prop_assert!(working.width.is_multiple_of(8) && working.height.is_multiple_of(8), "{working:?}");
        prop_assert!(working.width >= 64 && working.height >= 64, "{working:?}");
    }

    /// The real masks stay in the planned part, and the composite one in that of the noise.
    #[test]
    fn masks_stay_in_the_planned_part(
        (width, height, x, y) in (16_u32..200, 16_u32..200).prop_flat_map(|(w, h)| (Just(w), Just(h), 0..w, 0..h)),
        grow in 0_u32..12,
        feather in 0_u32..12,
        soft in any::<bool>(),
    ) {
        let size = PixelSize::new(width, height);
        let mut mask = crate::edit::Grey::new(size);
        mask.pixels_mut()[(y * width + x) as usize] = 255;
        let facts = MaskFacts { size, bounds: mask.bounds() };
        let inpaint = Inpaint { grow, feather, area: EditArea::Masked { context: 0 }, ..inpaint() };
        let plan = plan(&run(Edit::Inpaint(inpaint)), size, Some(facts)).unwrap();
        let made = masks(&mask, grow, feather, soft);
        prop_assert!(plan.crop.contains(made.noise.bounds().unwrap()));
        let pairs = made.composite.pixels().iter().zip(made.noise.pixels());
        prop_assert!(pairs.clone().all(|(composite, noise)| composite <= noise), "taken over where nothing was painted");
        prop_assert!(soft || made.noise.pixels().iter().all(|pixel| matches!(pixel, 0 | 255)));
    }

    #[test]
    fn masks_of_extended_pictures_are_white_where_it_is_new(
        (left, top, right, bottom) in (0_u32..20, 0_u32..20, 0_u32..20, 1_u32..20),
        feather in 0_u32..30,
    ) {
        let source = PixelSize::new(60, 50);
        let outpaint = Outpaint { left, top, right, bottom, feather, area: EditArea::Masked { context: 0 }, ..outpaint() };
        let plan = plan(&run(Edit::Outpaint(outpaint.clone())), source, None).unwrap();
        let made = outpaint_masks(source, &outpaint, true);
        prop_assert_eq!(made.composite.size(), plan.canvas);
        prop_assert!(plan.crop.contains(made.noise.bounds().unwrap()), "{:?} {:?}", plan.crop, made.noise.bounds());
        for (at, pixel) in made.composite.pixels().iter().enumerate() {
            let (x, y) = (at as u32 % plan.canvas.width, at as u32 / plan.canvas.width);
            let is_old = (left..left + 60).contains(&x) && (top..top + 50).contains(&y);
            prop_assert!(is_old || *pixel == 255, "{pixel} at {x}, {y}");
        }
    }
}
