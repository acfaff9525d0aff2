//! What the gallery reads from files of each program, in each format: one row for each file of `tests/recordings/described`. And what it says of damaged
//! and hostile files.

use std::{io::Write, path::Path};

use flate2::{Compression, write::ZlibEncoder};
use proptest::{prelude::*, test_runner::TestRunner};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    api::{Answer, Api},
    darkroom_server::Both,
};

fn recorded(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/described").join(name)).unwrap()
}

async fn send(api: &Api, name: &str, bytes: Vec<u8>) -> Answer {
    let request = api.request(Method::POST, &format!("/api/outputs?filename={name}"));
    api.send(request.header("content-type", "application/octet-stream").body(bytes)).await
}

/// What one program wrote about a picture.
struct Written {
    program: &'static str,
    prompt: &'static str,
    negative: &'static str,
    seed: &'static str,
    model: &'static str,
    loras: &'static [(&'static str, &'static str)],
    sampler: &'static str,
    scheduler: &'static str,
    steps: u32,
    cfg: &'static str,
}

const COMFYUI: Written = Written {
    program: "ComfyUI",
    prompt: "a lighthouse at dusk",
    negative: "blurry",
    // The largest that there is.
    seed: "18446744073709551615",
    model: "sd15.safetensors",
    loras: &[],
    sampler: "euler",
    scheduler: "normal",
    steps: 20,
    cfg: "7.0",
};
const WEBUI: Written = Written {
    program: "Stable Diffusion WebUI",
    prompt: "a lighthouse at dusk, (film grain:1.2)\nsoft light",
    negative: "blurry, text,\nwatermark",
    seed: "3735928559",
    model: "v1-5-pruned-emaonly",
    loras: &[("watercolor", "0.8")],
    sampler: "dpmpp_2m",
    scheduler: "karras",
    steps: 28,
    cfg: "6.5",
};
const FORGE: Written = Written {
    program: "Forge",
    prompt: "灯台、夕暮れ",
    negative: "",
    seed: "1",
    model: "sd_xl_base_1.0",
    loras: &[],
    sampler: "dpmpp_2m_sde",
    scheduler: "exponential",
    steps: 20,
    cfg: "7",
};
const SWARMUI: Written = Written {
    program: "SwarmUI",
    prompt: "a lighthouse at dusk",
    negative: "blurry",
    // JavaScript would round it.
    seed: "9007199254740993",
    model: "OfficialStableDiffusion/sd_xl_base_1.0",
    loras: &[("art/watercolor", "0.7"), ("ink", "0.5")],
    sampler: "dpmpp_2m",
    scheduler: "karras",
    steps: 24,
    cfg: "6.5",
};
const INVOKEAI: Written = Written {
    program: "InvokeAI",
    prompt: "a lighthouse at dusk",
    negative: "blurry",
    seed: "4294967295",
    model: "sd_xl_base_1.0",
    loras: &[("watercolor", "0.75")],
    sampler: "dpmpp_2m_sde",
    scheduler: "karras",
    steps: 30,
    cfg: "5.5",
};
const INVOKEAI_GRAPH: Written = Written {
    negative: "blurry, text",
    model: "juggernaut-xl",
    loras: &[("ink-wash", "0.6")],
    sampler: "euler_ancestral",
    scheduler: "normal",
    ..INVOKEAI
};
const INVOKEAI_2: Written = Written {
    negative: "blurry, text",
    seed: "1863159593",
    model: "stable-diffusion-1.5",
    loras: &[],
    sampler: "dpmpp_2m",
    scheduler: "normal",
    cfg: "7.5",
    ..INVOKEAI
};
const INVOKEAI_DREAM: Written = Written { model: "", sampler: "euler_ancestral", ..INVOKEAI_2 };
const NOVELAI: Written = Written {
    program: "NovelAI",
    prompt: "(a lighthouse), dusk",
    negative: "blurry, [text]",
    seed: "2815428374",
    model: "",
    loras: &[],
    sampler: "euler_ancestral",
    scheduler: "karras",
    steps: 28,
    cfg: "5.0",
};
const NOTHING: Written =
    Written { program: "", prompt: "", negative: "", seed: "", model: "", loras: &[], sampler: "", scheduler: "", steps: 0, cfg: "" };

