use std::collections::HashSet;

use proptest::prelude::*;
use serde_json::json;

use super::support::{form, known, recorded, recorded_workflows, workflow};
use crate::{
    comfy::Workflow,
    form::{Overlay, PartChanges, PoolClasses, StageError, keep_outputs, switch_off},
    ids::NodeId,
};

fn upscaled() -> Workflow {
    workflow(json!({
        "1": {"class_type": "LoadImage", "inputs": {"image": "x.png"}},
        "2": {"class_type": "UpscaleModelLoader", "inputs": {"model_name": "x.pth"}, "_meta": {"title": "Which model"}},
        "3": {"class_type": "ImageUpscaleWithModel", "inputs": {"upscale_model": ["2", 0], "image": ["1", 0]}},
        "4": {"class_type": "ImageScaleBy", "inputs": {"image": ["3", 0], "upscale_method": "area", "scale_by": 0.5}},
        "5": {"class_type": "SaveImage", "inputs": {"images": ["4", 0], "filename_prefix": "x"}},
        "6": {"class_type": "PreviewImage", "inputs": {"images": ["3", 0]}},
    }))
}

fn ids(workflow: &Workflow) -> Vec<&str> {
    workflow.0.keys().map(NodeId::as_str).collect()
}

#[test]
fn what_reads_a_stage_then_reads_what_it_reads_and_nothing_unneeded_stays() {
    let workflow = upscaled();
    let off = switch_off(&workflow, &known(&workflow), &"3".into()).unwrap();
    assert_eq!(ids(&off.workflow), ["1", "4", "5", "6"]);
    assert_eq!(off.workflow.0["4"].input("image"), Some(&json!(["1", 0])));
    assert_eq!(off.workflow.0["6"].input("images"), Some(&json!(["1", 0])));
    assert_eq!(
        off.changes,
        [
            "\"Upscale Image (using Model)\" (ImageUpscaleWithModel) is switched off.",
            "\"Upscale Image By\" (ImageScaleBy) gets \"image\" from \"Load Image\" (LoadImage) instead.",
            "\"Preview Image\" (PreviewImage) gets \"images\" from \"Load Image\" (LoadImage) instead.",
            "\"Which model\" (UpscaleModelLoader) is left out: nothing needs it now.",
        ]
    );
    assert_eq!(workflow, upscaled(), "the workflow itself stays");
}

#[test]
fn what_each_part_changes_is_said_before_a_run() {
    let workflow = upscaled();
    let mut overlay =
        Overlay { off: ["2".into(), "3".into(), "99".into()].into(), outputs: Some(["5".into()].into()), ..Overlay::default() };
    let changes = overlay.part_changes(&workflow, &known(&workflow));
    let of = |node: &str| &changes.stages.iter().find(|(stage, _)| stage.as_str() == node).unwrap().1;
    assert!(of("2").refused.as_deref().is_some_and(|why| why.contains("nothing to read instead")), "{:?}", of("2"));
    assert_eq!(of("3").sentences.len(), 3, "not that it is off: {:?}", of("3"));
    assert!(of("3").sentences[0].ends_with("gets \"image\" from \"Load Image\" (LoadImage) instead."), "{:?}", of("3"));
    assert!(of("99").refused.as_deref().is_some_and(|why| why.contains("no node 99")), "{:?}", of("99"));
    assert_eq!(changes.outputs.sentences, ["\"Preview Image\" (PreviewImage) is left out: nothing needs it now."]);
    overlay.outputs = Some([].into());
    assert!(overlay.part_changes(&workflow, &known(&workflow)).outputs.refused.is_some(), "nothing is wanted");
    assert_eq!(Overlay::default().part_changes(&workflow, &known(&workflow)), PartChanges::default());
}

#[test]
fn a_part_with_many_changes_is_cut_short() {
    let mut nodes = json!({
        "1": {"class_type": "LoadImage", "inputs": {"image": "x.png"}},
        "2": {"class_type": "ImageInvert", "inputs": {"image": ["1", 0]}},
    });
    for at in 10..18 {
        nodes[at.to_string()] = json!({"class_type": "PreviewImage", "inputs": {"images": ["2", 0]}});
    }
    let workflow = workflow(nodes);
    let overlay = Overlay { off: ["2".into()].into(), ..Overlay::default() };
    let changes = overlay.part_changes(&workflow, &known(&workflow));
    assert_eq!((changes.stages[0].1.sentences.len(), changes.stages[0].1.more), (5, 3));
}

