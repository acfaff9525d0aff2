use proptest::prelude::*;
use serde_json::{Value, json};

use super::tasks::{facts, facts_without_classes, lora, made, output, recorded, task_of, template};
use crate::{
    comfy::Workflow,
    edit::{PictureFile, PictureFormat, tests::support::id},
    form::PoolClasses,
    gallery::OutputFacts,
    prompts::{ResolvedPrompt, TaskPrompts},
    task::{Output, OutputKind},
};

#[test]
fn the_default_workflow_tells_all_of_its_values() {
    let workflow = recorded("txt2img");
    let expected = OutputFacts {
        kind: Some(OutputKind::Image),
        filename: "a_00001_.png".into(),
        prompt: "a photo of a cat".into(),
        negative: "blurry".into(),
        models: vec!["random-sd15.safetensors".into()],
        seed: Some(424_242),
        sampler: "euler".into(),
        scheduler: "normal".into(),
        steps: Some(20),
        cfg: "7.0".into(),
        name: "My run".into(),
        workflow: "My run".into(),
        backend: "gpu:8188".into(),
        ..OutputFacts::default()
    };
    assert_eq!(facts(&workflow, "9"), expected);
    assert_eq!(facts_without_classes(&workflow, "9"), expected);
}

#[test]
fn flux_with_a_negative_prompt_of_zeros_has_none() {
    let facts = facts(&template("flux_dev_checkpoint_example"), "9");
    assert!(facts.prompt.starts_with("beautiful photography of a gorgeous-haired artist"));
    assert_eq!(facts.negative, "");
    assert_eq!(facts.models, ["flux1-dev.safetensors"]);
    assert_eq!((facts.seed, facts.cfg.as_str(), facts.scheduler.as_str()), (Some(192_044_955_347_061), "1", "simple"));
}

#[test]
fn a_sampler_in_parts_is_read_from_all_of_them() {
    let workflow = template("image_flux2");
    for facts in [facts(&workflow, "9"), facts_without_classes(&workflow, "9")] {
        assert!(facts.prompt.starts_with("The woman is wearing a small pale yellow knitted beanie"), "{}", facts.prompt);
        assert_eq!(facts.models, ["flux2_dev_fp8mixed.safetensors"]);
        assert_eq!((facts.seed, facts.steps), (Some(649_422_536_169_327), Some(20)));
        assert_eq!((facts.sampler.as_str(), facts.scheduler.as_str(), facts.cfg.as_str()), ("euler", "flux2", "4"));
        assert!(facts.parents.is_empty() && !facts.has_mask, "its picture is none of Darkroom's");
    }
}

