//! Files that other programs wrote: see `tests/recordings/described/README.md`.

use proptest::prelude::*;

use super::super::{FileError, Opened, open};
use crate::{
    picture_settings::PictureSettings,
    recipe::Field,
    submit::{FormOptions, SkippedSetting, TakenSettings},
};

macro_rules! made {
    ($name:literal) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/recordings/described/", $name)).as_slice()
    };
}

const FILES: [&[u8]; 27] = [
    made!("a1111.png"),
    made!("a1111.jpg"),
    made!("a1111.webp"),
    made!("a1111.avif"),
    made!("forge.png"),
    made!("forge.jpg"),
    made!("swarm.png"),
    made!("swarm.jpg"),
    made!("invoke.png"),
    made!("invoke-2.png"),
    made!("invoke-dream.png"),
    made!("novelai.png"),
    made!("a1111-packed.png"),
    made!("forge.webp"),
    made!("swarm.webp"),
    made!("invoke-graph.png"),
    made!("comfy.png"),
    made!("comfy-animated.png"),
    made!("comfy-animated.webp"),
    made!("comfy.jpg"),
    made!("comfy.webp"),
    made!("comfy.avif"),
    made!("comfy.mp4"),
    made!("comfy.mov"),
    made!("comment.mp4"),
    made!("comfy.webm"),
    made!("comfy.mkv"),
];

fn settings(bytes: &[u8]) -> PictureSettings {
    match open(bytes) {
        Ok(Opened::Settings(settings)) => *settings,
        other => panic!("{other:?}"),
    }
}

fn has(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// What a ComfyUI with these models takes over.
fn taken(bytes: &[u8], checkpoints: &[&str], loras: &[&str]) -> TakenSettings {
    let options = FormOptions {
        checkpoints: has(checkpoints),
        samplers: has(&["euler", "euler_ancestral", "dpmpp_2m", "dpmpp_2m_sde", "ddim"]),
        schedulers: has(&["normal", "karras", "exponential", "simple", "ddim_uniform"]),
        known: true,
    };
    settings(bytes).take(&options, &has(loras))
}

fn field(taken: &TakenSettings, field: Field) -> &str {
    taken.fields.iter().find(|(one, _)| *one == field).map_or("", |(_, text)| text.as_str())
}

fn skipped<'a>(taken: &'a TakenSettings, name: &str) -> &'a SkippedSetting {
    taken.skipped.iter().find(|skipped| skipped.name == name).unwrap_or_else(|| panic!("{name}: {:?}", taken.skipped))
}

fn names(taken: &TakenSettings) -> Vec<&str> {
    taken.skipped.iter().map(|skipped| skipped.name.as_str()).collect()
}

#[test]
fn stable_diffusion_webui_writes_the_same_settings_in_every_format() {
    for bytes in [made!("a1111.png"), made!("a1111-packed.png"), made!("a1111.jpg"), made!("a1111.webp"), made!("a1111.avif")] {
        let taken = taken(bytes, &["sd15/v1-5-pruned-emaonly.safetensors", "other.ckpt"], &["art/watercolor.safetensors"]);
        assert_eq!(taken.program, "Stable Diffusion WebUI");
        let expected = [
            (Field::Prompt, "a lighthouse at dusk, (film grain:1.2)\n<lora:watercolor:0.8>, soft light"),
            (Field::Negative, "blurry, text,\nwatermark"),
            (Field::Checkpoint, "sd15/v1-5-pruned-emaonly.safetensors"),
            (Field::Width, "768"),
            (Field::Height, "512"),
            (Field::Steps, "28"),
            (Field::Cfg, "6.5"),
            (Field::Sampler, "dpmpp_2m"),
            (Field::Scheduler, "karras"),
            (Field::Seed, "3735928559"),
        ];
        assert_eq!(taken.fields, expected.map(|(field, text)| (field, text.to_owned())));
        assert_eq!(names(&taken), ["VAE", "Denoising strength", "Clip skip", "Hires upscale", "Hires upscaler", "Embeddings"]);
        assert_eq!(skipped(&taken, "Embeddings").value, "EasyNegative");
        assert!(skipped(&taken, "Denoising strength").why.contains("Upscale"), "of the second pass");
    }
}

