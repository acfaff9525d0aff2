//! The demo engine against the recordings of a real ComfyUI: same submissions, same events, same answers.
#![cfg(feature = "ssr")]

mod demo;
mod support;

use demo::replay::{Exchange, Replay, Side};
use pretty::assert_same;
use serde_json::{Value, json};

mod pretty {
    use std::fmt::Debug;

    /// Fails at the first difference, with what is around it.
    pub fn assert_same<T: PartialEq + Debug>(what: &str, recorded: &[T], ours: &[T]) {
        for at in 0..recorded.len().max(ours.len()) {
            assert!(
                recorded.get(at) == ours.get(at),
                "{what}, number {at}:\nrecorded {:?}\n    ours {:?}\nbefore {:?}",
                recorded.get(at),
                ours.get(at),
                recorded.get(at.saturating_sub(1)),
            );
        }
    }
}

/// What a recording leaves to chance, beyond what the canonical form takes away.
#[derive(Default, Clone, Copy)]
struct Except {
    /// Their numbers depend on who was quicker, or on submissions left out.
    statuses: bool,
    /// Requests whose answers do, by a part of their description, each with its reason beside it.
    answers: &'static [&'static str],
}

fn compare((recorded, ours): &(Side, Side), except: Except) {
    for (sock, recorded) in &recorded.stories {
        let ours = &ours.stories[sock];
        if !except.statuses {
            assert_same(&format!("statuses of {sock}"), &recorded.statuses, &ours.statuses);
        }
        assert_same(&format!("others of {sock}"), &recorded.others, &ours.others);
        assert_eq!(recorded.prompts.keys().collect::<Vec<_>>(), ours.prompts.keys().collect::<Vec<_>>(), "prompts seen by {sock}");
        for (prompt, events) in &recorded.prompts {
            assert_same(&format!("{prompt} on {sock}"), events, &ours.prompts[prompt]);
        }
    }
    assert_eq!(recorded.exchanges.len(), ours.exchanges.len());
    for (recorded, ours) in recorded.exchanges.iter().zip(&ours.exchanges) {
        if except.answers.iter().any(|part| recorded.request.contains(part)) {
            continue;
        }
        // History follows execution_success by a moment: asked in between it is empty (fact 10).
        let early = |exchange: &Exchange| exchange.request.contains("/history/") && exchange.body == json!({});
        if early(recorded) != early(ours) {
            continue;
        }
        assert_eq!(recorded, ours);
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
    rejected_prompts: "validation-error" at 20.0, Except::default();
    interrupts: "interrupt-mid-run" at 2.0, Except::default();
    queue_order_and_deletion: "queue-three-delete-one" at 2.0, Except::default();
    prompt_ids: "client-supplied-prompt-id" at 2.0, Except::default();
    other_clients: "other-clients-view" at 2.0, Except::default();
    no_client_id: "no-client-id" at 2.0, Except::default();
    zombie_sockets: "zombie-socket" at 5.0, Except::default();
    several_outputs: "multiple-outputs" at 20.0, Except { statuses: true, ..Except::default() };
    preview_methods: "preview-method-none" at 20.0, Except::default();
    a_hundred_nodes: "large-workflow-100-nodes" at 1000.0, Except::default();
    errors: "execution-error" at 20.0, Except { statuses: true, ..Except::default() };
    history_after_success: "history-race" at 1000.0, Except::default();
    reconnects: "ws-drop-and-reconnect-same-client" at 2.0, Except::default();
    lost_feature_flags: "ws-drop-reconnect-flags-lost" at 2.0, Except::default();
    reconnects_as_another: "ws-drop-reconnect-new-client" at 2.0, Except::default();
    odd_frames: "feature-flags-and-odd-frames" at 20.0, Except::default();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cached_reruns() {
    let replay = Replay::of("txt2img-rerun-cached").speed(20.0);
    // The recording began with loader and texts in the cache.
    let mut before: Value = replay.submission(0);
    before["prompt"]["3"]["inputs"]["seed"] = json!(1);
    let sides = replay.after(before).run().await;
    compare(&sides, Except::default());
}
