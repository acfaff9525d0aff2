//! Changes of many outputs, and undoing them.

use super::{
    super::{actions, undo::begin_undo},
    *,
};
use crate::store::tests::other_connection;

/// What the database knows of its outputs, as text: for a comparison of before and after.
fn everything(folder: &std::path::Path) -> Vec<String> {
    let connection = other_connection(folder);
    let mut rows = Vec::new();
    for sql in [
        "SELECT id || ' ' || star || ' ' || rating || ' ' || COALESCE(deleted_at, '') FROM gallery ORDER BY id",
        "SELECT facet || ' ' || value || ' ' || outputs FROM gallery_values ORDER BY facet, value",
        "SELECT picture || ' ' || gallery_values.value FROM gallery_labels JOIN gallery_values ON id = gallery_labels.value ORDER BY 1",
        "SELECT rowid || ' of the trash' FROM gallery_text WHERE gallery_text MATCH '\"\u{E000}trash1\"' ORDER BY rowid",
    ] {
        let mut statement = connection.prepare(sql).unwrap();
        rows.extend(statement.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap));
    }
    rows
}

/// More than two portions.
async fn many(folder: &std::path::Path) -> (Store, u64) {
    let all = limits::GALLERY_PORTION * 2 + 10;
    (with_many(folder, all).await, all as u64)
}

fn in_trash() -> Search {
    search([Condition::In(proto::gallery::SearchPlace::Trash)])
}

#[tokio::test]
async fn every_change_is_undone_completely() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_prompts(folder.path(), &["a", "b", "c"]).await;
    let ids: Vec<GalleryId> = store.found(Search::default()).await.iter().map(|item| item.id).collect();
    store.change_one(ids[0], GalleryChange::Star(true), 1).await;
    store.change_one(ids[1], GalleryChange::AddTag("Keep".into()), 1).await;
    store.change_one(ids[2], GalleryChange::Trash, 1).await;
    let before = everything(folder.path());
    for (change, changed, refused) in [
        (GalleryChange::Star(true), 1, 0),
        (GalleryChange::Star(false), 1, 0),
        (GalleryChange::Rating(4), 2, 0),
        (GalleryChange::AddTag("new".into()), 2, 0),
        (GalleryChange::AddTag("keep".into()), 1, 0),
        (GalleryChange::RemoveTag("KEEP".into()), 1, 0),
        (GalleryChange::RemoveTag("unknown".into()), 0, 0),
        (GalleryChange::AddToAlbum("Keep".into()), 2, 0),
        (GalleryChange::RemoveFromAlbum("Keep".into()), 0, 0),
        (GalleryChange::Trash, 1, 1),
    ] {
        let result = store.change_all(change.clone(), 50).await;
        assert_eq!((result.changed, result.refused), (changed, refused), "{change:?}");
        assert_eq!(changed > 0, everything(folder.path()) != before, "{change:?}");
        assert_eq!(store.undo_gallery(result.action).await.unwrap().unwrap().changed, changed);
        assert_eq!(everything(folder.path()), before, "{change:?}");
    }
    let restored = store.change_gallery(GalleryTarget::Ids(ids), GalleryChange::Restore, Timestamp(60)).await.unwrap();
    assert_eq!((restored.changed, store.found(in_trash()).await.len()), (1, 0));
    store.undo_gallery(restored.action).await.unwrap();
    assert_eq!(everything(folder.path()), before);
}

#[tokio::test]
async fn a_starred_output_goes_to_the_trash_only_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_prompts(folder.path(), &["a", "b"]).await;
    let id = store.found(search([words("a")])).await[0].id;
    store.change_one(id, GalleryChange::Star(true), 1).await;
    let result = store.change_all(GalleryChange::Trash, 2).await;
    assert_eq!((result.changed, result.refused), (1, 1));
    assert_eq!(store.prompts(Search::default()).await, ["a"]);
    assert_eq!(store.change_one(id, GalleryChange::Trash, 3).await.changed, 1);
    assert_eq!(store.prompts(in_trash()).await, ["a", "b"]);
    assert_eq!(store.prompts(search([Condition::Star(true)])).await, Vec::<String>::new(), "the trash is not searched");
}

#[tokio::test]
async fn undoing_leaves_what_was_changed_since() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_prompts(folder.path(), &["a", "b"]).await;
    let id = store.found(search([words("a")])).await[0].id;
    let three = store.change_all(GalleryChange::Rating(3), 1).await;
    store.change_one(id, GalleryChange::Rating(5), 2).await;
    assert_eq!(store.undo_gallery(three.action).await.unwrap().unwrap().changed, 1);
    let ratings: Vec<u8> = store.found(Search::default()).await.iter().map(|item| item.rating).collect();
    assert_eq!(ratings, [5, 0]);
    let trashed = store.change_one(id, GalleryChange::Trash, 3).await;
    store.change_one(id, GalleryChange::Restore, 4).await;
    store.change_one(id, GalleryChange::Trash, 5).await;
    assert_eq!(store.undo_gallery(trashed.action).await.unwrap().unwrap().changed, 0);
    assert_eq!(store.prompts(in_trash()).await, ["a"]);
    assert_eq!(store.undo_gallery(999).await.unwrap(), None);
}

