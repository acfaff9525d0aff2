//! `darkroom run` as a separate process: its output and exit codes.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::spawn_blocking;

use super::watched::{FAST, failing, loading, nodes, picture, png};
use crate::support::faults::{Ending, Fault, FaultyEngine};

/// A folder with a workflow in it, and an engine.
struct Desk {
    engine: FaultyEngine,
    folder: TempDir,
}

impl Desk {
    async fn new(workflow: &proto::comfy::Workflow) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("workflow.json"), serde_json::to_string(workflow).unwrap()).unwrap();
        Self { engine: FaultyEngine::start(FAST).await, folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        command(self.path(), self.engine.addr, arguments)
    }

    async fn run(&self, arguments: &[&str]) -> Ran {
        ended(self.command(arguments).spawn().unwrap()).await
    }
}

fn command(folder: &Path, comfyui: SocketAddr, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_darkroom"));
    // The developer's environment must not configure this process.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("DARKROOM_") || name == "RUST_LOG") {
        command.env_remove(name);
    }
    command.arg("run").args(arguments).args(["--comfyui", &format!("http://{comfyui}")]).current_dir(folder);
    command.env("XDG_CACHE_HOME", folder.join("cache"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

/// Waits for its exit. The output must not contain cursor or colour sequences.
async fn ended(child: Child) -> Ran {
    let Output { status, stdout, stderr } = spawn_blocking(|| child.wait_with_output().unwrap()).await.unwrap();
    let ran = Ran { code: status.code(), out: String::from_utf8(stdout).unwrap(), err: String::from_utf8(stderr).unwrap() };
    for text in [&ran.out, &ran.err] {
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{ran:?}");
    }
    ran
}

impl Ran {
    fn events(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"))).collect()
    }
}

/// Sends a signal, as a user at the keyboard or a supervisor would.
fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap().success());
}

#[tokio::test]
async fn in_a_pipe_standard_output_has_only_the_paths_of_outputs() {
    let desk = Desk::new(&picture(1)).await;
    let ran = desk.run(&["workflow.json", "-o", "new/out"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), "new/out/darkroom_00001_.png\n"), "{ran:?}");
    assert!(image::open(desk.path().join(ran.out.trim())).is_ok());
    for said in [
        "Connected over WebSocket.",
        "Queued (",
        "Sampling image, step",
        "· Sample (node 3)",
        "Done in ",
        "saved new/out/darkroom_00001_.png  ",
    ] {
        assert!(ran.err.contains(said), "{said:?} is not in {}", ran.err);
    }
    let again = desk.run(&["workflow.json", "--set", "Sample.seed=2", "-o", "new/out"]).await;
    assert_eq!(again.out, "new/out/darkroom_00002_.png\n");
}

#[tokio::test]
async fn with_json_standard_output_is_events_and_standard_error_is_silent() {
    let desk = Desk::new(&picture(1)).await;
    let ran = desk.run(&["workflow.json", "--json"]).await;
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
    let events = ran.events();
    let kinds: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"connection") && kinds.contains(&"queued") && kinds.ends_with(&["completed"]), "{kinds:?}");
    let progress = events.iter().find(|event| event["progress"]["currentStep"] == "Sampling image, step 3 of 6").unwrap();
    assert_eq!(progress["event"], "progress");
    assert_eq!(progress["status"], "in-progress");
    assert_eq!(progress["progress"]["currentValue"], 3);
    assert_eq!(progress["progress"]["maxValue"], 6);
    assert!((0.0..100.0).contains(&progress["progress"]["percentage"].as_f64().unwrap()));
    let done = events.last().unwrap();
    assert_eq!(done["status"], "completed");
    assert_eq!(done["progress"]["percentage"], 100);
    let file = &done["files"][0];
    assert_eq!(file["path"], "./darkroom_00001_.png");
    assert_eq!(file["node"], "9");
    assert_eq!(file["type"], "output");
    assert_eq!(file["bytes"], fs::metadata(desk.path().join("darkroom_00001_.png")).unwrap().len());
    let task = done["taskId"].as_str().unwrap();
    for event in &events {
        let at = event["timestamp"].as_str().unwrap();
        assert!(at.len() == 24 && at.ends_with('Z'), "{at}");
        assert!(event["event"] == "connection" || event["taskId"] == task, "{event}");
    }
}