/// Each file, its type, its size (0 where it is not read), and what is written in it.
const FILES: [(&str, &str, &str, [u32; 2], Written); 29] = [
    ("comfy.png", "image", "image/png", [64, 48], COMFYUI),
    ("comfy-animated.png", "image", "image/png", [64, 48], COMFYUI),
    ("comfy.webp", "image", "image/webp", [16, 16], COMFYUI),
    ("comfy-animated.webp", "image", "image/webp", [64, 48], COMFYUI),
    ("comfy.jpg", "image", "image/jpeg", [16, 16], COMFYUI),
    ("comfy.avif", "image", "image/avif", [16, 16], COMFYUI),
    ("comfy.mp4", "video", "video/mp4", [0, 0], COMFYUI),
    ("comfy.mov", "video", "video/mp4", [0, 0], COMFYUI),
    ("comment.mp4", "video", "video/mp4", [0, 0], COMFYUI),
    ("comfy.webm", "video", "video/webm", [0, 0], COMFYUI),
    ("comfy.mkv", "video", "video/webm", [0, 0], COMFYUI),
    ("a1111.png", "image", "image/png", [16, 16], WEBUI),
    ("a1111-packed.png", "image", "image/png", [64, 48], WEBUI),
    ("a1111.jpg", "image", "image/jpeg", [16, 16], WEBUI),
    ("a1111.webp", "image", "image/webp", [16, 16], WEBUI),
    ("a1111.avif", "image", "image/avif", [16, 16], WEBUI),
    ("forge.png", "image", "image/png", [16, 16], FORGE),
    ("forge.jpg", "image", "image/jpeg", [16, 16], FORGE),
    ("forge.webp", "image", "image/webp", [64, 48], FORGE),
    ("swarm.png", "image", "image/png", [16, 16], SWARMUI),
    ("swarm.jpg", "image", "image/jpeg", [16, 16], SWARMUI),
    ("swarm.webp", "image", "image/webp", [64, 48], SWARMUI),
    ("invoke.png", "image", "image/png", [16, 16], INVOKEAI),
    ("invoke-graph.png", "image", "image/png", [64, 48], INVOKEAI_GRAPH),
    ("invoke-2.png", "image", "image/png", [16, 16], INVOKEAI_2),
    ("invoke-dream.png", "image", "image/png", [16, 16], INVOKEAI_DREAM),
    ("novelai.png", "image", "image/png", [16, 16], NOVELAI),
    ("plain.gif", "image", "image/gif", [40, 30], NOTHING),
    ("plain.mp4", "video", "video/mp4", [0, 0], NOTHING),
];

#[tokio::test]
async fn files_of_each_program_are_read_in_each_format() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    for (name, kind, mime, size, written) in FILES {
        let answer = send(&api, name, recorded(name)).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{name}: {}", answer.json);
        let known = &answer.json;
        let expected = json!({
            "type": kind, "mimeType": mime, "width": size[0], "height": size[1],
            "program": written.program, "prompt": written.prompt, "negativePrompt": written.negative,
            "seed": Some(written.seed).filter(|seed| !seed.is_empty()),
            "models": Some(written.model).into_iter().filter(|model| !model.is_empty()).collect::<Vec<_>>(),
            "loras": written.loras.iter().map(|(name, weight)| json!({"name": name, "weight": weight})).collect::<Vec<_>>(),
            "sampler": written.sampler, "scheduler": written.scheduler,
            "steps": Some(written.steps).filter(|steps| *steps > 0), "cfg": written.cfg,
        });
        for (field, value) in expected.as_object().unwrap() {
            assert_eq!(&known[field], value, "{field} of {name}");
        }
        let file = api.get(&format!("/api/outputs/{}/file", known["outputId"].as_str().unwrap())).await;
        assert_eq!((file.header("content-type"), &file.bytes), (mime, &recorded(name)), "{name}");
    }
}

fn png_with(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let whole = recorded("plain.png");
    // Before the last chunk, which has no data.
    let (before, end) = whole.split_at(whole.len() - 12);
    let mut bytes = before.to_vec();
    for (kind, data) in chunks {
        bytes.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
        let from = bytes.len();
        bytes.extend(kind.iter().chain(*data));
        bytes.extend(crc32(&bytes[from..]).to_be_bytes());
    }
    bytes.extend(end);
    bytes
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

/// A text of zeros that is a thousand times as long when it is unpacked.
fn packed_zeros(name: &str, length: usize) -> Vec<u8> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    for _ in 0..length / 1024 {
        packed.write_all(&[b'0'; 1024]).unwrap();
    }
    [name.as_bytes(), b"\0\0", &packed.finish().unwrap()].concat()
}

/// A JPEG whose Exif fields lead in a circle.
fn jpeg_with_exif_loop() -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    // One field that leads to another directory, which is this one, as is the next.
    tiff.extend(b"\x01\0\x69\x87\x04\0\x01\0\0\0\x08\0\0\0\x08\0\0\0");
    let whole = recorded("comfy.jpg");
    // Without its own fields.
    let after = 4 + usize::from(u16::from_be_bytes([whole[4], whole[5]])) - 2;
    let mut bytes = whole[..2].to_vec();
    bytes.extend(b"\xff\xe1");
    bytes.extend(u16::try_from(tiff.len() + 8).unwrap().to_be_bytes());
    bytes.extend(b"Exif\0\0");
    bytes.extend(tiff);
    bytes.extend(&whole[after..]);
    bytes
}