#[test]
fn a_model_that_nobody_has_leaves_the_form_as_it_is_and_names_the_nearest() {
    let taken = taken(made!("a1111.png"), &["v1-5-pruned.safetensors"], &["watercolour-style.safetensors"]);
    assert_eq!(field(&taken, Field::Checkpoint), "");
    let model = skipped(&taken, "Model");
    assert_eq!((model.value.as_str(), model.instead[0].text.as_str()), ("v1-5-pruned-emaonly", "v1-5-pruned.safetensors"));
    assert_eq!(field(&taken, Field::Prompt), "a lighthouse at dusk, (film grain:1.2)\nsoft light");
    let lora = skipped(&taken, "LoRA");
    assert_eq!((lora.value.as_str(), lora.instead[0].text.as_str()), ("watercolor (0.8)", "<lora:watercolour-style.safetensors:0.8>"));
}

#[test]
fn forge_writes_the_schedule_apart_and_prompts_in_any_script() {
    for bytes in [made!("forge.png"), made!("forge.jpg"), made!("forge.webp")] {
        let taken = taken(bytes, &["sd_xl_base_1.0.safetensors"], &[]);
        assert_eq!(taken.program, "Forge");
        assert_eq!(field(&taken, Field::Prompt), "灯台、夕暮れ");
        assert_eq!(field(&taken, Field::Negative), "");
        assert_eq!((field(&taken, Field::Sampler), field(&taken, Field::Scheduler)), ("dpmpp_2m_sde", "exponential"));
        assert_eq!(field(&taken, Field::Checkpoint), "sd_xl_base_1.0.safetensors");
        assert_eq!(names(&taken), ["Distilled CFG Scale", "ADetailer prompt"]);
        assert_eq!(skipped(&taken, "ADetailer prompt").value, "a face, smiling: wide");
    }
}

#[test]
fn swarmui_writes_names_of_comfyui_and_loras_apart() {
    for bytes in [made!("swarm.png"), made!("swarm.jpg"), made!("swarm.webp")] {
        let taken =
            taken(bytes, &["OfficialStableDiffusion/sd_xl_base_1.0.safetensors"], &["art/watercolor.safetensors", "ink.safetensors"]);
        assert_eq!(taken.program, "SwarmUI");
        assert_eq!(field(&taken, Field::Prompt), "a lighthouse at dusk <lora:ink:0.5>, <lora:art/watercolor.safetensors:0.7>");
        assert_eq!(field(&taken, Field::Seed), "9007199254740993", "JavaScript would round it");
        assert_eq!((field(&taken, Field::Cfg), field(&taken, Field::Width), field(&taken, Field::Height)), ("6.5", "1216", "832"));
        assert_eq!((field(&taken, Field::Sampler), field(&taken, Field::Scheduler)), ("dpmpp_2m", "karras"));
        assert_eq!(field(&taken, Field::Checkpoint), "OfficialStableDiffusion/sd_xl_base_1.0.safetensors");
        assert_eq!(names(&taken), ["clipstopatlayer", "vae", "refinerupscale"]);
    }
}

#[test]
fn invokeai_of_every_time_is_read() {
    let taken = taken(made!("invoke.png"), &["sd_xl_base_1.0.safetensors"], &["watercolor.safetensors"]);
    assert_eq!(taken.program, "InvokeAI");
    assert_eq!(field(&taken, Field::Prompt), "a lighthouse at dusk, <lora:watercolor.safetensors:0.75>");
    assert_eq!(field(&taken, Field::Seed), "4294967295");
    assert_eq!((field(&taken, Field::Sampler), field(&taken, Field::Scheduler)), ("dpmpp_2m_sde", "karras"));
    assert_eq!(field(&taken, Field::Checkpoint), "sd_xl_base_1.0.safetensors");
    assert_eq!(names(&taken), ["vae", "positive_style_prompt", "controlnets"]);
    for (bytes, sampler) in [(made!("invoke-2.png"), "dpmpp_2m"), (made!("invoke-dream.png"), "euler_ancestral")] {
        let taken = self::taken(bytes, &["stable-diffusion-1.5.ckpt"], &[]);
        let got = [Field::Prompt, Field::Negative, Field::Seed, Field::Steps, Field::Cfg, Field::Width, Field::Height, Field::Sampler];
        let got = got.map(|one| field(&taken, one));
        assert_eq!(got, ["a lighthouse at dusk", "blurry, text", "1863159593", "30", "7.5", "640", "512", sampler]);
    }
}

