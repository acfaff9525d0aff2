use super::tasks::lora;
use crate::{gallery::OutputFacts, picture_settings::PictureSettings, prompts::LoraTag, recipe::Field};

fn read(name: &str, text: &str) -> OutputFacts {
    let settings = PictureSettings::read(&[(name.to_owned(), text.to_owned())]).unwrap();
    OutputFacts::from_settings(&settings)
}

#[test]
fn settings_of_the_webui_are_facts() {
    let facts = read(
        "parameters",
        "a red door, <lora:wood:0.7>, <lora:off:0>\nNegative prompt: fog, blurry\nSteps: 25, Sampler: DPM++ 2M Karras, CFG scale: 6.5, \
         Seed: 18446744073709551615, Size: 832x1216, Model: sd_xl, Version: v1.9",
    );
    let expected = OutputFacts {
        prompt: "a red door".into(),
        negative: "fog, blurry".into(),
        models: vec!["sd_xl".into()],
        loras: vec![lora("wood", "0.7")],
        seed: Some(u64::MAX),
        steps: Some(25),
        cfg: "6.5".into(),
        sampler: "dpmpp_2m".into(),
        scheduler: "karras".into(),
        width: 832,
        height: 1216,
        program: "Stable Diffusion WebUI".into(),
        ..OutputFacts::default()
    };
    assert_eq!(facts, expected);
}

#[test]
fn loras_beside_the_prompt_are_facts() {
    let facts = read(
        "invokeai_metadata",
        r#"{"positive_prompt": "a door", "seed": 4, "model": {"name": "sd15"}, "loras": [{"model": {"name": "wood"}, "weight": 0.75}]}"#,
    );
    assert_eq!((facts.program.as_str(), facts.seed), ("InvokeAI", Some(4)));
    assert_eq!(facts.loras, [lora("wood", "0.75")]);
}

#[test]
fn wrong_numbers_are_left_out_and_a_lora_counts_once() {
    let tag = LoraTag { name: "wood".into(), strength: "0.5".into(), clip_strength: "0.5".into() };
    let values =
        [(Field::Seed, "-1"), (Field::Steps, "many"), (Field::Cfg, "nan"), (Field::Width, "w"), (Field::Prompt, "x <lora:wood:1>")];
    let settings = PictureSettings {
        values: values.map(|(field, text)| (field, text.to_owned())).to_vec(),
        loras: vec![tag],
        ..PictureSettings::default()
    };
    let expected = OutputFacts { prompt: "x".into(), loras: vec![lora("wood", "0.5")], ..OutputFacts::default() };
    assert_eq!(OutputFacts::from_settings(&settings), expected);
}