#[tokio::test]
async fn a_failed_node_and_a_refusal_exit_with_1() {
    let desk = Desk::new(&nodes(failing())).await;
    let ran = desk.run(&["workflow.json"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    for said in ["node 3 \"The bad one\" (TestSyncError)", "Intentional", "Traceback"] {
        assert!(ran.err.contains(said), "{said:?} is not in {}", ran.err);
    }
    let ran = desk.run(&["workflow.json", "--json"]).await;
    let failed = ran.events().pop().unwrap();
    assert_eq!(ran.code, Some(1));
    assert_eq!(failed["reason"], "node");
    assert_eq!(failed["error"]["details"]["node"], "3");
    let ran = desk.run(&["workflow.json", "--set", "1.width=-5"]).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains("node 1 (StubConstantImage), input width: "), "{}", ran.err);
}

#[tokio::test]
async fn usage_errors_exit_with_2_and_nothing_is_sent() {
    let desk = Desk::new(&nodes(loading())).await;
    fs::write(desk.path().join("editor.json"), r#"{"nodes": [], "links": []}"#).unwrap();
    fs::write(desk.path().join("file"), "x").unwrap();
    let cases: [(&[&str], &str); 11] = [
        (&[], "WORKFLOW"),
        (&["nowhere.json"], "nowhere.json cannot be read"),
        (&["editor.json"], "editor.json: Nothing of this workflow runs"),
        (&["file"], "not JSON"),
        (&["workflow.json", "--set", "9.seed=1"], "1 \"Load Image\" (LoadImage)"),
        (&["workflow.json", "--set", "1.sed=1"], "image = \"nothing.png\""),
        (&["workflow.json", "--set", "1"], "NODE.INPUT"),
        (&["workflow.json", "--upload", "1.image=gone.png"], "gone.png cannot be uploaded"),
        (&["workflow.json", "--timeout", "soon"], "90s"),
        (&["workflow.json", "-o", "file"], "file cannot take files"),
        (&["workflow.json", "--server", "http://x"], "--comfyui"),
    ];
    for (arguments, said) in cases {
        let ran = desk.run(arguments).await;
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{arguments:?}: {ran:?}");
        assert!(ran.err.contains(said), "{said:?} is not in {}", ran.err);
    }
    assert_eq!(desk.engine.executions().await, []);
}

#[tokio::test]
async fn a_file_of_the_editor_is_converted_with_the_node_classes_of_that_comfyui() {
    let desk = Desk::new(&nodes(loading())).await;
    let link = |id: u32| json!([{"name": "images", "type": "IMAGE", "link": id}]);
    let file = json!({"links": [[1, 1, 0, 2, 0, "IMAGE"]], "nodes": [
        {"id": 1, "type": "EmptyImage", "widgets_values": [64, 8, 1, 255]},
        {"id": 2, "type": "SaveImage", "inputs": link(1), "widgets_values": ["edited"]},
        {"id": 3, "type": "SaveImage", "mode": 2, "title": "Not this"},
    ]});
    fs::write(desk.path().join("editor.json"), file.to_string()).unwrap();
    let ran = desk.run(&["editor.json", "--set", "1.width=32"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), "./edited_00001_.png\n"), "{ran:?}");
    assert!(ran.err.contains("Left out, because they are muted: Not this (3)"), "{}", ran.err);
}

#[tokio::test]
async fn values_that_are_set_get_the_type_of_the_file_or_of_comfyui() {
    let desk = Desk::new(&picture(1)).await;
    let arguments =
        ["workflow.json", "--set", "Prompt.text=2024", "--set", "3.steps=3", "--set", "3.cfg=6.5", "--set", "9.filename_prefix=true"];
    let ran = desk.run(&arguments).await;
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), "./true_00001_.png\n"), "{ran:?}");
    for (set, wanted) in [("3.seed=abc", "takes a whole number"), ("3.steps=1.5", "takes a whole number"), ("3.cfg=much", "takes a number")]
    {
        let ran = desk.run(&["workflow.json", "--set", set]).await;
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{set}: {ran:?}");
        for said in ["Node 3 \"Sample\" (KSampler)", wanted] {
            assert!(ran.err.contains(said), "{said:?} is not in {}", ran.err);
        }
    }
    assert_eq!(desk.engine.executions().await.len(), 1);
}

#[tokio::test]
async fn a_wrapped_workflow_file_runs_and_notes_are_shown() {
    let desk = Desk::new(&picture(1)).await;
    let text = fs::read_to_string(desk.path().join("workflow.json")).unwrap();
    let text = text.replacen("\"class_type\"", "\"is_changed\":[NaN],\"class_type\"", 1);
    let utf16: Vec<u8> = [0xfeff].into_iter().chain(format!("{{\"prompt\":{text}}}").encode_utf16()).flat_map(u16::to_le_bytes).collect();
    fs::write(desk.path().join("windows.json"), utf16).unwrap();
    let ran = desk.run(&["windows.json"]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.err.contains("“is_changed” of 1 node"), "{}", ran.err);
    fs::write(desk.path().join("page.json"), "<html><body>502</body></html>").unwrap();
    fs::write(desk.path().join("empty.json"), "").unwrap();
    for (file, said) in [("page.json", "page.json: This is a web page"), ("empty.json", "empty.json: This file is empty")] {
        let ran = desk.run(&[file]).await;
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.err.contains(said), "{said:?} is not in {}", ran.err);
    }
}

