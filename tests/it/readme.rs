//! The commands in README, checked exactly as printed.

use std::process::Command;

use crate::support::process;

const README: &str = include_str!("../../README.md");

/// The first shell lines under a heading.
fn shell(heading: &str) -> &'static str {
    let (_, section) = README.split_once(&format!("\n## {heading}\n")).expect("the heading");
    let (_, block) = section.split_once("```sh\n").expect("shell lines");
    block.split_once("```").expect("an end").0
}

#[tokio::test]
async fn the_commands_of_the_readme_work() {
    let folder = tempfile::tempdir().unwrap();
    let darkroom = process::darkroom(folder.path(), &[], "").await;
    let lines = shell("For programs");
    assert!(lines.contains("localhost:3000"));
    let lines = lines.replace("localhost:3000", &darkroom.addr.to_string());
    let mut paste = Command::new("bash");
    paste.args(["-euc", &lines]).current_dir(folder.path());
    let ran = tokio::task::spawn_blocking(move || paste.output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{said} {}", String::from_utf8_lossy(&ran.stderr));
    let (events, task) = said.split_once("\n\n{").expect("the task after its events");
    assert!(events.contains(r#""status":"in-progress""#) && events.contains(r#""status":"completed""#), "{events}");
    assert!(task.contains(r#""status":"completed""#) || task.contains(r#""status": "completed""#), "{task}");
    let picture = image::open(folder.path().join("picture.png")).unwrap();
    assert_eq!((picture.width(), picture.height()), (512, 512));
}
