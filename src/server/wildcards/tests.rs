use std::fs;

use super::*;
use proto::prompts::{PromptTemplate, resolve};

fn name(text: &str) -> proto::prompts::WildcardName {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_wildcard_is_written_listed_read_and_removed_with_its_empty_folders() {
    let data = tempfile::tempdir().unwrap();
    let folder = WildcardFolder::new(data.path());
    assert_eq!(folder.list().await.unwrap(), [], "without a folder there are none");
    let first = folder.write(name("animals/wild/cats"), "lion\ntiger\n".into(), None).await.unwrap();
    folder.write(name("colours"), "red".into(), None).await.unwrap();
    let names: Vec<String> = folder.list().await.unwrap().into_iter().map(|file| file.name).collect();
    assert_eq!(names, ["animals/wild/cats", "colours"]);
    assert_eq!(folder.read(name("animals/wild/cats")).await.unwrap(), first);
    assert_eq!(first.text, "lion\ntiger\n");
    folder.remove(name("animals/wild/cats")).await.unwrap();
    assert!(!data.path().join("wildcards/animals").exists(), "the folders were empty");
    assert!(matches!(folder.remove(name("animals/wild/cats")).await, Err(WildcardError::Unknown(_))));
}

#[tokio::test]
async fn a_text_that_was_changed_meanwhile_is_not_overwritten() {
    let data = tempfile::tempdir().unwrap();
    let folder = WildcardFolder::new(data.path());
    let one = folder.write(name("a"), "1".into(), None).await.unwrap();
    assert!(matches!(folder.write(name("a"), "2".into(), None).await, Err(WildcardError::Conflict(_))), "it is there already");
    let two = folder.write(name("a"), "2".into(), Some(one.revision.clone())).await.unwrap();
    assert!(matches!(folder.write(name("a"), "3".into(), Some(one.revision)).await, Err(WildcardError::Conflict(_))));
    assert_eq!(folder.read(name("a")).await.unwrap(), two);
    folder.remove(name("a")).await.unwrap();
    assert!(matches!(folder.write(name("a"), "3".into(), Some(two.revision)).await, Err(WildcardError::Unknown(_))), "it was removed");
}

#[tokio::test]
async fn only_the_wildcards_that_a_prompt_needs_are_read() {
    let data = tempfile::tempdir().unwrap();
    let root = data.path().join("wildcards");
    fs::create_dir_all(root.join("animals")).unwrap();
    fs::write(root.join("animals/dogs.txt"), "# none\n\na __size__ dog\n").unwrap();
    fs::write(root.join("size.txt"), b"\xef\xbb\xbfsmall").unwrap();
    fs::write(root.join("other.txt"), "x").unwrap();
    fs::write(root.join(".hidden.txt"), "x").unwrap();
    fs::write(root.join("notes.md"), "x").unwrap();
    let folder = WildcardFolder::new(data.path());
    let text = "__animals/*__ at night";
    let wildcards = folder.for_templates(vec![text.into()]).await.unwrap();
    assert_eq!(wildcards.read().collect::<Vec<_>>(), ["animals/dogs", "size"]);
    assert_eq!(resolve(text, &PromptTemplate::parse(text).unwrap(), &wildcards, 1).unwrap(), "a small dog at night");
    let names: Vec<String> = folder.list().await.unwrap().into_iter().map(|file| file.name).collect();
    assert_eq!(names, ["animals/dogs", "other", "size"]);
}

#[tokio::test]
async fn a_text_that_is_no_template_is_refused_with_its_line() {
    let data = tempfile::tempdir().unwrap();
    let folder = WildcardFolder::new(data.path());
    let error = folder.write(name("a"), "fine\n{3-1$$a|b}".into(), None).await.unwrap_err().to_string();
    assert!(error.starts_with("In the wildcard \"a\", line 2: "), "{error}");
    assert_eq!(folder.list().await.unwrap(), []);
}
