use serde_json::{Value, json};

use super::support::{PHOTO, files, id, inpaint, outpaint, rect, run, upscale};
use crate::{
    comfy::{Catalog, Workflow},
    edit::{
        Edit, EditArea, EditFiles, EditRun, Inpaint, InpaintMethod, KeptArea, MaskFacts, Outpaint, PictureFile, PixelSize, Strength,
        UpscaleHow, UpscaleTo, fallbacks, has_alpha, is_soft, kept_area, picture_ids_in, pictures_of, plan, typed_for, workflow,
    },
    ids::NodeId,
    recipe::{Field, TextToImage},
};

fn built(run: &EditRun, has: impl Fn(&str) -> bool) -> Workflow {
    let mask = MaskFacts { size: PHOTO, bounds: Some(rect(400, 300, 100, 80)) };
    let plan = plan(run, PHOTO, run.edit.mask().map(|_| mask)).unwrap();
    workflow(run, &plan, &files(), has)
}

fn all(run: &EditRun) -> Workflow {
    assert_eq!(fallbacks(&run.edit, true, |_| true), Vec::<String>::new());
    built(run, |_| true)
}

/// The nodes from the result back to the source, along these inputs: "SaveImage", …
fn chain(workflow: &Workflow, inputs: &[&str]) -> Vec<String> {
    let mut node = &workflow.0["9"];
    let mut classes = vec![node.class_type().to_owned()];
    for input in inputs {
        node = &workflow.0[node.link(input).unwrap_or_else(|| panic!("{input} of {classes:?} is no link"))];
        classes.push(node.class_type().to_owned());
    }
    classes
}

fn inputs(workflow: &Workflow, id: &str) -> Value {
    workflow.0[id].inputs().map(|(name, value)| (name.to_owned(), value.clone())).collect::<serde_json::Map<_, _>>().into()
}

/// Every link of a workflow leads to a node that is there, and every class and input is one of ComfyUI's.
fn check(workflow: &Workflow) {
    let catalog = recorded();
    for (id, node) in &workflow.0 {
        let class = catalog.class(node.class_type()).unwrap_or_else(|| panic!("no class {}", node.class_type()));
        for (input, source, _) in node.links() {
            assert!(workflow.0.contains_key(source), "{id}.{input} leads to {source}");
        }
        for (input, _) in node.inputs() {
            assert!(class.input(input).is_some(), "{} has no input {input}", node.class_type());
        }
        for input in &class.inputs {
            assert!(!input.required || node.input(&input.name).is_some(), "{} needs {}", node.class_type(), input.name);
        }
    }
}

fn recorded() -> Catalog {
    let mut text = String::new();
    let file = include_bytes!("../../../../tests/recordings/object-info-full.json.gz");
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&file[..]), &mut text).unwrap();
    Catalog::from_object_info(&serde_json::from_str(&text).unwrap())
}

#[test]
fn a_picture_is_redrawn() {
    let workflow = all(&run(Edit::Redraw { strength: Strength(600) }));
    check(&workflow);
    assert_eq!(
        chain(&workflow, &["images", "samples", "latent_image", "pixels"]),
        ["SaveImage", "VAEDecode", "KSamplerAdvanced", "VAEEncode", "LoadImage"]
    );
    assert_eq!(inputs(&workflow, "10"), json!({"image": format!("darkroom/{}.jpg", "a".repeat(64))}));
    let sampler = inputs(&workflow, "3");
    assert_eq!((&sampler["start_at_step"], &sampler["steps"], &sampler["noise_seed"]), (&json!(8), &json!(20), &json!(u64::MAX)));
    // At full strength ComfyUI's plain sampler, with the recipe's fields in their places.
    let full = all(&run(Edit::Redraw { strength: Strength::FULL }));
    check(&full);
    assert_eq!(full.0["3"].class_type(), "KSampler");
    for field in [Field::Prompt, Field::Checkpoint, Field::Seed, Field::Steps] {
        let problem = field.problem("x");
        let value = full.0[problem.node.as_ref().unwrap().as_str()].input(problem.input.as_deref().unwrap());
        assert!(value.is_some(), "{field:?}");
    }
}

