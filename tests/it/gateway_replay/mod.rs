//! The recordings of a real ComfyUI, repeated by clients of the gateway before the demo engine: same submissions, same messages, same answers. The judge is that
//! of the engine itself (`demo_replay.rs`), with the same exceptions; where the gateway does otherwise on purpose (`docs/compatibility.md`), the recording is
//! changed to exactly that first.

mod comes_back;
mod meant;

use meant::Meant;

use crate::{
    demo::replay::Replay,
    demo_replay::{Except, compare},
};

async fn judge(recording: &str, speed: f64, except: Except, meant: &[Meant]) {
    let sides = Replay::of(recording).speed(speed).through_gateway().instead(meant).run().await;
    compare(&sides, except);
}

macro_rules! replays {
    ($($name:ident: $recording:literal at $speed:literal, $except:expr $(, $meant:path)*;)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            crate::gateway_replay::judge($recording, $speed, $except, &[$($meant),*]).await;
        }
    )*};
}

replays! {
    text_to_image: "txt2img-20-steps" at 20.0, Except {
        answers: &["/view", "GET /api/jobs", "GET /queue", "GET /prompt"],
        ..Except::default()
    };
    text_to_image_with_preview_metadata: "txt2img-preview-metadata" at 20.0, Except { answers: &["/view"], ..Except::default() };
    cached_reruns: "txt2img-rerun-cached" at 20.0, Except::default();
    rejected_prompts: "validation-error" at 20.0, Except { answers: &["at 0.097256"], ..Except::default() },
        meant::an_editors_file_is_refused_with_words, meant::the_history_has_values_as_submitted;
    odd_prompt_ids: "client-supplied-prompt-id" at 20.0, Except::default(), meant::no_id_is_used_twice, meant::an_empty_id_is_none;
    several_outputs: "multiple-outputs" at 20.0, Except { left_out: true, answers: &["/view"], ..Except::default() };
    preview_methods: "preview-method-none" at 20.0, Except::default();
    a_hundred_nodes: "large-workflow-100-nodes" at 1000.0, Except::default();
    errors: "execution-error" at 20.0, Except { left_out: true, answers: &["GET /api/jobs status=failed"], ..Except::default() };
    history_after_success: "history-race" at 1000.0, Except::default();
    rest: "rest-endpoints" at 20.0, Except {
        answers: &[
            "/userdata", "/users", "/settings", "/i18n", "/workflow_templates", "/internal/", "/experiment/",
            "/view_metadata", "/extensions", "SaveVideo",
            "/system_stats",
            "GET /history max_items", "GET /api/jobs", "GET /object_info/LoadImage",
            "/view filename=rest_",
        ],
        ..Except::default()
    }, meant::another_sites_page_is_refused_with_words;
    odd_frames: "feature-flags-and-odd-frames" at 20.0, Except { sockets: &["J"], ..Except::default() };
}

/// Those in which something is done in the middle of a run.
mod in_time {
    use super::{Except, comes_back, meant};

    replays! {
        interrupts: "interrupt-mid-run" at 1.5, Except { statuses: true, ..Except::default() }, meant::an_interrupted_job_is_cancelled;
        queue_order_and_deletion: "queue-three-delete-one" at 1.5, Except { statuses: true, ..Except::default() },
            meant::the_queue_is_in_order;
        other_clients: "other-clients-view" at 1.5, Except { statuses: true, ..Except::default() };
        no_client_id: "no-client-id" at 1.5, Except { statuses: true, ..Except::default() };
        zombie_sockets: "zombie-socket" at 5.0, Except::default(), meant::all_sockets_of_a_client_hear;
        reconnects: "ws-drop-and-reconnect-same-client" at 1.0, Except::default(), comes_back::in_the_middle, comes_back::after_the_end;
        lost_feature_flags: "ws-drop-reconnect-flags-lost" at 1.0, Except::default(), comes_back::in_the_middle;
        reconnects_as_another: "ws-drop-reconnect-new-client" at 1.0, Except::default();
    }
}
