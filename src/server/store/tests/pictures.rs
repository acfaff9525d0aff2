//! Pictures that people gave, and what they are kept for.

use super::*;
use proto::{
    edit::{PictureFormat, PictureId, PixelSize, StartLine, StoredPicture},
    ids::WorkflowId,
    task::Task,
};

fn id(digit: char) -> PictureId {
    digit.to_string().repeat(64).parse().unwrap()
}

async fn give(store: &Store, digit: char, at: u64) {
    let picture = StoredPicture { id: id(digit), size: PixelSize::new(30, 20), format: PictureFormat::Webp };
    let file = MediaFile { hash: id(digit).into(), bytes: 10, mime: Some("image/webp".into()) };
    store.keep_picture(picture, file, Timestamp(at)).await.unwrap();
}

/// The workflow of a LoadImage of this picture.
fn loads(digit: char) -> String {
    format!(r#"{{"1":{{"class_type":"LoadImage","inputs":{{"image":"darkroom/{}.webp"}}}}}}"#, id(digit))
}

async fn is_there(store: &Store, digit: char) -> bool {
    store.picture(id(digit)).await.unwrap().is_some()
}

#[tokio::test]
async fn a_picture_stays_while_it_is_used_or_something_loads_it() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    for digit in ['a', 'b', 'c', 'd'] {
        give(&store, digit, 100).await;
    }
    let task = task("A door", 1);
    let new = Stored { workflow: Arc::new(Workflow::parse(&loads('a')).unwrap()), ..stored(over(task.clone(), 5)) };
    assert_eq!(store.add(new, None).await.unwrap(), Added::New);
    let saved = WorkflowId(Uuid::from_u128(1));
    let content = NewVersion { workflow: loads('b'), source: None, form: "{}".into() };
    store.save_workflow(saved, "Doors".into(), content, Timestamp(1)).await.unwrap();
    assert!(store.use_picture(id('c'), Timestamp(900)).await.unwrap());
    store.expire_pictures(Timestamp(500)).await.unwrap();
    let left = async |store: &Store| {
        [is_there(store, 'a').await, is_there(store, 'b').await, is_there(store, 'c').await, is_there(store, 'd').await]
    };
    assert_eq!(left(&store).await, [true, true, true, false], "of a task, of a saved workflow, used lately, loose");
    assert_eq!(store.unreferenced_files().await.unwrap(), [id('d').as_str()], "its bytes are to be removed");
    assert!(!store.is_file_referenced(id('d').into()).await.unwrap() && store.is_file_referenced(id('a').into()).await.unwrap());
    // When the task and the workflow are gone, nothing keeps theirs.
    store.close().await;
    let (store, _) = open(folder.path());
    assert_eq!(left(&store).await, [true, true, true, false], "over a restart");
    store.forget(task.id);
    store.remove_workflow(saved).await.unwrap();
    store.expire_pictures(Timestamp(500)).await.unwrap();
    assert_eq!(left(&store).await, [false, false, true, false]);
}

/// No workflow loads it: what is sent is made of it.
#[tokio::test]
async fn the_mask_that_was_painted_for_a_task_stays_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    give(&store, 'b', 100).await;
    let start = StartLine::from_text(format!("inpaint {} 30 20 0.6 - {} 4 6 32 noise 512 512", id('a'), id('b')));
    let task = Task { start: Some(start), ..task("A door", 1) };
    assert_eq!(store.add(stored(over(task.clone(), 5)), None).await.unwrap(), Added::New);
    store.expire_pictures(Timestamp(500)).await.unwrap();
    assert!(is_there(&store, 'b').await);
    store.forget(task.id);
    store.expire_pictures(Timestamp(500)).await.unwrap();
    assert!(!is_there(&store, 'b').await, "and goes with it");
}

#[tokio::test]
async fn a_picture_has_its_size_type_and_file() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    give(&store, 'a', 100).await;
    give(&store, 'a', 200).await;
    let (picture, file) = store.picture(id('a')).await.unwrap().unwrap();
    assert_eq!((picture.size, picture.format), (PixelSize::new(30, 20), PictureFormat::Webp));
    assert_eq!((file.hash.as_str(), file.bytes, file.mime.as_deref()), (id('a').as_str(), 10, Some("image/webp")));
    assert!(!store.use_picture(id('b'), Timestamp(1)).await.unwrap());
}
