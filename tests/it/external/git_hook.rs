//! The hook that reports commits and pushes, with a real git and a real curl.

use std::{path::Path, process::Command};

use rusqlite::Connection;
use serde_json::Value;

use super::Studio;
use crate::support::access::{Guarded, TOKEN};

/// Runs git; returns what it says on standard error.
fn git(folder: &Path, words: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(words).current_dir(folder).env("HOME", folder).env("GIT_CONFIG_NOSYSTEM", "1");
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("DARKROOM_") || name.starts_with("GIT_")) {
        command.env_remove(name);
    }
    let output = command.output().expect("git");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{words:?}: {said}");
    said
}

/// A repository with the hook in it, and another one that it is pushed to.
fn repository(folder: &Path, url: &str) {
    git(folder, &["init", "--quiet", "--bare", "far.git"]);
    git(folder, &["init", "--quiet", "-b", "main", "film"]);
    let film = folder.join("film");
    let hook = Path::new(env!("CARGO_MANIFEST_DIR")).join("client/darkroom-git-hook.sh");
    for name in ["post-commit", "pre-push", "post-merge"] {
        std::fs::copy(&hook, film.join(".git/hooks").join(name)).unwrap();
    }
    for (key, value) in [("user.name", "A \"B\" C"), ("user.email", "a@example.com"), ("darkroom.url", url), ("darkroom.project", "film")] {
        git(&film, &["config", key, value]);
    }
    git(&film, &["remote", "add", "origin", "../far.git"]);
}

/// The events that a Darkroom keeps.
fn kept(data: &Path) -> Vec<Value> {
    let connection = Connection::open(data.join("darkroom.db")).unwrap();
    let mut statement = connection.prepare("SELECT event FROM external_events ORDER BY seq").unwrap();
    let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    rows.map(|json| serde_json::from_str(&json.unwrap()).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn commits_and_pushes_are_reported() {
    let studio = Studio::start(None).await;
    let folder = tempfile::tempdir().unwrap();
    repository(folder.path(), &format!("http://{}/", studio.darkroom.addr));
    let film = folder.path().join("film");
    let said = git(&film, &["commit", "--quiet", "--allow-empty", "-m", "Cut 2: \"the\" \\ end\n\nwith a second line"]);
    assert!(!said.contains("darkroom:"), "{said}");
    let said = git(&film, &["push", "--quiet", "origin", "main", "main:other"]);
    assert!(!said.contains("darkroom:"), "{said}");
    let events = kept(&studio.folder.path().join("data"));
    let kinds: Vec<&str> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["git.commit", "git.push", "git.push"]);
    let commit = &events[0];
    assert_eq!(commit["source"], "/git/film");
    assert_eq!((commit["data"]["ref"].as_str(), commit["data"]["project_id"].as_str()), (Some("main"), Some("film")));
    assert_eq!(commit["data"]["message"], "Cut 2: \"the\" \\ end  with a second line");
    assert_eq!((&commit["data"]["author"], &commit["data"]["commit"]), (&Value::from("A \"B\" C"), &commit["id"]));
    let refs: Vec<&str> = events[1..].iter().map(|event| event["data"]["ref"].as_str().unwrap()).collect();
    assert_eq!(refs, ["refs/heads/main", "refs/heads/other"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn git_goes_on_without_darkroom_and_with_a_token() {
    let folder = tempfile::tempdir().unwrap();
    repository(folder.path(), "http://127.0.0.1:9");
    let film = folder.path().join("film");
    assert!(git(&film, &["commit", "--quiet", "--allow-empty", "-m", "one"]).contains("not reported"));
    let guarded = Guarded::start().await;
    git(&film, &["config", "darkroom.url", &format!("http://{}", guarded.addr())]);
    assert!(git(&film, &["commit", "--quiet", "--allow-empty", "-m", "two"]).contains("not reported"), "without its token");
    let token = folder.path().join("token");
    std::fs::write(&token, format!("{TOKEN}\n")).unwrap();
    git(&film, &["config", "darkroom.tokenFile", token.to_str().unwrap()]);
    let said = git(&film, &["commit", "--quiet", "--allow-empty", "-m", "three"]);
    assert!(!said.contains("darkroom:"), "{said}");
    git(&film, &["config", "--unset", "darkroom.url"]);
    assert!(git(&film, &["commit", "--quiet", "--allow-empty", "-m", "four"]).contains("git config darkroom.url"));
}