#[tokio::test]
async fn an_interrupted_change_goes_on_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let (store, all) = many(folder.path()).await;
    let before = everything(folder.path());
    let target = GalleryTarget::Results { search: Search::default(), upto: GalleryId(u64::MAX), except: Vec::new() };
    let change = GalleryChange::AddTag("new".into());
    let action = store.write(move |transaction| actions::begin(transaction, &target, &change, Timestamp(1))).await.unwrap();
    assert!(store.write(move |transaction| actions::portion(transaction, action)).await.unwrap());
    drop(store);
    let (store, _) = open(folder.path());
    let tagged = async |store: &Store| store.gallery_count(search([facet(Facet::Tag, "new")]), None).await.unwrap();
    assert_eq!(tagged(&store).await, limits::GALLERY_PORTION as u64);
    // What comes meanwhile is no part of it.
    store.add_to_gallery(vec![imported(9_999, 2_000, facts("a dog"))]).await.unwrap();
    store.resume_gallery_actions().await.unwrap();
    assert_eq!(tagged(&store).await, all);
    store.resume_gallery_actions().await.unwrap();
    // And undoing it, interrupted as well.
    store
        .write(move |transaction| {
            begin_undo(transaction, action)?;
            actions::portion(transaction, action)
        })
        .await
        .unwrap();
    drop(store);
    let (store, _) = open(folder.path());
    assert_eq!(tagged(&store).await, all - limits::GALLERY_PORTION as u64);
    store.resume_gallery_actions().await.unwrap();
    assert_eq!(tagged(&store).await, 0);
    let dog = store.found(search([words("dog")])).await[0].id;
    store.change_one(dog, GalleryChange::Trash, 5).await;
    assert_eq!(store.purge_gallery(Timestamp(6)).await.unwrap(), 1);
    assert_eq!(everything(folder.path()), before);
}

#[tokio::test]
async fn undoing_a_change_that_is_under_way_stops_it() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = many(folder.path()).await;
    let before = everything(folder.path());
    let target = GalleryTarget::Results { search: Search::default(), upto: GalleryId(u64::MAX), except: Vec::new() };
    let action =
        store.write(move |transaction| actions::begin(transaction, &target, &GalleryChange::Star(true), Timestamp(1))).await.unwrap();
    store.write(move |transaction| actions::portion(transaction, action)).await.unwrap();
    let result = store.undo_gallery(action.cast_unsigned()).await.unwrap().unwrap();
    assert_eq!(result.changed, limits::GALLERY_PORTION as u64);
    assert_eq!(everything(folder.path()), before);
    assert!(!store.write(move |transaction| actions::portion(transaction, action)).await.unwrap());
    assert_eq!(everything(folder.path()), before);
}

#[tokio::test]
async fn only_the_newest_actions_can_be_undone() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_prompts(folder.path(), &["a"]).await;
    let first = store.change_all(GalleryChange::Rating(1), 1).await;
    let second = store.change_all(GalleryChange::Rating(2), 1).await;
    for number in 1..limits::GALLERY_ACTIONS {
        store.change_all(GalleryChange::Star(number % 2 == 0), 1).await;
    }
    assert_eq!(store.undo_gallery(first.action).await.unwrap(), None);
    assert_eq!(store.undo_gallery(second.action).await.unwrap().unwrap().changed, 1);
    let actions: i64 = other_connection(folder.path()).query_row("SELECT count(*) FROM gallery_actions", [], |row| row.get(0)).unwrap();
    assert_eq!(actions, limits::GALLERY_ACTIONS);
}

#[tokio::test]
async fn the_trash_is_emptied_by_age_with_all_that_was_known() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_prompts(folder.path(), &["a", "b", "c"]).await;
    let ids: Vec<GalleryId> = store.found(Search::default()).await.iter().map(|item| item.id).collect();
    store.change_one(ids[0], GalleryChange::AddTag("x".into()), 1).await;
    for (id, at) in ids.iter().zip([10, 20, 30]) {
        store.change_one(*id, GalleryChange::Trash, at).await;
    }
    assert_eq!(store.purge_gallery(Timestamp(20)).await.unwrap(), 1);
    assert_eq!(store.prompts(in_trash()).await, ["b", "c"]);
    assert_eq!(store.gallery_values(Facet::Tag, String::new(), 9).await.unwrap(), []);
    let left = |table: &str| -> i64 {
        other_connection(folder.path()).query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    assert_eq!(store.purge_gallery(Timestamp(31)).await.unwrap(), 2);
    for table in ["gallery", "gallery_value_lists", "gallery_labels", "gallery_action_items", "gallery_text"] {
        assert_eq!(left(table), 0, "{table}");
    }
}

#[tokio::test]
async fn the_backends_of_what_was_changed_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let made_by = |backend: &str| OutputFacts { backend: backend.into(), ..facts("a cat") };
    let backends = ["one", "two", "two", ""];
    let items = (0..).zip(backends).map(|(number, backend)| imported(number, u64::from(number), made_by(backend)));
    store.add_to_gallery(items.collect()).await.unwrap();
    let thrown = store.change_all(GalleryChange::Trash, 5).await;
    let counted = store.gallery_action_backends(thrown.action).await.unwrap();
    assert_eq!(counted, [("two".to_owned(), 2), ("one".to_owned(), 1)]);
    assert_eq!(store.gallery_action_backends(99).await.unwrap(), []);
}

#[tokio::test]
async fn one_output_is_removed_from_the_trash_and_its_file_is_needed_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_prompts(folder.path(), &["a", "b"]).await;
    let id = store.id_of_prompt("a").await;
    assert!(!store.purge_gallery_output(id).await.unwrap(), "it is not in the trash");
    store.change_one(id, GalleryChange::Trash, 1).await;
    assert!(store.purge_gallery_output(id).await.unwrap());
    assert!(!store.purge_gallery_output(id).await.unwrap());
    assert_eq!(store.prompts(Search::default()).await, ["b"]);
    assert_eq!(store.prompts(in_trash()).await, Vec::<String>::new());
}
