//! The demo engine against the recordings of a real ComfyUI: same submissions, same events, same answers.
#![cfg(feature = "ssr")]

mod demo;
mod support;

use std::fmt::Debug;

use demo::{
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

/// What a recording leaves to chance, beyond what the canonical form takes away.
#[derive(Default, Clone, Copy)]
struct Except {
    /// Their numbers depend on who was quicker, or on submissions left out.
    statuses: bool,
    /// Requests whose answers do, by a part of their description, each with its reason beside it.
    answers: &'static [&'static str],
    sockets: &'static [&'static str],
}

fn compare((recorded, ours): &(Side, Side), except: Except) {
    for (sock, story) in &recorded.stories {
        if !except.sockets.contains(&sock.as_str()) {
            let whole = !recorded.dropped.contains(sock);
            compare_stories(sock, story, &ours.stories[sock], whole, whole && !except.statuses);
        }
    }
    assert_eq!(recorded.exchanges.len(), ours.exchanges.len());
    for (recorded, ours) in recorded.exchanges.iter().zip(&ours.exchanges) {
        // History follows execution_success by a moment: asked in between it is empty (fact 10).
        let early = |exchange: &Exchange| exchange.request.contains("/history/") && exchange.body == json!({});
        let excepted = except.answers.iter().any(|part| recorded.request.contains(part));
        if !excepted && early(recorded) == early(ours) {
            assert_eq!(recorded, ours);
        }
    }
}

/// Of a socket that was dropped only what both saw is compared.
fn compare_stories(sock: &str, recorded: &Story, ours: &Story, whole: bool, statuses: bool) {
    if statuses {
        assert_same(&format!("statuses of {sock}"), &recorded.statuses, &ours.statuses);
    }
    assert_same(&format!("others of {sock}"), &recorded.others, &ours.others);
    let ids = |story: &Story| story.prompts.keys().cloned().collect::<Vec<_>>();
    assert_eq!(ids(recorded), ids(ours), "prompts seen by {sock}");
    for (prompt, recorded) in &recorded.prompts {
        let ours = &ours.prompts[prompt];
        let seen = if whole { usize::MAX } else { recorded.len().min(ours.len()) };
        let first = |events: &[Value]| events[..seen.min(events.len())].to_vec();
        assert_same(&format!("{prompt} on {sock}"), &first(recorded), &first(ours));
    }
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
        // The pixels, and so their number, are others; asked at once, a job may already run or not.
        answers: &["/view", "GET /api/jobs", "GET /queue", "GET /prompt"],
        ..Except::default()
    };
    text_to_image_with_preview_metadata: "txt2img-preview-metadata" at 20.0, Except {
        answers: &["/view"],
        ..Except::default()
    };
    cached_reruns: "txt2img-rerun-cached" at 20.0, Except::default();
    rejected_prompts: "validation-error" at 20.0, Except {
        // Two bad outputs: which of them is blamed for what depends on the order of a Python set.
        answers: &["at 0.097256"],
        ..Except::default()
    };
    interrupts: "interrupt-mid-run" at 2.0, Except::default();
    queue_order_and_deletion: "queue-three-delete-one" at 2.0, Except::default();
    prompt_ids: "client-supplied-prompt-id" at 2.0, Except::default();
    other_clients: "other-clients-view" at 2.0, Except::default();
    no_client_id: "no-client-id" at 2.0, Except::default();
    zombie_sockets: "zombie-socket" at 5.0, Except::default();
    several_outputs: "multiple-outputs" at 20.0, Except {
        // The first submission, of videos and sounds, is left out, and with it its files.
        statuses: true,
        answers: &["/view"],
        ..Except::default()
    };
    preview_methods: "preview-method-none" at 20.0, Except::default();
    a_hundred_nodes: "large-workflow-100-nodes" at 1000.0, Except::default();
    errors: "execution-error" at 20.0, Except {
        // Two submissions are left out: a run-time cycle and an asynchronous error.
        statuses: true,
        answers: &["GET /api/jobs status=failed"],
        ..Except::default()
    };
    history_after_success: "history-race" at 1000.0, Except::default();
    reconnects: "ws-drop-and-reconnect-same-client" at 2.0, Except::default();
    lost_feature_flags: "ws-drop-reconnect-flags-lost" at 2.0, Except::default();
    reconnects_as_another: "ws-drop-reconnect-new-client" at 2.0, Except::default();
    odd_frames: "feature-flags-and-odd-frames" at 20.0, Except {
        // Closed before its first frame was read.
        sockets: &["J"],
        ..Except::default()
    };
}