#[test]
fn a_guider_with_both_prompts_is_read() {
    let workflow = made(json!({
        "1": {"class_type": "UNETLoader", "inputs": {"unet_name": "flux1-dev.safetensors"}},
        "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "a cat", "clip": ["9", 0]}},
        "3": {"class_type": "CLIPTextEncode", "inputs": {"text": "a dog", "clip": ["9", 0]}},
        "4": {"class_type": "CFGGuider", "inputs": {"model": ["1", 0], "positive": ["2", 0], "negative": ["3", 0], "cfg": 3.5}},
        "5": {"class_type": "RandomNoise", "inputs": {"noise_seed": 7}},
        "6": {"class_type": "BasicScheduler", "inputs": {"model": ["1", 0], "scheduler": "beta", "steps": 28, "denoise": 1.0}},
        "7": {"class_type": "KSamplerSelect", "inputs": {"sampler_name": "dpmpp_2m"}},
        "8": {"class_type": "SamplerCustomAdvanced", "inputs": {"noise": ["5", 0], "guider": ["4", 0], "sampler": ["7", 0], "sigmas": ["11", 1], "latent_image": ["10", 0]}},
        "9": {"class_type": "DualCLIPLoader", "inputs": {"clip_name1": "clip_l.safetensors", "clip_name2": "t5.safetensors", "type": "flux"}},
        "10": {"class_type": "EmptySD3LatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}},
        "11": {"class_type": "SplitSigmas", "inputs": {"sigmas": ["6", 0], "step": 3}},
        "12": {"class_type": "PreviewImage", "inputs": {"images": ["8", 0]}},
    }));
    for facts in [facts(&workflow, "12"), facts_without_classes(&workflow, "12")] {
        assert_eq!((facts.prompt.as_str(), facts.negative.as_str()), ("a cat", "a dog"));
        assert_eq!((facts.seed, facts.steps, facts.cfg.as_str()), (Some(7), Some(28), "3.5"));
        assert_eq!((facts.sampler.as_str(), facts.scheduler.as_str()), ("dpmpp_2m", "beta"));
        assert_eq!(facts.models, ["flux1-dev.safetensors"]);
    }
}

#[test]
fn texts_and_numbers_are_followed_to_the_nodes_that_hold_them() {
    let workflow = template("image_z_image_turbo");
    for facts in [facts(&workflow, "9"), facts_without_classes(&workflow, "9")] {
        assert!(facts.prompt.starts_with("Latina female with thick wavy hair"), "{}", facts.prompt);
        assert!(!facts.prompt.contains("Pixel art"), "nothing reads that");
    }
    let mut linked = recorded("txt2img");
    linked.0.extend(
        made(json!({
            "20": {"class_type": "PrimitiveInt", "inputs": {"value": 33}},
            "21": {"class_type": "Seed (rgthree)", "inputs": {"seed": 5}},
        }))
        .0,
    );
    let sampler = linked.0.get_mut("3").unwrap();
    sampler.set_input("steps", json!(["20", 0]));
    sampler.set_input("seed", json!(["21", 0]));
    let facts = facts(&linked, "9");
    assert_eq!((facts.steps, facts.seed), (Some(33), Some(5)));
}

#[test]
fn a_refiner_goes_on_with_the_seed_of_the_base() {
    let facts = facts(&template("sdxl_refiner_prompt_example"), "19");
    assert_eq!(facts.seed, Some(6_767_725_640_732));
    assert_eq!(facts.prompt, "daytime sky nature dark blue galaxy bottle");
    assert_eq!(facts.models, ["sd_xl_base_1.0.safetensors", "sd_xl_refiner_1.0.safetensors"]);
}

#[test]
fn of_two_passes_each_output_has_its_own() {
    let mut two = recorded("txt2img");
    two.0.extend(
        made(json!({
            "30": {"class_type": "KSampler", "inputs": {"seed": 9, "steps": 8, "cfg": 4.5, "sampler_name": "dpmpp_2m", "scheduler": "karras",
                "denoise": 0.5, "model": ["4", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["31", 0]}},
            "31": {"class_type": "LatentUpscaleBy", "inputs": {"samples": ["3", 0], "upscale_method": "nearest-exact", "scale_by": 2.0}},
            "32": {"class_type": "VAEDecode", "inputs": {"samples": ["30", 0], "vae": ["4", 2]}},
            "33": {"class_type": "SaveImage", "inputs": {"filename_prefix": "two", "images": ["32", 0]}},
        }))
        .0,
    );
    let (first, second) = (facts(&two, "9"), facts(&two, "33"));
    assert_eq!((first.seed, first.steps, first.cfg.as_str()), (Some(424_242), Some(20), "7.0"));
    assert_eq!((second.seed, second.steps, second.cfg.as_str()), (Some(9), Some(8), "4.5"));
    assert_eq!(second.prompt, "a photo of a cat");
}

#[test]
fn a_video_has_the_loras_of_all_its_stages_in_the_order_of_use() {
    let facts = facts(&template("video_ltx2_canny_to_video"), "175");
    assert_eq!(
        facts.loras,
        [lora("ltx-2-19b-ic-lora-canny-control.safetensors", "1"), lora("ltx-2-19b-distilled-lora-384.safetensors", "1")]
    );
    assert_eq!(facts.models, ["ltx-2-19b-dev-fp8.safetensors", "ltx-2-spatial-upscaler-x2-1.0.safetensors"]);
    assert!(facts.prompt.starts_with("A wide shot reveals"), "{}", facts.prompt);
    assert!(facts.negative.starts_with("blurry, out of focus"), "{}", facts.negative);
    assert_eq!(facts.sampler, "gradient_estimation");
}

#[test]
fn a_node_of_a_service_has_prompt_seed_and_model() {
    let facts = facts(&template("templates-subject_product_swap"), "15");
    assert_eq!(facts.prompt, "Swap the product the subject is holding in image 1 with the product in image 2.");
    assert_eq!(facts.seed, Some(128_090_103_112_046));
    assert_eq!(facts.models, ["gemini-3-pro-image-preview"]);
}

#[test]
fn a_service_without_seeds_has_its_prompt() {
    assert!(facts(&template("api_runway_reference_to_image"), "6").prompt.starts_with("An astronaut is lying on a recliner"));
    let kling = facts(&template("api_kling_omni_edit_video"), "3");
    assert!(kling.prompt.starts_with("Change the human skateboarder"));
    assert_eq!(kling.models, ["kling-video-o1"]);
}

#[test]
fn the_negative_prompt_of_an_editing_model_is_no_prompt_where_it_guides() {
    let workflow = template("hidream_e1_full");
    for facts in [facts(&workflow, "9"), facts_without_classes(&workflow, "9")] {
        assert!(facts.prompt.starts_with("Let the girl put on the VR glasses"), "{}", facts.prompt);
        assert_eq!((facts.negative.as_str(), facts.cfg.as_str()), ("low quality, blurry, distorted", "5"));
    }
}

#[test]
fn loras_of_node_packs_are_known_and_those_without_weight_are_not_used() {
    let lora_node = |class: &str, inputs: Value| {
        let mut workflow = recorded("txt2img");
        let mut node = json!({"20": {"class_type": class, "inputs": inputs}});
        node["20"]["inputs"]["model"] = json!(["4", 0]);
        workflow.0.extend(made(node).0);
        workflow.0.get_mut("3").unwrap().set_input("model", json!(["20", 0]));
        facts(&workflow, "9").loras
    };
    let plain =
        |model: f64, clip: f64| json!({"lora_name": "a.safetensors", "strength_model": model, "strength_clip": clip, "clip": ["4", 1]});
    assert_eq!(lora_node("LoraLoader", plain(0.8, 1.0)), [lora("a.safetensors", "0.8")]);
    assert_eq!(lora_node("LoraLoader", plain(0.0, 1.0)), [lora("a.safetensors", "0.0")]);
    assert_eq!(lora_node("LoraLoader", plain(0.0, 0.0)), []);
    assert_eq!(lora_node("LoraLoaderModelOnly", json!({"lora_name": "a.safetensors", "strength_model": 0})), []);
    assert_eq!(
        lora_node(
            "Power Lora Loader (rgthree)",
            json!({
                "lora_1": {"on": true, "lora": "a.safetensors", "strength": -0.5}, "lora_2": {"on": false, "lora": "b.safetensors", "strength": 1},
                "lora_3": {"on": true, "lora": "None", "strength": 1}, "PowerLoraLoaderHeaderWidget": {"type": "PowerLoraLoaderHeaderWidget"}
            })
        ),
        [lora("a.safetensors", "-0.5")]
    );
    assert_eq!(
        lora_node(
            "CR LoRA Stack",
            json!({"lora_name_1": "a.safetensors", "model_weight_1": 0.3, "lora_name_2": "None", "model_weight_2": 1.0})
        ),
        [lora("a.safetensors", "0.3")]
    );
}

#[test]
fn several_loras_are_in_the_order_in_which_they_are_applied() {
    let mut workflow = recorded("txt2img");
    workflow.0.extend(
        made(json!({
            "20": {"class_type": "LoraLoaderModelOnly", "inputs": {"lora_name": "first.safetensors", "strength_model": 1.0, "model": ["4", 0]}},
            "21": {"class_type": "LoraLoaderModelOnly", "inputs": {"lora_name": "second.safetensors", "strength_model": 0.5, "model": ["20", 0]}},
            "22": {"class_type": "LoraLoaderModelOnly", "inputs": {"lora_name": "unused.safetensors", "strength_model": 0.5, "model": ["4", 0]}},
        }))
        .0,
    );
    workflow.0.get_mut("3").unwrap().set_input("model", json!(["21", 0]));
    assert_eq!(facts(&workflow, "9").loras, [lora("first.safetensors", "1.0"), lora("second.safetensors", "0.5")]);
}

#[test]
fn a_mask_is_no_parent() {
    let name = |digit| PictureFile::new(id(digit), PictureFormat::Png).input();
    let mut workflow = recorded("inpaint-noise-mask");
    workflow.0.get_mut("20").unwrap().set_input("image", name('a').into());
    workflow.0.get_mut("21").unwrap().set_input("image", format!("{} [input]", name('b')).into());
    for facts in [facts(&workflow, "9"), facts_without_classes(&workflow, "9")] {
        assert_eq!(facts.parents, ["a".repeat(64)]);
        assert!(facts.has_mask);
    }
    let unmasked = facts(&recorded("txt2img"), "9");
    assert!(unmasked.parents.is_empty() && !unmasked.has_mask);
    // The alpha channel of a picture, when a sampler gets it.
    workflow.0.get_mut("26").unwrap().set_input("mask", json!(["20", 1]));
    let facts = facts(&workflow, "9");
    assert_eq!((facts.parents, facts.has_mask), (vec!["a".repeat(64)], true));
}

#[test]
fn templates_in_a_workflow_count_as_their_texts() {
    let mut workflow = recorded("txt2img");
    workflow.0.get_mut("6").unwrap().set_input("text", "a {cat|dog}".into());
    let mut task = task_of(&workflow);
    let text = ResolvedPrompt { node: "6".into(), input: "text".into(), template: "a {cat|dog}".into(), text: "a dog".into() };
    task.prompts = Some(TaskPrompts { seed: 1, texts: vec![text] });
    let of = |workflow: &Workflow| OutputFacts::of(&task, workflow, &output("9"), &PoolClasses::default()).prompt;
    assert_eq!(of(&workflow), "a dog");
    workflow.0.get_mut("6").unwrap().set_input("text", "a cat".into());
    assert_eq!(of(&workflow), "a cat", "another text is none of its template's");
}

#[test]
fn an_output_of_a_node_that_was_made_during_the_run_has_the_facts_of_the_workflow() {
    assert_eq!(facts(&recorded("txt2img"), "9.0.0.1").prompt, "a photo of a cat");
}

#[test]
fn files_that_are_no_media_have_no_kind() {
    let workflow = recorded("txt2img");
    let file = Output { kind: OutputKind::File, ..output("9") };
    assert_eq!(OutputFacts::of(&task_of(&workflow), &workflow, &file, &PoolClasses::default()).kind, None);
}

/// Every node reads the one before it twice: there are 2^4998 ways through it.
#[test]
fn a_large_workflow_with_many_ways_is_read_once() {
    let mut nodes = serde_json::Map::new();
    nodes.insert("0".into(), json!({"class_type": "CLIPTextEncode", "inputs": {"text": "deep"}}));
    for at in 1..4_999 {
        let before = json!([(at - 1).to_string(), 0]);
        nodes.insert(
            at.to_string(),
            json!({"class_type": "ConditioningCombine", "inputs": {"conditioning_1": before, "conditioning_2": before}}),
        );
    }
    nodes.insert("end".into(), json!({"class_type": "KSampler", "inputs": {"positive": ["4998", 0], "model": ["0", 0], "seed": 1}}));
    let workflow = made(Value::Object(nodes));
    assert_eq!(facts(&workflow, "end").prompt, "deep");
}

const CLASSES: [&str; 10] = [
    "KSampler",
    "SamplerCustomAdvanced",
    "CFGGuider",
    "CLIPTextEncode",
    "LoraLoader",
    "CheckpointLoaderSimple",
    "PrimitiveInt",
    "LoadImage",
    "Unknown",
    "BasicScheduler",
];
const INPUTS: [&str; 14] = [
    "positive",
    "negative",
    "model",
    "latent_image",
    "guider",
    "noise",
    "sigmas",
    "seed",
    "steps",
    "cfg",
    "text",
    "value",
    "image",
    "lora_name",
];

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => (0_usize..12, 0_u64..3).prop_map(|(node, slot)| json!([node.to_string(), slot])),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => any::<String>().prop_map(Value::from),
        1 => Just(json!("a.safetensors")),
        1 => Just(json!({"lora": "b.safetensors", "on": true})),
        1 => Just(Value::Null),
    ]
}