#[tokio::test]
async fn an_unreachable_server_exits_with_3() {
    let desk = Desk::new(&picture(1)).await;
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let ran = ended(command(desk.path(), closed, &["workflow.json"]).spawn().unwrap()).await;
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.err.contains("refused"), "{}", ran.err);
    let ran = ended(command(desk.path(), closed, &["workflow.json", "--json"]).spawn().unwrap()).await;
    assert_eq!(ran.code, Some(3));
    assert_eq!(ran.events().pop().unwrap()["reason"], "unreachable");
}

/// Runs until it is held at a step, and returns the output so far.
async fn held(desk: &Desk, arguments: &[&str]) -> Child {
    desk.engine.hold_at_step("KSampler", 3).await;
    let child = desk.command(arguments).spawn().unwrap();
    desk.engine.held().await;
    child
}

#[tokio::test]
async fn ctrl_c_cancels_the_run_and_exits_with_130() {
    for name in ["INT", "TERM"] {
        let desk = Desk::new(&picture(1)).await;
        let child = held(&desk, &["workflow.json"]).await;
        signal(&child, name);
        let ran = ended(child).await;
        assert_eq!((ran.code, ran.out.as_str()), (Some(130), ""), "{ran:?}");
        assert!(ran.err.ends_with("darkroom: Cancelled.\n"), "{}", ran.err);
        let ended = desk.engine.until_executions(|all| all.iter().all(|one| one.outcome.is_some())).await;
        assert_eq!(ended[0].outcome, Some(Ending::Interrupted));
        let left: Vec<_> = fs::read_dir(desk.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(left.iter().all(|name| name == "workflow.json" || name == "cache"), "{left:?}");
    }
}

#[tokio::test]
async fn a_second_ctrl_c_exits_at_once() {
    let desk = Desk::new(&picture(1)).await;
    let mut child = held(&desk, &["workflow.json"]).await;
    // ComfyUI does not answer the cancel request.
    desk.engine.fault(Fault::Http { route: "POST /".into(), answer: crate::support::faults::Answer::Hang }.always()).await;
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    signal(&child, "INT");
    let lines = spawn_blocking(move || {
        let found = lines.by_ref().any(|line| line.unwrap().starts_with("Cancelling ("));
        assert!(found);
        lines
    });
    let _lines = lines.await.unwrap();
    signal(&child, "INT");
    assert_eq!(ended(child).await.code, Some(130));
    assert_eq!(desk.engine.executions().await[0].outcome, None, "it runs on");
}

#[tokio::test]
async fn a_timeout_cancels_the_run_and_exits_with_1() {
    let desk = Desk::new(&picture(1)).await;
    let child = held(&desk, &["workflow.json", "--timeout", "5s", "--json"]).await;
    let ran = ended(child).await;
    assert_eq!(ran.code, Some(1));
    assert_eq!(ran.events().pop().unwrap()["reason"], "timeout");
    assert!(ran.err.contains("longer than 5s, and was cancelled"), "{}", ran.err);
}

#[tokio::test]
async fn a_workflow_is_read_from_standard_input_and_a_file_is_uploaded_to_an_input() {
    let desk = Desk::new(&nodes(loading())).await;
    let picture: PathBuf = png(desk.path(), "portrait.png", 40);
    let arguments = ["-", "--upload", "Load Image.image=portrait.png", "--output", "out"];
    let mut child = desk.command(&arguments).stdin(Stdio::piped()).spawn().unwrap();
    let text = fs::read(desk.path().join("workflow.json")).unwrap();
    child.stdin.take().unwrap().write_all(&text).unwrap();
    let ran = ended(child).await;
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), "out/loaded_00001_.png\n"), "{ran:?}");
    assert_eq!(image::open(desk.path().join("out/loaded_00001_.png")).unwrap(), image::open(picture).unwrap());
}

#[tokio::test]
async fn outputs_are_saved_although_standard_output_is_closed() {
    let desk = Desk::new(&picture(1)).await;
    let mut child = desk.command(&["workflow.json", "--json"]).spawn().unwrap();
    drop(child.stdout.take());
    let mut err = String::new();
    let mut stderr = child.stderr.take().unwrap();
    let ran = spawn_blocking(move || {
        stderr.read_to_string(&mut err).unwrap();
        (child.wait().unwrap().code(), err)
    });
    assert_eq!(ran.await.unwrap(), (Some(0), String::new()));
    assert!(desk.path().join("darkroom_00001_.png").exists());
}

#[tokio::test]
async fn help_lists_the_exit_codes() {
    let desk = Desk::new(&picture(1)).await;
    let ran = desk.run(&["--help"]).await;
    assert_eq!(ran.code, Some(0));
    for said in ["Exit codes:", "130  interrupted", "Examples:", "--give-up-after"] {
        assert!(ran.out.contains(said), "{said:?} is not in {}", ran.out);
    }
}
