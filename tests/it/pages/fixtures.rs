//! Snapshots of typical states. Times are relative to [`NOW`].

use darkroom::{
    proto::{
        comfy::Catalog,
        ids::{BackendId, NodeId, PromptId, TaskId},
        recipe::TextToImage,
        submit::FormOptions,
        task::{
            Attempt, Backend, BackendState, Durations, Foreign, Node, NodeState, Output, OutputContent, OutputKind, OutputStorage,
            Snapshot, Task, TaskError, TaskState,
        },
        time::Timestamp,
    },
    web::first_paint::FirstPaint,
};

pub const NOW: u64 = 1_790_000_000_000;

pub fn ago(ms: u64) -> Timestamp {
    Timestamp(NOW - ms)
}

pub fn task_id(number: u128) -> TaskId {
    TaskId(format!("01900000-0000-7000-8000-{number:012x}").parse().unwrap())
}

pub fn first_paint(tasks: Vec<Task>, backends: Vec<Backend>) -> FirstPaint {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    FirstPaint {
        live_address: String::new(),
        build: String::new(),
        snapshot: Snapshot { now: Timestamp(NOW), tasks, backends, ..Snapshot::default() },
        options: FormOptions {
            checkpoints: words(&["sd_xl_base_1.0.safetensors", "dreamshaper_8.safetensors"]),
            samplers: words(&["euler", "dpmpp_2m", "uni_pc"]),
            schedulers: words(&["normal", "karras"]),
            known: true,
        },
        returned: None,
        returned_edit: None,
        seed: 424_242,
        signed_in: false,
        webhooks: Vec::new(),
        workflow: Vec::new(),
        gallery: Vec::new(),
        production: Vec::new(),
        start: String::new(),
    }
}

pub fn gpu() -> Backend {
    Backend {
        state: BackendState::Connected,
        version: Some("0.8.0".into()),
        device: Some("NVIDIA GeForce RTX 4090".into()),
        vram: Some((19_542_310_912, 25_769_803_776)),
        queue: 1,
        ..Backend::new(BackendId::from("127.0.0.1:8188"), false, ago(600_000))
    }
}

pub fn demo() -> Backend {
    Backend { id: BackendId::from("demo"), demo: true, version: None, device: None, vram: None, queue: 0, ..gpu() }
}

fn lighthouse(number: u64) -> Task {
    let recipe = TextToImage {
        prompt: "a lighthouse at dusk, long exposure, wet rocks, warm lamp against a cold sky, film grain".into(),
        negative: "blurry, text".into(),
        checkpoint: "sd_xl_base_1.0.safetensors".into(),
        width: 1024,
        height: 768,
        seed: u64::MAX,
        ..TextToImage::default()
    };
    let created = ago(60_000 * (10 - number.min(9)));
    let workflow = recipe.workflow();
    let mut task = Task::new(task_id(number.into()), &recipe.name(), &workflow, &Catalog::default(), &Durations::default(), created);
    task.recipe = Some(recipe);
    task.backend = Some(BackendId::from("127.0.0.1:8188"));
    task
}

pub fn queued(number: u64) -> Task {
    let mut task = lighthouse(number);
    task.backend = None;
    task.note = Some("No ComfyUI can be reached, this waits".into());
    task
}

/// At step 7 of 20, with the loader cached and the prompts encoded.
pub fn running(number: u64) -> Task {
    let mut task = lighthouse(number);
    task.state = TaskState::Running;
    task.created_at = ago(9_100);
    task.started_at = Some(ago(5_700));
    task.permille = 423;
    task.ends_at = Some(Timestamp(NOW + 12_400));
    let mut clock = 5_700;
    for node in &mut task.nodes {
        match node.class.as_str() {
            "CheckpointLoaderSimple" => node.state = NodeState::Cached,
            "KSampler" => {
                node.state = NodeState::Running;
                node.started_at = Some(ago(5_000));
                (node.value, node.max, node.counted) = (7, 20, true);
            }
            "VAEDecode" | "SaveImage" => {}
            _ => {
                finish(node, clock, 230);
                clock -= 230;
            }
        }
    }
    task
}

fn finish(node: &mut Node, started_ago: u64, took: u64) {
    node.state = NodeState::Done;
    node.started_at = Some(ago(started_ago));
    node.ended_at = Some(ago(started_ago - took));
}

pub fn done(number: u64) -> Task {
    let mut task = running(number);
    task.state = TaskState::Completed;
    task.permille = 1000;
    task.ends_at = None;
    task.created_at = lighthouse(number).created_at;
    task.started_at = Some(task.created_at.plus_ms(1_200));
    task.ended_at = Some(task.created_at.plus_ms(19_100));
    for node in &mut task.nodes {
        if !node.state.is_settled() {
            finish(node, 5_000, 4_100);
        }
    }
    task.outputs = (0..2).map(|id| image(id, "9")).collect();
    task
}

