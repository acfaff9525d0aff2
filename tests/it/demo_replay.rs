//! The demo engine against the recordings of a real ComfyUI: same submissions, same events, same responses.

use std::fmt::Debug;

use crate::demo::{
    canon::Story,
    replay::{Exchange, Replay, Side},
};
use serde_json::{Value, json};

/// Fails at the first difference.
fn assert_same<T: PartialEq + Debug>(what: &str, recorded: &[T], ours: &[T]) {
    for at in 0..recorded.len().max(ours.len()) {
        let (recorded, ours) = (recorded.get(at), ours.get(at));
        assert!(recorded == ours, "{what}, number {at}:\nrecorded {recorded:?}\n    ours {ours:?}");
    }
}

/// Nondeterminism in a recording, beyond what the canonical form removes.
#[derive(Default, Clone, Copy)]
pub struct Except {
    /// With several submissions at once, a status may arrive before or after the worker takes the previous prompt: only their number and
    /// the last one are compared.
    pub statuses: bool,
    /// Submissions are left out, and with them their statuses.
    pub left_out: bool,
    /// Requests whose responses vary, by a part of their description, each with its reason beside it.
    pub answers: &'static [&'static str],
    pub sockets: &'static [&'static str],
}

pub fn compare((recorded, ours): &(Side, Side), except: Except) {
    for (sock, story) in &recorded.stories {
        if !except.sockets.contains(&sock.as_str()) {
            let whole = !recorded.dropped.contains(sock);
            compare_stories(sock, story, &ours.stories[sock], whole, except);
        }
    }
    assert_eq!(recorded.exchanges.len(), ours.exchanges.len());
    for (recorded, ours) in recorded.exchanges.iter().zip(&ours.exchanges) {
        // History follows execution_success with a delay: a request in between gets an empty one (fact 10).
        let early = |exchange: &Exchange| exchange.request.contains("/history/") && exchange.body == json!({});
        let excepted = except.answers.iter().any(|part| recorded.request.contains(part));
        if !excepted && early(recorded) == early(ours) {
            assert_eq!(recorded, ours);
        }
    }
}

/// For a dropped socket, compares only frames that both sides received, without ticks.
fn compare_stories(sock: &str, recorded: &Story, ours: &Story, whole: bool, except: Except) {
    if whole && !except.left_out {
        if except.statuses {
            let end = |story: &Story| (story.statuses.len(), story.statuses.last().cloned());
            assert_eq!(end(recorded), end(ours), "statuses of {sock}");
        } else {
            let what = format!("statuses of {sock}");
            assert_same(&what, &recorded.statuses, &ours.statuses);
        }
    }
    assert_same(&format!("others of {sock}"), &recorded.others, &ours.others);
    let ids = |story: &Story| story.prompts.keys().cloned().collect::<Vec<_>>();
    assert_eq!(ids(recorded), ids(ours), "prompts seen by {sock}");
    for (prompt, recorded) in &recorded.prompts {
        let ours = &ours.prompts[prompt];
        let what = format!("{prompt} on {sock}");
        if whole {
            assert_same(&what, recorded, ours);
        } else {
            let (recorded, ours) = (without_ticks(recorded), without_ticks(ours));
            let seen = recorded.len().min(ours.len());
            assert_same(&what, &recorded[..seen], &ours[..seen]);
        }
    }
}

fn without_ticks(events: &[Value]) -> Vec<Value> {
    let tick = |event: &Value| event["type"] == "preview" || event.to_string().contains('~');
    events.iter().filter(|event| !tick(event)).cloned().collect()
}

macro_rules! replays {
    ($($name:ident: $recording:literal at $speed:literal, $except:expr;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            let sides = Replay::of($recording).speed($speed).run().await;
            compare(&sides, $except);
        }
    )*};
}