#[test]
fn controlnet_gives_each_conditioning_back() {
    let workflow = workflow(json!({
        "1": {"class_type": "CLIPTextEncode", "inputs": {"text": "good", "clip": ["9", 1]}},
        "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "bad", "clip": ["9", 1]}},
        "3": {"class_type": "ControlNetApplyAdvanced", "inputs": {"positive": ["1", 0], "negative": ["2", 0], "strength": 1.0, "start_percent": 0.0,
            "end_percent": 1.0, "control_net": ["4", 0], "image": ["5", 0]}},
        "4": {"class_type": "ControlNetLoader", "inputs": {"control_net_name": "x"}},
        "5": {"class_type": "LoadImage", "inputs": {"image": "x.png"}},
        "6": {"class_type": "KSampler", "inputs": {"seed": 1, "steps": 1, "cfg": 1.0, "sampler_name": "euler", "scheduler": "normal", "denoise": 1.0,
            "model": ["9", 0], "positive": ["3", 0], "negative": ["3", 1], "latent_image": ["7", 0]}},
        "7": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}},
        "8": {"class_type": "SaveLatent", "inputs": {"samples": ["6", 0], "filename_prefix": "x"}},
        "9": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "x"}},
    }));
    let off = switch_off(&workflow, &known(&workflow), &"3".into()).unwrap().workflow;
    assert_eq!((off.0["6"].input("positive"), off.0["6"].input("negative")), (Some(&json!(["1", 0])), Some(&json!(["2", 0]))));
    assert_eq!(ids(&off), ["1", "2", "6", "7", "8", "9"]);
    let stages: Vec<String> = form(&workflow).stages.into_iter().map(|stage| stage.node.0).collect();
    assert_eq!(stages, ["3"], "not the only sampler");
    let mut overlay = Overlay::default();
    overlay.off.insert("3".into());
    let mut form = form(&workflow);
    form.arrange(&overlay);
    assert!(!form.stages[0].on);
    assert_eq!(overlay.trim(&workflow, &known(&workflow)).unwrap().workflow, off);
}

#[test]
fn a_second_sampler_is_a_stage() {
    let sampler = |latent: &str| {
        json!({"class_type": "KSampler", "inputs": {"seed": 1, "steps": 1, "cfg": 1.0, "sampler_name": "euler", "scheduler": "normal",
        "denoise": 0.5, "model": ["9", 0], "positive": ["1", 0], "negative": ["1", 0], "latent_image": [latent, 0]}})
    };
    let workflow = workflow(json!({
        "1": {"class_type": "CLIPTextEncode", "inputs": {"text": "good", "clip": ["9", 1]}},
        "2": sampler("3"),
        "3": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}},
        "4": {"class_type": "LatentUpscaleBy", "inputs": {"samples": ["2", 0], "upscale_method": "area", "scale_by": 1.5}},
        "5": sampler("4"),
        "6": {"class_type": "SaveLatent", "inputs": {"samples": ["5", 0], "filename_prefix": "x"}},
        "9": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "x"}},
    }));
    let stages: Vec<String> = form(&workflow).stages.into_iter().map(|stage| stage.node.0).collect();
    assert_eq!(stages, ["4", "5"]);
}

#[test]
fn what_cannot_be_switched_off_says_why() {
    let workflow = recorded("txt2img");
    let classes = known(&workflow);
    let why = |id: &str| switch_off(&workflow, &classes, &id.into()).unwrap_err();
    assert!(matches!(why("8"), StageError::NothingInstead { kind, .. } if kind == "IMAGE"));
    assert!(matches!(why("9"), StageError::Output(_)));
    assert!(matches!(why("77"), StageError::NoNode(_)));
    let unknown = switch_off(&workflow, &PoolClasses::default(), &"8".into()).unwrap_err();
    assert!(unknown.to_string().contains("VAEDecode"), "{unknown}");
}

#[test]
fn outputs_that_are_not_wanted_go_with_what_only_they_need() {
    let workflow = recorded("multiple-outputs");
    let classes = known(&workflow);
    let kept = keep_outputs(&workflow, &classes, &HashSet::from(["9".into()]));
    assert_eq!(ids(&kept.workflow), ["3", "4", "5", "6", "7", "8", "9"]);
    let sound = keep_outputs(&workflow, &classes, &HashSet::from(["19".into(), "11".into()]));
    assert_eq!(ids(&sound.workflow), ["11", "16", "19"]);
    assert_eq!(
        keep_outputs(&workflow, &classes, &HashSet::from(["gone".into()])).workflow,
        workflow,
        "none of those wanted is there: all stay"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever is switched off, in any order: no link goes nowhere, and every output stays.
    #[test]
    fn no_link_is_left_hanging(which in 0_usize..6, picks in proptest::collection::vec(any::<usize>(), 1..12)) {
        let (name, original) = recorded_workflows().swap_remove(which);
        let classes = known(&original);
        let outputs = |workflow: &Workflow| crate::form::Form::of(workflow, &classes).outputs.len();
        let mut workflow = original.clone();
        let links = |workflow: &Workflow| workflow.0.values().flat_map(|node| node.links().map(|(_, source, _)| source.to_owned()).collect::<Vec<_>>()).filter(|source| !workflow.0.contains_key(source.as_str())).count();
        let hanging = links(&original);
        for pick in picks {
            let Some((id, _)) = workflow.0.get_index(pick % workflow.0.len()) else { continue };
            if let Ok(off) = switch_off(&workflow, &classes, &id.clone()) {
                prop_assert!(off.workflow.0.len() < workflow.0.len());
                workflow = off.workflow;
            }
        }
        prop_assert_eq!(links(&workflow), hanging, "{}", &name);
        prop_assert_eq!(outputs(&workflow), outputs(&original), "{}", &name);
    }
}