#[test]
fn a_part_is_painted_new_and_put_into_the_original() {
    let workflow = all(&run(Edit::Inpaint(inpaint())));
    check(&workflow);
    assert_eq!(
        chain(&workflow, &["images", "source", "image", "samples", "latent_image", "samples", "pixels", "image", "image"]),
        [
            "SaveImage",
            "ImageCompositeMasked",
            "ImageScale",
            "VAEDecode",
            "KSamplerAdvanced",
            "SetLatentNoiseMask",
            "VAEEncode",
            "ImageScale",
            "ImageCrop",
            "LoadImage"
        ]
    );
    assert_eq!(workflow.0["23"].link("destination"), Some("10"), "the original itself");
    let part = json!({"x": 350, "y": 248, "width": 200, "height": 184});
    for node in ["13", "14", "21"] {
        let inputs = inputs(&workflow, node);
        assert!(["x", "y", "width", "height"].iter().all(|name| inputs[name] == part[name]), "{node}: {inputs}");
    }
    assert_eq!(chain(&workflow, &["images", "mask", "mask"]), ["SaveImage", "ImageCompositeMasked", "CropMask", "LoadImageMask"]);
    assert_eq!(inputs(&workflow, "11"), json!({"image": format!("darkroom/{}.png", "c".repeat(64)), "channel": "red"}));
    assert_eq!(inputs(&workflow, "12"), json!({"image": format!("darkroom/{}.png", "d".repeat(64)), "channel": "red"}));
    assert_eq!(workflow.0[workflow.0["3"].link("model").unwrap()].class_type(), "DifferentialDiffusion");
    assert_eq!(inputs(&workflow, "20")["width"], 200, "scaled back to the part");
}

#[test]
fn the_whole_picture_needs_no_part() {
    let workflow = all(&run(Edit::Inpaint(Inpaint { area: EditArea::Whole, ..inpaint() })));
    check(&workflow);
    assert!(!["13", "14", "15", "20", "21"].iter().any(|id| workflow.0.contains_key(*id)));
    assert_eq!((inputs(&workflow, "23")["x"].clone(), workflow.0["23"].link("source")), (json!(0), Some("8")));
}

#[test]
fn models_for_inpainting_and_erasing_have_their_nodes() {
    let special = all(&run(Edit::Inpaint(Inpaint { method: InpaintMethod::InpaintModel, ..inpaint() })));
    check(&special);
    let sampler = inputs(&special, "3");
    assert_eq!(
        (&sampler["positive"], &sampler["negative"], &sampler["latent_image"]),
        (&json!(["17", 0]), &json!(["17", 1]), &json!(["17", 2]))
    );
    assert_eq!(special.0["17"].class_type(), "InpaintModelConditioning");
    let erase = all(&run(Edit::Inpaint(Inpaint { method: InpaintMethod::Erase, ..inpaint() })));
    check(&erase);
    assert_eq!((erase.0["16"].class_type(), erase.0["3"].class_type()), ("VAEEncodeForInpaint", "KSampler"));
    assert_eq!(inputs(&erase, "3")["denoise"], 1.0, "whatever the strength");
}

#[test]
fn several_takes_repeat_the_latent_and_the_original() {
    let recipe = TextToImage { batch: 3, ..run(Edit::Redraw { strength: Strength::FULL }).recipe };
    let workflow = all(&EditRun { recipe, ..run(Edit::Inpaint(inpaint())) });
    check(&workflow);
    assert_eq!(
        chain(&workflow, &["images", "destination", "image"]),
        ["SaveImage", "ImageCompositeMasked", "RepeatImageBatch", "LoadImage"]
    );
    assert_eq!((inputs(&workflow, "19")["amount"].clone(), inputs(&workflow, "22")["amount"].clone()), (json!(3), json!(3)));
}

#[test]
fn without_differential_diffusion_the_mask_is_hard_and_that_is_said() {
    let edit = Edit::Inpaint(inpaint());
    let lacks = |class: &str| class != "DifferentialDiffusion";
    assert!(is_soft(&edit, |_| true) && !is_soft(&edit, lacks));
    let built = built(&run(edit.clone()), lacks);
    check(&built);
    let notes = fallbacks(&edit, true, lacks);
    assert!(notes.len() == 1 && notes[0].contains("DifferentialDiffusion"), "{notes:?}");
    let erase = Edit::Inpaint(Inpaint { method: InpaintMethod::Erase, ..inpaint() });
    assert_eq!(fallbacks(&erase, true, lacks), Vec::<String>::new(), "it needs none");
    assert_eq!(built.0["3"].link("model"), Some("4"));
}

