//! Saved workflows, their versions, and changes by several people.

use super::*;
use proto::ids::WorkflowId;

fn content(workflow: &str) -> NewVersion {
    NewVersion { workflow: workflow.into(), source: None, form: "{}".into() }
}

fn id(number: u128) -> WorkflowId {
    WorkflowId(Uuid::from_u128(number))
}

async fn save(store: &Store, number: u128, name: &str, at: u64) -> SavedWorkflowHead {
    store.save_workflow(id(number), name.into(), content("one"), Timestamp(at)).await.unwrap().unwrap()
}

#[tokio::test]
async fn each_version_stays_with_its_form_and_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    save(&store, 1, "Portrait", 10).await;
    let form = WorkflowChange { form: Some("pinned".into()), ..WorkflowChange::default() };
    let WorkflowChanged::Done(head) = store.change_workflow(id(1), 1, form, Timestamp(20)).await.unwrap() else { panic!("not changed") };
    assert_eq!(head.revision, 2);
    assert_eq!(head.version, 1, "the workflow itself is the same");
    let source = NewVersion { source: Some("editor".into()), form: "carried".into(), ..content("two") };
    let version = WorkflowChange { name: Some("Portraits".into()), version: Some(source.clone()), ..WorkflowChange::default() };
    assert!(matches!(store.change_workflow(id(1), 2, version, Timestamp(30)).await.unwrap(), WorkflowChanged::Done(_)));
    store.close().await;
    let (store, _) = open(folder.path());
    let newest = store.saved_workflow(id(1), None).await.unwrap().unwrap();
    let head = SavedWorkflowHead {
        id: id(1),
        name: "Portraits".into(),
        version: 2,
        revision: 3,
        created_at: Timestamp(10),
        changed_at: Timestamp(30),
    };
    assert_eq!(newest, SavedWorkflow { head, version: 2, content: source });
    let first = store.saved_workflow(id(1), Some(1)).await.unwrap().unwrap();
    assert_eq!(first.content, NewVersion { form: "pinned".into(), ..content("one") });
    assert_eq!(store.workflow_versions(id(1)).await.unwrap(), [(2, Timestamp(30)), (1, Timestamp(10))]);
    assert_eq!(store.saved_workflow(id(1), Some(3)).await.unwrap(), None);
}

#[tokio::test]
async fn a_change_of_what_somebody_else_changed_is_a_conflict() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    save(&store, 1, "Portrait", 10).await;
    let rename = |name: &str| WorkflowChange { name: Some(name.into()), ..WorkflowChange::default() };
    let WorkflowChanged::Done(theirs) = store.change_workflow(id(1), 1, rename("Theirs"), Timestamp(20)).await.unwrap() else {
        panic!("not changed")
    };
    assert_eq!(store.change_workflow(id(1), 1, rename("Mine"), Timestamp(21)).await.unwrap(), WorkflowChanged::Conflict(theirs.clone()));
    assert_eq!(store.saved_workflows().await.unwrap(), [theirs]);
    assert_eq!(store.change_workflow(id(2), 1, rename("Nobody's"), Timestamp(22)).await.unwrap(), WorkflowChanged::Unknown);
}

#[tokio::test]
async fn the_list_begins_with_what_was_changed_last_and_what_is_removed_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let one = save(&store, 1, "First", 10).await;
    let two = save(&store, 2, "Second", 20).await;
    assert_eq!(store.saved_workflows().await.unwrap(), [two, one.clone()]);
    assert!(store.remove_workflow(id(2)).await.unwrap());
    assert!(!store.remove_workflow(id(2)).await.unwrap());
    assert_eq!(store.saved_workflows().await.unwrap(), [one]);
    let versions: u32 =
        other_connection(folder.path()).query_row("SELECT count(*) FROM saved_workflow_versions", [], |row| row.get(0)).unwrap();
    assert_eq!(versions, 1, "the versions are removed with their workflow");
}

#[tokio::test]
async fn the_oldest_versions_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let mut revision = save(&store, 1, "Often changed", 10).await.revision;
    for _ in 0..limits::WORKFLOW_VERSIONS {
        let version = WorkflowChange { version: Some(content("next")), ..WorkflowChange::default() };
        let WorkflowChanged::Done(head) = store.change_workflow(id(1), revision, version, Timestamp(20)).await.unwrap() else {
            panic!("not changed")
        };
        revision = head.revision;
    }
    assert_eq!(store.workflow_versions(id(1)).await.unwrap().len() as i64, limits::WORKFLOW_VERSIONS);
    assert_eq!(store.saved_workflow(id(1), Some(1)).await.unwrap(), None);
}
