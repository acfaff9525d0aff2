//! The demo production, where Darkroom ends while it is made.

use std::net::SocketAddr;

use darkroom::server::config::Config;
use serde_json::Value;

use crate::{
    production_objects::text,
    support::{
        api::Api,
        darkroom_server::{Running, backend, darkroom_with, demo_engine},
    },
};

async fn with_demo(folder: &tempfile::TempDir, comfyui: SocketAddr) -> (Running, Api) {
    let config = Config { data: folder.path().join("data"), backends: vec![backend(comfyui)], demo_production: true, ..Config::default() };
    let darkroom = darkroom_with(config).await;
    let api = Api::at(format!("http://{}", darkroom.addr)).await;
    (darkroom, api)
}

/// The items of a list, once there are enough.
async fn until(api: &Api, path: &str, count: usize) -> Vec<Value> {
    for _ in 0..6_000 {
        let items = api.get(path).await.json["items"].as_array().cloned().unwrap_or_default();
        if items.len() >= count {
            return items;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("{path}: {:#}", api.get(path).await.json);
}

/// A port at which nothing listens.
async fn nowhere() -> SocketAddr {
    tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

#[tokio::test]
async fn it_is_there_as_a_whole_or_not_at_all_and_its_takes_are_made_later() {
    let folder = tempfile::tempdir().unwrap();
    let (darkroom, api) = with_demo(&folder, nowhere().await).await;
    let project = until(&api, "/api/projects", 1).await.remove(0);
    let path = format!("/api/projects/{}", text(&project["id"]));
    // At the first moment at which anybody sees it.
    for (kind, count) in [("chapters", 3), ("scenes", 4), ("shots", 12), ("nodes", 12), ("assets", 7), ("beats", 3)] {
        let items = api.get(&format!("{path}/{kind}?limit=100")).await.json["items"].as_array().unwrap().len();
        assert_eq!(items, count, "{kind}");
    }
    // No take could be made.
    darkroom.stop().await;
    let engine = demo_engine(&folder, 1e9).await;
    let (_darkroom, api) = with_demo(&folder, engine.addr).await;
    let takes = until(&api, &format!("{path}/takes"), 5).await;
    assert!(takes.iter().all(|take| take["take_number"] == 1), "{takes:?}");
    assert_eq!(until(&api, "/api/projects", 1).await.len(), 1);
}