#[test]
fn an_extended_picture_is_padded_by_comfyui_and_composed_with_our_mask() {
    let workflow = all(&run(Edit::Outpaint(Outpaint { left: 64, ..outpaint() })));
    check(&workflow);
    assert_eq!(
        chain(&workflow, &["images", "destination", "image"]),
        ["SaveImage", "ImageCompositeMasked", "ImagePadForOutpaint", "LoadImage"]
    );
    assert_eq!(inputs(&workflow, "24")["feathering"], 0);
    let area = kept_area(&workflow, &NodeId::from("9")).unwrap();
    assert_eq!((area.left, area.top, area.part), (64, 0, None));
}

/// The same as [`all`], with a source that is transparent in places.
fn transparent(run: &EditRun) -> Workflow {
    let mask = MaskFacts { size: PHOTO, bounds: Some(rect(400, 300, 100, 80)) };
    let plan = plan(run, PHOTO, run.edit.mask().map(|_| mask)).unwrap();
    let transparency = Some(PictureFile::new(id('e'), crate::edit::PictureFormat::Png));
    workflow(run, &plan, &EditFiles { transparency, ..files() }, |_| true)
}

#[test]
fn the_transparency_of_the_source_is_put_back_after_everything_else() {
    let edit = run(Edit::Inpaint(inpaint()));
    let built = transparent(&edit);
    check(&built);
    assert_eq!(chain(&built, &["images", "image"]), ["SaveImage", "JoinImageWithAlpha", "ImageCompositeMasked"]);
    assert_eq!(chain(&built, &["images", "alpha", "destination"]), ["SaveImage", "JoinImageWithAlpha", "MaskComposite", "LoadImageMask"]);
    assert_eq!(inputs(&built, "27"), json!({"image": format!("darkroom/{}.png", "e".repeat(64)), "channel": "red"}));
    assert_eq!((inputs(&built, "28")["width"].clone(), inputs(&built, "28")["height"].clone()), (json!(1600), json!(1200)));
    assert_eq!(inputs(&built, "29")["operation"], "subtract");
    // What is kept is read from it as before.
    assert_eq!(kept_area(&built, &NodeId::from("9")), kept_area(&all(&edit), &NodeId::from("9")));
    assert_eq!(pictures_of(&built).len(), 4);

    // Several takes: as many masks.
    let recipe = TextToImage { batch: 3, ..edit.recipe.clone() };
    let built = transparent(&EditRun { recipe, ..edit });
    check(&built);
    let to_the_mask = ["SaveImage", "JoinImageWithAlpha", "ImageToMask", "RepeatImageBatch", "MaskToImage", "MaskComposite"];
    assert_eq!(chain(&built, &["images", "alpha", "image", "image", "mask"]), to_the_mask);

    // The extended picture as a whole.
    let built = transparent(&run(Edit::Outpaint(outpaint())));
    check(&built);
    assert_eq!(inputs(&built, "28")["width"], 1856);
    assert!(kept_area(&built, &NodeId::from("9")).is_some());
}

#[test]
fn a_comfyui_that_cannot_put_it_back_is_named() {
    for class in ["JoinImageWithAlpha", "SolidMask", "MaskComposite"] {
        let lacks = |asked: &str| asked != class;
        let edit = Edit::Outpaint(outpaint());
        assert!(has_alpha(&edit, |_| true) && !has_alpha(&edit, lacks));
        let notes = fallbacks(&edit, true, lacks);
        assert!(notes.len() == 1 && notes[0].contains(class) && notes[0].contains("opaque"), "{notes:?}");
        assert_eq!(fallbacks(&edit, false, lacks), Vec::<String>::new(), "an opaque picture needs none");
        // All of a redrawn picture is new.
        let redraw = Edit::Redraw { strength: Strength::FULL };
        assert!(!has_alpha(&redraw, |_| true));
        assert_eq!(fallbacks(&redraw, true, lacks), Vec::<String>::new());
    }
    // Both at once.
    assert_eq!(fallbacks(&Edit::Inpaint(inpaint()), true, |_| false).len(), 2);
}