#[tokio::test]
async fn hostile_files_are_taken_without_facts_or_refused_and_nothing_else_is_hurt() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let bomb = packed_zeros("prompt", 64 * 1024 * 1024);
    let bombs: Vec<(&[u8; 4], &[u8])> = (0..300).map(|_| (b"zTXt", bomb.as_slice())).collect();
    let text = |text: &str| [b"prompt\0", text.as_bytes()].concat();
    let deep = text(&"{\"a\":".repeat(100_000));
    let deep_list = text(&format!("{{\"3\":{}", "[".repeat(100_000)));
    let settings = |prompt: &str| [b"parameters\0", prompt.as_bytes(), b"\nSteps: 1, Seed: 2, Size: 8x8"].concat();
    let commas = settings(&format!("x\n{}Steps: 1", "a,".repeat(2_000_000)));
    let loras = settings(&"<lora:".repeat(700_000));
    let many = (0..300_000).map(|number| format!("<lora:a{number}:1>")).collect::<String>();
    let many = settings(&many);
    let not_utf8 = [&b"prompt\0{\"3\": \"\xff\xfe\xc3\x28"[..], b"\"}"].concat();
    let mut long_chunk = png_with(&[]);
    let at = long_chunk.len() - 12;
    long_chunk[at..at + 4].copy_from_slice(&u32::MAX.to_be_bytes());
    let boxes = |size: [u8; 4], kind: &[u8; 4]| [&b"\0\0\0\x10ftypisom\0\0\0\0"[..], &size, kind, &[0xff; 64]].concat();
    let mut huge = recorded("plain.png");
    huge[16..24].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]);
    let header_crc = crc32(&huge[12..29]).to_be_bytes();
    huge[29..33].copy_from_slice(&header_crc);
    let (taken, refused) = (StatusCode::CREATED, StatusCode::UNPROCESSABLE_ENTITY);
    for (name, bytes, status) in [
        ("bomb.png", png_with(&[(b"zTXt", &bomb)]), taken),
        ("bombs.png", png_with(&bombs), taken),
        ("deep.png", png_with(&[(b"tEXt", &deep)]), taken),
        ("deep-list.png", png_with(&[(b"tEXt", &deep_list)]), taken),
        ("commas.png", png_with(&[(b"tEXt", &commas)]), taken),
        ("loras.png", png_with(&[(b"tEXt", &loras)]), taken),
        ("many-loras.png", png_with(&[(b"tEXt", &many)]), taken),
        ("not-utf8.png", png_with(&[(b"tEXt", &not_utf8)]), taken),
        ("comf.png", png_with(&[(b"comf", b"no zero in it")]), taken),
        ("long-chunk.png", long_chunk, taken),
        ("huge.png", huge, refused),
        ("loop.jpg", jpeg_with_exif_loop(), taken),
        ("zero.mp4", boxes([0; 4], b"moov"), taken),
        ("one.mp4", boxes([0, 0, 0, 1], b"moov"), taken),
        ("small.mp4", boxes([0, 0, 0, 4], b"moov"), taken),
        ("large.mp4", boxes([0xff; 4], b"moov"), taken),
        ("endless.webm", [&b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67"[..], &[0xff; 64]].concat(), taken),
        ("cut.gif", b"GIF89a".to_vec(), refused),
        ("cut.avif", recorded("comfy.avif")[..60].to_vec(), refused),
        ("phone.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec(), StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ] {
        let answer = tokio::time::timeout(std::time::Duration::from_secs(60), send(&api, name, bytes)).await.expect(name);
        assert_eq!(answer.status, status, "{name}: {}", answer.json);
        if status == taken {
            assert!(answer.json["loras"].as_array().unwrap().len() <= 100, "{name}");
        }
    }
    let after = send(&api, "after.png", recorded("comfy.png")).await;
    assert_eq!((after.status, &after.json["seed"]), (StatusCode::CREATED, &json!(COMFYUI.seed)));
}

/// One byte of a file is another, and its end is missing: it is taken or refused, and the server goes on.
#[test]
fn a_damaged_file_hurts_nothing_else() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (both, api) = runtime.block_on(async {
        let both = Both::start(1e9).await;
        let api = Api::of(&both).await;
        (both, api)
    });
    let damage = (0..FILES.len(), any::<prop::sample::Index>(), any::<u8>(), prop::option::of(any::<prop::sample::Index>()));
    let mut runner = TestRunner::new(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) });
    runner
        .run(&damage, |(file, at, byte, end)| {
            let mut bytes = recorded(FILES[file].0);
            let at = at.index(bytes.len());
            bytes[at] = byte;
            bytes.truncate(end.map_or(bytes.len(), |end| end.index(bytes.len()) + 1));
            let answer = runtime.block_on(send(&api, "damaged", bytes));
            let is_answered = [StatusCode::CREATED, StatusCode::OK, StatusCode::UNPROCESSABLE_ENTITY, StatusCode::UNSUPPORTED_MEDIA_TYPE]
                .contains(&answer.status);
            prop_assert!(is_answered, "{}: {}", answer.status, answer.json);
            prop_assert!(answer.status.is_success() || answer.json["detail"].as_str().is_some_and(|why| !why.is_empty()));
            Ok(())
        })
        .unwrap();
    let found: Value = runtime.block_on(api.get("/api/outputs?limit=1")).json;
    assert!(found["total"].as_u64().is_some(), "{found}");
    drop(both);
}
