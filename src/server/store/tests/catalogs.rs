//! What `/object_info` said is there after a restart.

use super::*;
use proto::ids::BackendId;

#[tokio::test]
async fn the_newest_text_of_each_comfyui_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (BackendId::from("gpu-1:8188"), BackendId::from("gpu-2:8188"));
    let (store, _) = open(folder.path());
    store.keep_object_info(one.clone(), r#"{"Old": {}}"#.into(), Timestamp(1)).await.unwrap();
    store.keep_object_info(one.clone(), r#"{"Größer": {}}"#.into(), Timestamp(2)).await.unwrap();
    store.close().await;
    let (store, _) = open(folder.path());
    assert_eq!(store.object_info(one.clone()).await.unwrap().as_deref(), Some(r#"{"Größer": {}}"#));
    assert_eq!(store.object_info(other).await.unwrap(), None);
    store.close().await;
    other_connection(folder.path()).execute("UPDATE object_infos SET object_info = x'1f8b00'", []).unwrap();
    let (store, _) = open(folder.path());
    assert_eq!(store.object_info(one).await.unwrap(), None, "damaged bytes are no catalog");
}