proptest! {
    /// Links lead anywhere, also in circles and to nodes that are not there.
    #[test]
    fn any_graph_has_facts(
        nodes in proptest::collection::vec((0..CLASSES.len(), proptest::collection::vec((0..INPUTS.len(), any_value()), 0..6)), 1..12),
        asked in 0_usize..13,
        with_classes in any::<bool>(),
    ) {
        let nodes = nodes.into_iter().enumerate().map(|(at, (class, inputs))| {
            let inputs: serde_json::Map<_, _> = inputs.into_iter().map(|(input, value)| (INPUTS[input].to_owned(), value)).collect();
            (at.to_string(), json!({"class_type": CLASSES[class], "inputs": inputs}))
        });
        let workflow = made(Value::Object(nodes.collect()));
        let asked = asked.to_string();
        let facts = if with_classes { facts(&workflow, &asked) } else { facts_without_classes(&workflow, &asked) };
        let text = serde_json::to_string(&workflow).unwrap();
        for name in facts.models.iter().chain(facts.loras.iter().map(|lora| &lora.name)) {
            prop_assert!(text.contains(&serde_json::to_string(name).unwrap()), "{name} is not in the workflow");
        }
        let once: std::collections::HashSet<_> = facts.models.iter().collect();
        prop_assert_eq!(once.len(), facts.models.len());
    }
}