#[test]
fn pictures_are_enlarged_in_three_ways() {
    let percent = UpscaleTo::Percent(200);
    let resize = all(&upscale(UpscaleHow::Resize { method: "bicubic".into() }, percent));
    check(&resize);
    assert_eq!(chain(&resize, &["images", "image"]), ["SaveImage", "ImageScale", "LoadImage"]);
    assert_eq!(resize.0.len(), 3, "no checkpoint");
    let model = all(&upscale(UpscaleHow::Model { name: "4x.pth".into() }, percent));
    check(&model);
    assert_eq!(chain(&model, &["images", "image", "image"]), ["SaveImage", "ImageScale", "ImageUpscaleWithModel", "LoadImage"]);
    let redraw = all(&upscale(UpscaleHow::ModelRedraw { name: Some("4x.pth".into()), strength: Strength(350) }, percent));
    check(&redraw);
    assert_eq!(
        chain(&redraw, &["images", "samples", "latent_image", "pixels", "image", "image"]),
        ["SaveImage", "VAEDecodeTiled", "KSamplerAdvanced", "VAEEncodeTiled", "ImageScale", "ImageUpscaleWithModel", "LoadImage"],
        "7.7 megapixels are coded tile by tile"
    );
    let untiled =
        built(&upscale(UpscaleHow::ModelRedraw { name: None, strength: Strength(350) }, percent), |class| !class.contains("Tiled"));
    assert_eq!(chain(&untiled, &["images", "samples", "latent_image", "pixels", "image"])[1], "VAEDecode");
}

#[test]
fn what_a_workflow_keeps_and_loads_is_read_from_it() {
    let edit = run(Edit::Inpaint(inpaint()));
    let workflow = all(&edit);
    let png = |digit| PictureFile::new(id(digit), crate::edit::PictureFormat::Png);
    let area = kept_area(&workflow, &NodeId::from("9")).unwrap();
    assert_eq!(area, KeptArea { source: files().source, left: 0, top: 0, mask: png('d'), part: Some(rect(350, 248, 200, 184)) });
    assert_eq!(pictures_of(&workflow), [files().source, png('c'), png('d')]);
    assert_eq!(picture_ids_in(&serde_json::to_string(&workflow).unwrap()), [id('a'), id('c'), id('d')]);
    assert_eq!(picture_ids_in(r#"{"a": "darkroom/0195e0a4000070008000000000000001.png", "b": "darkroom"}"#), []);
    // Moved, resized, or of another channel: not what is promised.
    for (node, input, value) in [("23", "x", json!(1)), ("23", "resize_source", json!(true)), ("12", "channel", json!("alpha"))] {
        let mut other = workflow.clone();
        other.0.get_mut(node).unwrap().set_input(input, value);
        assert_eq!(kept_area(&other, &NodeId::from("9")), None, "{node}.{input}");
    }
    assert_eq!(kept_area(&all(&run(Edit::Redraw { strength: Strength::FULL })), &NodeId::from("9")), None);
}

#[test]
fn choices_get_the_type_in_which_comfyui_lists_them() {
    let catalog = Catalog::from_object_info(&json!({"UpscaleModelLoader": {"input": {"required": {"model_name": [[4, 2], {}]}}}}));
    let built = built(&upscale(UpscaleHow::Model { name: "4".into() }, UpscaleTo::Percent(200)), |_| true);
    assert_eq!(typed_for(built, &catalog).0["25"].input("model_name"), Some(&json!(4)));
}

#[test]
fn odd_sizes_are_scaled_for_the_model_and_back() {
    let source = PixelSize::new(501, 333);
    let run = run(Edit::Inpaint(Inpaint { area: EditArea::Whole, ..inpaint() }));
    let plan = plan(&run, source, Some(MaskFacts { size: source, bounds: Some(rect(1, 1, 2, 2)) })).unwrap();
    let workflow = workflow(&run, &plan, &files(), |_| true);
    check(&workflow);
    assert_eq!((inputs(&workflow, "15")["width"].clone(), inputs(&workflow, "15")["height"].clone()), (json!(504), json!(336)));
    assert_eq!((inputs(&workflow, "20")["width"].clone(), inputs(&workflow, "20")["height"].clone()), (json!(501), json!(333)));
}

#[test]
fn a_check_in_words() {
    let words = |outside, changed, tolerance| crate::edit::OutsideCheck { outside, changed, tolerance }.words();
    assert_eq!(words(812_340, 0, 0), "Outside the mask nothing changed: 0 of 812,340 pixels differ");
    assert_eq!(words(1_000, 12, 4), "Outside the mask something changed: 12 of 1,000 pixels differ by more than 4 of 255 levels");
}
