//! What programs that follow the gallery are told.

use proto::limits;

use super::*;
use crate::store::{GalleryNewsKind, GalleryNewsPage, tests::other_connection};

use GalleryNewsKind::{Added, Changed, Removed, Restored, Trashed};

impl Store {
    async fn news(&self, after: u64) -> GalleryNewsPage {
        self.gallery_news(Search::default(), after, 1_000).await.unwrap()
    }

    /// Kind, prompt, and whether it is a result of the search.
    async fn told(&self, search: Search, after: u64) -> Vec<(GalleryNewsKind, Option<String>, bool)> {
        let page = self.gallery_news(search, after, 1_000).await.unwrap();
        assert!(page.is_complete);
        let told = |news: crate::store::GalleryNews| (news.kind, news.item.map(|item| item.facts.prompt), news.is_result);
        page.news.into_iter().map(told).collect()
    }
}

fn some(prompt: &str) -> Option<String> {
    Some(prompt.to_owned())
}

#[tokio::test]
async fn what_is_stored_later_is_told_later_whenever_it_was_made() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_prompts(folder.path(), &["new"]).await;
    let seen = store.news(0).await;
    assert_eq!((seen.news.len(), seen.next), (1, 1));
    // Made long before.
    store.add_to_gallery(vec![imported(7, 5, facts("old"))]).await.unwrap();
    assert_eq!(store.told(Search::default(), seen.next).await, [(Added, some("old"), true)]);
    assert_eq!(store.told(search([words("new")]), 0).await, [(Added, some("new"), true), (Added, some("old"), false)]);
    assert!(store.news(2).await.news.is_empty());
}

#[tokio::test]
async fn each_kind_is_told_once_and_last_things_last() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_prompts(folder.path(), &["a", "b"]).await;
    let (a, b) = (store.id_of_prompt("a").await, store.id_of_prompt("b").await);
    let after = store.news(0).await.next;
    for rating in 1..=5 {
        store.change_one(a, GalleryChange::Rating(rating), 10).await;
    }
    let trashed = store.change_one(b, GalleryChange::Trash, 11).await;
    assert_eq!(store.told(Search::default(), after).await, [(Changed, some("a"), true), (Trashed, some("b"), false)]);
    store.undo_gallery(trashed.action).await.unwrap();
    assert_eq!(store.told(Search::default(), after).await, [(Changed, some("a"), true), (Restored, some("b"), true)]);
    let nothing = store.change_one(a, GalleryChange::Rating(5), 12).await;
    assert_eq!(nothing.changed, 0);
    assert_eq!(store.news(after).await.news.len(), 2, "what changes nothing is no news");
    store.change_one(a, GalleryChange::Trash, 13).await;
    store.purge_gallery(Timestamp(14)).await.unwrap();
    let told = store.news(0).await.news;
    let last = told.last().unwrap();
    assert_eq!((last.kind, last.id, &last.item), (Removed, a, &None));
    assert_eq!(told.iter().filter(|news| news.id == a).count(), 1, "nothing else is told of what is gone");
}

#[tokio::test]
async fn pages_lead_on_and_a_restart_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_prompts(folder.path(), &["a", "b", "c"]).await;
    let first = store.gallery_news(Search::default(), 0, 2).await.unwrap();
    assert_eq!((first.news.len(), first.next), (2, 2));
    drop(store);
    let (store, _) = open(folder.path());
    assert_eq!(store.told(Search::default(), first.next).await, [(Added, some("c"), true)]);
    assert_eq!(store.news(4).await, GalleryNewsPage { news: Vec::new(), next: 3, is_complete: false }, "a number that is not there yet");
}

#[tokio::test]
async fn it_is_said_when_removals_are_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_prompts(folder.path(), &["a"]).await;
    // As if so many had been removed before.
    let connection = other_connection(folder.path());
    let many = limits::GALLERY_REMOVALS;
    let sql = format!(
        "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {many}) INSERT INTO gallery_news (picture, kind) SELECT n, 'removed' FROM n"
    );
    connection.execute_batch(&sql).unwrap();
    assert!(store.news(1).await.is_complete);
    let a = store.id_of_prompt("a").await;
    store.change_one(a, GalleryChange::Trash, 1).await;
    store.purge_gallery(Timestamp(2)).await.unwrap();
    assert!(!store.news(1).await.is_complete, "one removal is not told");
    assert!(store.news(2).await.is_complete);
    let count: i64 = connection.query_row("SELECT count(*) FROM gallery_news", [], |row| row.get(0)).unwrap();
    assert_eq!(count, many);
}

#[tokio::test]
async fn watchers_are_woken_with_every_change() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_prompts(folder.path(), &["a"]).await;
    let mut watch = store.watch_gallery();
    assert_eq!(*watch.borrow_and_update(), 1);
    let a = store.id_of_prompt("a").await;
    store.change_one(a, GalleryChange::Star(true), 1).await;
    watch.changed().await.unwrap();
    assert_eq!(*watch.borrow_and_update(), 2);
}
