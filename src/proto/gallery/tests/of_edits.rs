use super::tasks::{RECORDED, output, task_of};
use crate::{
    edit::{
        Edit, EditFiles, EditRun, InpaintMethod, MaskFacts, Outpaint, PictureFile, PictureFormat, StartLine, Strength, UpscaleHow,
        UpscaleTo, plan,
        tests::support::{PHOTO, files, id, inpaint, outpaint, rect, run, upscale},
        workflow,
    },
    form::PoolClasses,
    gallery::OutputFacts,
    prompts::{ResolvedPrompt, TaskPrompts},
    recipe::TextToImage,
};

/// An edit as the server makes a task of it.
fn edited(run: &EditRun, files: &EditFiles) -> OutputFacts {
    let mask = MaskFacts { size: PHOTO, bounds: Some(rect(400, 300, 100, 80)) };
    let plan = plan(run, PHOTO, run.edit.mask().map(|_| mask)).unwrap();
    let workflow = workflow(run, &plan, files, |_| true);
    let mut task = task_of(&workflow);
    task.recipe = run.edit.strength().map(|_| run.recipe.clone());
    task.start = Some(StartLine::of_edit(run, PHOTO));
    OutputFacts::of(&task, &workflow, &output("9"), &PoolClasses::for_workflow(&workflow, [&*RECORDED]))
}

#[test]
fn edits_have_their_source_as_parent() {
    let see_through = EditFiles { transparency: Some(PictureFile::new(id('e'), PictureFormat::Png)), ..files() };
    let outpainted = Edit::Outpaint(Outpaint { method: InpaintMethod::Noise, ..outpaint() });
    for (run, name, has_mask) in [
        (run(Edit::Redraw { strength: Strength(500) }), "image-to-image", false),
        (run(Edit::Inpaint(inpaint())), "inpaint", true),
        (run(outpainted), "outpaint", false),
        (upscale(UpscaleHow::Model { name: "4x.pth".into() }, UpscaleTo::Percent(200)), "upscale", false),
    ] {
        for files in [files(), see_through.clone()] {
            let facts = edited(&run, &files);
            assert_eq!((facts.workflow.as_str(), facts.has_mask), (name, has_mask));
            assert_eq!(facts.parents, ["a".repeat(64)], "{name}");
        }
    }
}

#[test]
fn an_upscale_without_a_sampler_has_only_its_model() {
    let facts = edited(&upscale(UpscaleHow::Model { name: "4x.pth".into() }, UpscaleTo::Percent(200)), &files());
    assert_eq!(facts.models, ["4x.pth"]);
    assert_eq!((facts.prompt.as_str(), facts.seed, facts.steps, facts.cfg.as_str()), ("", None, None, ""));
}

#[test]
fn the_form_wins_over_its_workflow() {
    let recipe = TextToImage {
        prompt: "a {red|blue} door <lora:old:0.5>".into(),
        negative: "fog".into(),
        checkpoint: "sd.safetensors".into(),
        width: 832,
        height: 1216,
        steps: 30,
        cfg: "6.50".into(),
        seed: u64::MAX,
        ..TextToImage::default()
    };
    // Steps of an edit differ: only the last ones of the schedule run.
    let workflow = TextToImage { prompt: "a blue door".into(), steps: 12, cfg: "6.5".into(), ..recipe.clone() }.workflow();
    let mut task = task_of(&workflow);
    task.prompts = Some(TaskPrompts {
        seed: 1,
        texts: vec![ResolvedPrompt {
            node: "6".into(),
            input: "text".into(),
            template: recipe.prompt.clone(),
            text: "a blue door <lora:old:0.5>".into(),
        }],
    });
    task.recipe = Some(recipe);
    let facts = OutputFacts::of(&task, &workflow, &output("9"), &PoolClasses::default());
    assert_eq!((facts.prompt.as_str(), facts.negative.as_str()), ("a blue door", "fog"));
    assert_eq!((facts.steps, facts.cfg.as_str(), facts.seed), (Some(30), "6.50", Some(u64::MAX)));
    assert_eq!((facts.width, facts.height), (832, 1216));
    assert_eq!(facts.workflow, "text-to-image");
}

#[test]
fn a_damaged_start_is_no_edit() {
    let workflow = TextToImage::default().workflow();
    let mut task = task_of(&workflow);
    task.start = Some(StartLine::from_text("result x".into()));
    assert_eq!(OutputFacts::of(&task, &workflow, &output("9"), &PoolClasses::default()).workflow, "My run");
    task.recipe = Some(TextToImage::default());
    assert_eq!(OutputFacts::of(&task, &workflow, &output("9"), &PoolClasses::default()).workflow, "text-to-image");
}
