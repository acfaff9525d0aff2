//! A change of more outputs than are listed at once.

use super::{super::actions, *};
use crate::store::tests::other_connection;

const ALL: usize = limits::GALLERY_LISTED + 10;

fn everything_but(except: Vec<GalleryId>) -> GalleryTarget {
    GalleryTarget::Results { search: search([words("cat")]), upto: GalleryId(u64::MAX), except }
}

fn number(folder: &std::path::Path, sql: &str) -> i64 {
    other_connection(folder).query_row(sql, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn the_list_of_a_change_is_written_in_portions_and_goes_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_many(folder.path(), ALL).await;
    // One of the first portion and one of the last.
    let last = store.found_at(0).await;
    let first = store.found_at(ALL as u64 - 1).await;
    let target = everything_but(vec![first, last]);
    let action =
        store.write(move |transaction| actions::begin(transaction, &target, &GalleryChange::Star(true), Timestamp(1))).await.unwrap();
    let listed = || number(folder.path(), "SELECT count(*) FROM gallery_action_items");
    assert_eq!(listed(), limits::GALLERY_LISTED as i64 - 1, "no transaction lists more");
    drop(store);
    let (store, _) = open(folder.path());
    assert!(store.write(move |transaction| actions::portion(transaction, action)).await.unwrap());
    assert_eq!((listed(), number(folder.path(), "SELECT sum(star) FROM gallery")), (ALL as i64 - 2, 0), "nothing is changed before");
    store.resume_gallery_actions().await.unwrap();
    let starred = async || store.gallery_count(search([Condition::Star(true)]), None).await.unwrap();
    assert_eq!(starred().await, ALL as u64 - 2);
    assert_eq!(store.undo_gallery(action.cast_unsigned()).await.unwrap().unwrap().changed, ALL as u64 - 2);
    assert_eq!(starred().await, 0);
}

#[tokio::test]
async fn a_change_that_is_undone_while_it_is_listed_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_many(folder.path(), ALL).await;
    let target = everything_but(Vec::new());
    let action =
        store.write(move |transaction| actions::begin(transaction, &target, &GalleryChange::Star(true), Timestamp(1))).await.unwrap();
    assert_eq!(store.undo_gallery(action.cast_unsigned()).await.unwrap().unwrap().changed, 0);
    assert_eq!(number(folder.path(), "SELECT sum(star) FROM gallery"), 0);
    assert_eq!(number(folder.path(), "SELECT count(*) FROM gallery_action_items"), 0);
}

#[tokio::test]
async fn a_change_goes_on_when_nobody_waits_for_it_and_searches_answer_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let all = limits::GALLERY_PORTION * 3;
    let store = with_many(folder.path(), all).await;
    let mut change = Box::pin(store.change_gallery(everything_but(Vec::new()), GalleryChange::Star(true), Timestamp(1)));
    assert!(futures::poll!(&mut change).is_pending());
    drop(change);
    let mut before = 0;
    while before < all as u64 {
        let starred = store.gallery_count(search([Condition::Star(true)]), None).await.unwrap();
        assert!(starred >= before && starred.is_multiple_of(limits::GALLERY_PORTION as u64), "{starred} after {before}");
        before = starred;
    }
}

impl Store {
    /// The output at this place of the list, the newest first.
    async fn found_at(&self, offset: u64) -> GalleryId {
        let range = GalleryRange { offset, ..GalleryRange::default() };
        self.gallery_page(Search::default(), GalleryOrder::Newest, range, 1).await.unwrap()[0].id
    }
}