pub fn failed(number: u64) -> Task {
    let mut task = running(number);
    task.state = TaskState::Failed;
    task.ends_at = None;
    task.created_at = lighthouse(number).created_at;
    task.started_at = Some(task.created_at.plus_ms(1_200));
    task.ended_at = Some(task.created_at.plus_ms(9_100));
    for node in task.nodes.iter_mut().filter(|node| node.state == NodeState::Running) {
        node.state = NodeState::Failed;
        node.ended_at = Some(ago(1_000));
    }
    task.error = Some(TaskError {
        message: "CUDA out of memory. Tried to allocate 4.50 GiB. GPU 0 has a total capacity of 23.99 GiB.".into(),
        node: Some(NodeId::from("3")),
        class: Some("KSampler".into()),
        exception: Some("torch.OutOfMemoryError".into()),
        traceback: vec![
            "  File \"execution.py\", line 510, in execute\n".into(),
            "    output_data, output_ui, has_subgraph = await get_output_data(prompt_id, unique_id, obj, input_data_all)\n".into(),
        ],
        problems: vec![],
    });
    task
}

/// A task from a workflow file, with a text and a picture.
pub fn workflow_result(number: u64) -> Task {
    let mut task = done(number);
    task.name = "Caption".into();
    task.recipe = None;
    let text = OutputContent::Text { text: "A caption of 12 words".into() };
    task.outputs = vec![
        Output {
            id: 0,
            node: NodeId::from("9"),
            kind: OutputKind::Text,
            temporary: false,
            content: text,
            storage: OutputStorage::Kept,
            outside: None,
        },
        {
            let content = OutputContent::File { filename: "a.mp4".into(), subfolder: String::new(), folder: "output".into() };
            Output {
                id: 1,
                node: NodeId::from("9"),
                kind: OutputKind::Video,
                temporary: false,
                content,
                storage: OutputStorage::Kept,
                outside: None,
            }
        },
    ];
    task
}

fn image(id: u32, node: &str) -> Output {
    let content = OutputContent::File { filename: format!("darkroom_{id:05}_.png"), subfolder: String::new(), folder: "output".into() };
    Output { id, node: NodeId::from(node), kind: OutputKind::Image, temporary: false, content, storage: OutputStorage::Kept, outside: None }
}

/// A second ComfyUI, behind a proxy.
pub fn pod() -> Backend {
    Backend {
        id: BackendId::from("pod-7.example"),
        version: Some("0.26.1".into()),
        device: Some("NVIDIA L40S".into()),
        queue: 4,
        round_trip: Some((38_200, 4_100)),
        foreign: vec![foreign(1, true, 41_000), foreign(2, false, 12_000)],
        ..gpu()
    }
}

fn foreign(number: u128, running: bool, ago_ms: u64) -> Foreign {
    Foreign { prompt: PromptId::from(task_id(900 + number)), running, since: Some(ago(ago_ms)) }
}

/// Queued, to start in `starts_in_s` seconds.
pub fn waiting(number: u64, name: &str, starts_in_s: u64) -> Task {
    let mut task = lighthouse(number);
    task.name = name.into();
    task.backend = None;
    task.place.order = number * 1000;
    task.starts_at = Some(Timestamp(NOW + starts_in_s * 1000));
    task
}

/// On its second attempt: its first ComfyUI restarted during the run.
pub fn second_attempt(number: u64) -> Task {
    let mut task = running(number);
    task.name = "Storm study".into();
    task.backend = Some(BackendId::from("pod-7.example"));
    task.permille = 704;
    task.ends_at = Some(Timestamp(NOW + 4_300));
    task.attempt = 2;
    task.attempts = vec![Attempt {
        number: 1,
        backend: Some(BackendId::from("pod-7.example")),
        started_at: Some(ago(130_000)),
        ended_at: ago(96_000),
        why: "it restarted while this ran".into(),
    }];
    task
}

/// Two run, three wait, one is paused.
pub fn evening() -> Vec<Task> {
    let mut file = waiting(12, "Wet rocks, close", 62);
    file.recipe = None;
    let mut next = waiting(13, "Poster set 3 of 12", 130);
    next.note = Some("Only 127.0.0.1:8188 has flux-dev.safetensors".into());
    let mut held = waiting(14, "Night train", 0);
    held.paused = true;
    held.starts_at = None;
    vec![done(1), running(8), second_attempt(9), waiting(11, "Harbour in fog", 17), file, next, held]
}