#[test]
fn a_picture_of_invokeai_without_metadata_is_read_from_its_graph() {
    let taken = taken(made!("invoke-graph.png"), &["juggernaut-xl.safetensors"], &["ink-wash.safetensors"]);
    assert_eq!(taken.program, "InvokeAI");
    // Prompt and seed are of other nodes.
    assert_eq!(field(&taken, Field::Prompt), "a lighthouse at dusk, <lora:ink-wash.safetensors:0.6>");
    let got = [Field::Negative, Field::Seed, Field::Steps, Field::Cfg, Field::Width, Field::Height, Field::Sampler];
    let got = got.map(|one| field(&taken, one));
    assert_eq!(got, ["blurry, text", "4294967295", "30", "5.5", "832", "1216", "euler_ancestral"]);
    assert_eq!(names(&taken), Vec::<&str>::new());
}

#[test]
fn novelai_is_read_with_its_emphasis_named() {
    let taken = taken(made!("novelai.png"), &[], &[]);
    assert_eq!((field(&taken, Field::Prompt), field(&taken, Field::Negative)), ("(a lighthouse), dusk", "blurry, [text]"));
    assert_eq!((field(&taken, Field::Sampler), field(&taken, Field::Scheduler)), ("euler_ancestral", "karras"));
    assert_eq!(names(&taken), ["Emphasis", "Model"]);
}

#[test]
fn pictures_and_videos_of_comfyui_are_workflows() {
    for bytes in FILES.iter().skip(16) {
        match open(bytes) {
            Ok(Opened::Api(opened)) => {
                let seed = opened.workflow.0["3"].input("seed").and_then(serde_json::Value::as_u64);
                assert_eq!((opened.workflow.0.len(), seed), (7, Some(u64::MAX)));
            }
            other => panic!("{other:?}"),
        }
    }
    for bytes in [made!("plain.mp4"), made!("plain.webm")] {
        assert!(matches!(open(bytes), Err(FileError::NothingInVideo | FileError::OtherPicture(_))), "{:?}", open(bytes));
    }
}

#[test]
fn values_that_the_form_cannot_have_are_named() {
    let text = "a cat\nSteps: 0, Sampler: Restart, Schedule type: Align Your Steps, CFG scale: many, Seed: -1, Size: 8x99999, Model: x, \
                Civitai resources: [{\"type\": \"lora\", \"weight\": 1}], Clip skip: 1";
    let settings = PictureSettings::read(&[("parameters".into(), text.into())]).unwrap();
    let taken = settings.take(&FormOptions { known: true, ..FormOptions::default() }, &[]);
    assert_eq!(taken.fields, [(Field::Prompt, "a cat".to_owned()), (Field::Negative, String::new())]);
    assert_eq!(names(&taken), ["Steps", "Guidance", "Seed", "Width", "Height", "Model", "Sampler", "Schedule type", "Civitai resources"]);
    let more = "a: b, c: d, e: f";
    assert_eq!(PictureSettings::read(&[("parameters".into(), more.into())]), None, "a prompt with colons");
}

proptest! {
    #[test]
    fn a_damaged_file_is_settings_a_workflow_or_an_error(
        file in 0..FILES.len(), at in any::<prop::sample::Index>(), byte in any::<u8>(), end in any::<prop::sample::Index>(),
    ) {
        let mut bytes = FILES[file].to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        bytes.truncate(end.index(bytes.len()) + 1);
        let _ = open(&bytes);
    }

    #[test]
    fn any_bytes_of_a_video_are_a_workflow_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..300), is_mp4 in any::<bool>()) {
        let head: &[u8] = if is_mp4 { b"\0\0\0\x08ftyp\0\0\0\0moov" } else { b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff" };
        let _ = open(&[head, &bytes].concat());
    }

    #[test]
    fn any_text_is_settings_or_nothing(text in any::<String>(), key in r#"(parameters|Dream|sd-metadata|invokeai_metadata|Comment)"#, json in r#"(\{|\}|\[|\]|"|:|,|image|prompt|sui_image_params|loras|Steps: 1|Seed: 2|Size: 1x|é|7| -S| -){0,40}"#) {
        for text in [text, json] {
            let texts = [("Software".to_owned(), "NovelAI".to_owned()), (key.clone(), text)];
            if let Some(settings) = PictureSettings::read(&texts) {
                let _ = settings.take(&FormOptions::default(), &[]);
            }
        }
    }
}