replays! {
    text_to_image: "txt2img-20-steps" at 20.0, Except {
        // The pixels differ, and so does their number; right after submission, a job may already run or not.
        answers: &["/view", "GET /api/jobs", "GET /queue", "GET /prompt"],
        ..Except::default()
    };
    text_to_image_with_preview_metadata: "txt2img-preview-metadata" at 20.0, Except {
        answers: &["/view"],
        ..Except::default()
    };
    cached_reruns: "txt2img-rerun-cached" at 20.0, Except::default();
    rejected_prompts: "validation-error" at 20.0, Except {
        // Two bad outputs: which of them gets which error depends on the order of a Python set.
        answers: &["at 0.097256"],
        ..Except::default()
    };
    interrupts: "interrupt-mid-run" at 1.5, Except { statuses: true, ..Except::default() };
    queue_order_and_deletion: "queue-three-delete-one" at 1.5, Except { statuses: true, ..Except::default() };
    prompt_ids: "client-supplied-prompt-id" at 1.5, Except { statuses: true, ..Except::default() };
    other_clients: "other-clients-view" at 1.5, Except { statuses: true, ..Except::default() };
    no_client_id: "no-client-id" at 1.5, Except { statuses: true, ..Except::default() };
    zombie_sockets: "zombie-socket" at 5.0, Except::default();
    several_outputs: "multiple-outputs" at 20.0, Except {
        // The first submission, of videos and sounds, is left out together with its files.
        left_out: true,
        answers: &["/view"],
        ..Except::default()
    };
    preview_methods: "preview-method-none" at 20.0, Except::default();
    a_hundred_nodes: "large-workflow-100-nodes" at 1000.0, Except::default();
    errors: "execution-error" at 20.0, Except {
        // Two submissions are left out: a run-time cycle and an asynchronous error.
        left_out: true,
        answers: &["GET /api/jobs status=failed"],
        ..Except::default()
    };
    history_after_success: "history-race" at 1000.0, Except::default();
    rest: "rest-endpoints" at 20.0, Except {
        answers: &[
            // Not part of the engine: user data of the web client, logs, folders, model files.
            "/userdata", "/users", "/settings", "/i18n", "/workflow_templates", "/internal/", "/experiment/",
            "/view_metadata", "/extensions", "SaveVideo",
            // Names the server.
            "/system_stats",
            // These lists contain prompts of earlier recordings.
            "GET /history max_items", "GET /api/jobs", "GET /object_info/LoadImage",
            // The counters of these files continue from earlier recordings.
            "/view filename=rest_",
        ],
        ..Except::default()
    };
    reconnects: "ws-drop-and-reconnect-same-client" at 1.0, Except::default();
    lost_feature_flags: "ws-drop-reconnect-flags-lost" at 1.0, Except::default();
    reconnects_as_another: "ws-drop-reconnect-new-client" at 1.0, Except::default();
    odd_frames: "feature-flags-and-odd-frames" at 20.0, Except {
        // Closed before its first frame was read.
        sockets: &["J"],
        ..Except::default()
    };
}

/// Fact 46: same bytes keep the name, other bytes get another, paths are refused.
#[tokio::test]
async fn uploads_of_other_bytes_get_another_name() {
    let engine = crate::demo::engine::Engine::start(1000.0).await;
    let http = reqwest::Client::new();
    let url = format!("http://{}/api/upload/image", engine.address);
    let send = async |name: &str, bytes: &[u8]| {
        let part = reqwest::multipart::Part::bytes(bytes.to_vec()).file_name(name.to_owned());
        let form = reqwest::multipart::Form::new().part("image", part);
        let answer = http.post(&url).multipart(form).send().await.expect("an answer");
        let status = answer.status().as_u16();
        let body: Value = serde_json::from_str(&answer.text().await.expect("text")).unwrap_or_default();
        (status, body["name"].as_str().map(str::to_owned))
    };
    assert_eq!(send("photo.png", b"one").await, (200, Some("photo.png".to_owned())));
    assert_eq!(send("photo.png", b"one").await, (200, Some("photo.png".to_owned())));
    assert_eq!(send("photo.png", b"two").await, (200, Some("photo (1).png".to_owned())));
    assert_eq!(send("../evil.png", b"one").await, (400, None));
    engine.stop().await;
}
