//! A ComfyUI behind a proxy that wants a user, a header and a query, with a certificate of its own. Fault row 38.

use std::{fs, process::Command};

use darkroom::client::{ClientError, Options};
use tokio::task::spawn_blocking;

use super::watched::{FAST, picture, run};
use crate::support::{
    faults::FaultyEngine,
    front::{Front, SECRETS},
    link::brisk_link,
    tls::TlsFront,
};

#[tokio::test]
async fn credentials_and_a_private_ca_are_used_and_missing_ones_are_named() {
    let engine = FaultyEngine::start(FAST).await;
    let front = Front::wanting_everything(engine.addr).await;
    let tls = TlsFront::with_private_ca(front.addr()).await;
    let url = format!("https://{}/?token=a%2Bb", tls.addr);
    let options =
        || Options::comfyui(&url).unwrap().link(brisk_link()).header("X-API-Key", "hush-hush").unwrap().ca_file(&tls.ca_file).unwrap();
    assert!(!format!("{:?} {}", options(), options().url()).contains("a%2Bb"));
    engine.hold_at_step("KSampler", 3).await;
    let mut ours = run(picture(1), options().user("me", "pass word").unwrap());
    // Only the socket reports steps.
    ours.until_step(3).await;
    engine.held().await;
    engine.release().await;
    let (ended, _) = ours.end().await;
    let outcome = ended.unwrap();
    assert!(outcome.outputs[0].bytes().await.unwrap().len() > 100);
    let ClientError::Usage(why) = run(picture(1), options()).failed().await else { panic!("failed otherwise") };
    assert!(why.contains("does not let us in") && !why.contains("a%2Bb"), "{why}");
}

/// The command line: the password from the environment, a header from a file.
#[tokio::test]
async fn the_command_takes_secrets_from_files_and_the_environment_and_prints_none() {
    let engine = FaultyEngine::start(FAST).await;
    let front = Front::wanting_everything(engine.addr).await;
    let tls = TlsFront::self_signed(front.addr()).await;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("workflow.json"), serde_json::to_string(&picture(1)).unwrap()).unwrap();
    fs::write(folder.path().join("headers"), "X-API-Key: hush-hush\nX-Other: 1\n").unwrap();
    let run = async |password: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_darkroom"));
        // The developer's environment must not configure this process.
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("DARKROOM_")) {
            command.env_remove(name);
        }
        command.args(["run", "workflow.json", "--user", "me", "--header", "@headers", "--ca-file"]).arg(&tls.ca_file);
        command.args(["--comfyui", &format!("https://{}/?token=a%2Bb", tls.addr)]).current_dir(folder.path());
        command.env("XDG_CACHE_HOME", folder.path()).env("DARKROOM_PASSWORD", password).env("RUST_LOG", "trace");
        let ran = spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        for secret in SECRETS {
            assert!(!said.contains(secret), "{secret}: {said}");
        }
        (ran.status.code(), said)
    };
    let (code, said) = run("pass word").await;
    assert_eq!(code, Some(0), "{said}");
    assert!(folder.path().join("darkroom_00001_.png").exists(), "{said}");
    let (code, said) = run("another").await;
    assert!(code == Some(2) && said.contains("does not let us in"), "{code:?} {said}");
}
