use crate::{
    comfy::Catalog,
    form::PoolClasses,
    prompts::{LoraTag, add_loras, take_lora_tags},
    recipe::{Field, TextToImage},
};
use serde_json::json;

fn tag(name: &str, strength: &str, clip_strength: &str) -> LoraTag {
    LoraTag { name: name.into(), strength: strength.into(), clip_strength: clip_strength.into() }
}

#[test]
fn tags_are_taken_out_of_a_prompt() {
    let taken = take_lora_tags("a cat, <lora:ink:0.8>, <lora:film grain> dog\n<lora:x:-1:.5>");
    assert_eq!(taken, ("a cat, dog".to_owned(), vec![tag("ink", "0.8", "0.8"), tag("film grain", "1", "1"), tag("x", "-1", ".5")]));
    for text in ["a <lora:> b", "<lora:a:b>", "<lora:a:1:2:3>", "<lora:a", "a,  b ,<lora"] {
        assert_eq!(take_lora_tags(text), (text.to_owned(), vec![]), "{text}");
    }
}

fn classes() -> PoolClasses {
    let loras = ["style/ink.safetensors", "other/grain.pt", "more/grain.safetensors"];
    let catalog = Catalog::from_object_info(&json!({
        "CheckpointLoaderSimple": {"input": {"required": {"ckpt_name": [["sd.safetensors"], {}]}}, "output": ["MODEL", "CLIP", "VAE"]},
        "LoraLoader": {"input": {"required": {
            "model": ["MODEL"], "clip": ["CLIP"], "lora_name": [loras, {}],
            "strength_model": ["FLOAT", {"min": -100.0, "max": 100.0}], "strength_clip": ["FLOAT", {"min": -100.0, "max": 100.0}],
        }}, "output": ["MODEL", "CLIP"]},
    }));
    PoolClasses::for_workflow(&TextToImage::default().workflow(), [&catalog])
}

#[test]
fn the_workflow_gets_a_node_for_each() {
    let recipe = TextToImage {
        prompt: "a cat <lora:INK:0.8:0.5>, <lora:other/grain:1>".into(),
        negative: "<lora:ink>".into(),
        ..TextToImage::default()
    };
    let workflow = add_loras(&recipe, TextToImage::workflow, &classes()).unwrap();
    let input = |node: &str, name: &str| workflow.0[node].input(name).cloned().unwrap();
    assert_eq!((input("6", "text"), input("7", "text")), (json!("a cat"), json!("")));
    assert_eq!(
        (input("10", "lora_name"), input("10", "strength_model"), input("10", "strength_clip")),
        (json!("style/ink.safetensors"), json!(0.8), json!(0.5))
    );
    assert_eq!(input("11", "lora_name"), json!("other/grain.pt"));
    assert_eq!((input("10", "model"), input("11", "model"), input("3", "model")), (json!(["4", 0]), json!(["10", 0]), json!(["11", 0])));
    assert_eq!((input("6", "clip"), input("7", "clip")), (json!(["11", 1]), json!(["11", 1])));
    let plain = TextToImage { prompt: "a cat".into(), ..TextToImage::default() };
    assert_eq!(add_loras(&plain, TextToImage::workflow, &classes()).unwrap(), plain.workflow());
}

#[test]
fn one_that_nobody_has_or_that_several_are_is_a_problem_at_the_prompt() {
    let problem = |prompt: &str| {
        let recipe = TextToImage { prompt: prompt.into(), ..TextToImage::default() };
        let problems = add_loras(&recipe, TextToImage::workflow, &classes()).unwrap_err();
        assert!(problems.iter().all(|problem| Field::of(problem) == Some(Field::Prompt)), "{problems:?}");
        problems[0].message.clone()
    };
    assert!(
        problem("<lora:inks:1>").starts_with("No ComfyUI has the LoRA \"inks\". The nearest: style/ink.safetensors"),
        "{}",
        problem("<lora:inks:1>")
    );
    assert!(problem("<lora:grain:1>").starts_with("Several LoRAs are called \"grain\""), "{}", problem("<lora:grain:1>"));
    assert!(problem("<lora:ink:1000>").contains("100"), "{}", problem("<lora:ink:1000>"));
}
