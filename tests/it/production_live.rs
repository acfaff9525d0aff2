//! Events of projects over the live connection of pages.

use darkroom::proto::{
    limits,
    production::ProjectId,
    wire::{ClientMessage, ProjectPlace, close},
};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    production_objects::{film, text},
    support::{
        api::Api,
        darkroom_server::{Both, darkroom},
        page::Page,
    },
};

fn id(path: &str) -> ProjectId {
    path.rsplit('/').next().unwrap().parse().unwrap()
}

impl Page {
    async fn follow(&mut self, places: &[(&str, Option<u64>)]) {
        let places = places.iter().map(|(path, known)| ProjectPlace { project: id(path), known: *known }).collect();
        self.send(&ClientMessage::Projects(places)).await;
    }

    /// The next event of this type.
    async fn event(&mut self, name: &str) -> (ProjectId, u64, Value) {
        loop {
            let event = self.next_event().await;
            if event.2["type"] == name {
                return event;
            }
        }
    }
}

async fn newest(api: &Api, path: &str) -> u64 {
    api.get(&format!("{path}/events?limit=500")).await.json["next"].as_u64().unwrap()
}

async fn retitle(api: &Api, path: &str, shot: &Value, title: &str) {
    let path = format!("{path}/shots/{}", text(&shot["id"]));
    let version = api.get(&path).await.json["version"].clone();
    assert_eq!(api.patch(&path, &json!({"version": version, "title": title})).await.status, StatusCode::OK);
}

async fn progress(api: &Api, path: &str, percent: u32) {
    let body = json!({"type": "agent.progress", "project_id": id(path), "task_id": "t", "progress": percent});
    assert_eq!(api.post_json("/api/agents/Editor/events", &body).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_page_hears_of_the_projects_that_it_follows_and_of_no_others() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let (one, _, _, ours) = film(&api, "One").await;
    let (other, _, _, theirs) = film(&api, "Other").await;
    let (mut page, mut elsewhere) = (both.page().await, both.page().await);
    // From the newest event on, so that it does not matter when the message arrives.
    page.follow(&[(&one, Some(newest(&api, &one).await))]).await;
    elsewhere.follow(&[(&other, Some(newest(&api, &other).await))]).await;
    retitle(&api, &other, &theirs, "theirs").await;
    retitle(&api, &one, &ours, "ours").await;
    let (project, number, event) = page.next_event().await;
    assert_eq!((project, &event["type"], &event["shot"]["title"]), (id(&one), &json!("shot.changed"), &json!("ours")));
    assert_eq!(event["number"], number, "the event as REST has it");
    let (project, _, event) = elsewhere.next_event().await;
    assert_eq!((project, &event["shot"]["title"]), (id(&other), &json!("theirs")));
    // It looks at the other project now.
    page.follow(&[(&other, Some(newest(&api, &other).await))]).await;
    retitle(&api, &one, &ours, "unseen").await;
    retitle(&api, &other, &theirs, "seen").await;
    assert_eq!(page.next_event().await.2["shot"]["title"], "seen");
    // And at both, and at one that is not there.
    let nowhere = "/api/projects/00000000-0000-0000-0000-000000000000";
    let (first, second) = (newest(&api, &one).await, newest(&api, &other).await);
    page.follow(&[(&one, Some(first)), (&other, Some(second)), (nowhere, None)]).await;
    retitle(&api, &one, &ours, "a").await;
    retitle(&api, &other, &theirs, "b").await;
    let mut titles = [page.next_event().await.2, page.next_event().await.2].map(|event| text(&event["shot"]["title"]).to_owned());
    titles.sort();
    assert_eq!(titles, ["a", "b"]);
    page.follow(&[]).await;
    // The answer to the ping comes after the message was read.
    page.send(&ClientMessage::Ping { t: 1 }).await;
    while page.receive().await.is_none() {}
    retitle(&api, &one, &ours, "c").await;
    assert_eq!(elsewhere.next_event().await.2["shot"]["title"], "seen");
    assert_eq!(page.project_events.len(), 4, "{:?}", page.project_events);
    let many: Vec<_> = (0..=limits::FOLLOWED_PROJECTS).map(|_| (one.as_str(), None)).collect();
    page.follow(&many).await;
    assert_eq!(page.close_code().await, close::BAD_MESSAGE);
}

#[tokio::test]
async fn a_page_that_comes_back_is_told_what_it_missed_also_by_another_process() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let (path, _, _, shot) = film(&api, "Back").await;
    let mut page = both.page().await;
    page.follow(&[(&path, Some(newest(&api, &path).await))]).await;
    retitle(&api, &path, &shot, "seen").await;
    let (_, known, _) = page.next_event().await;
    drop(page);
    // More than what one connection may be behind in the channel, and than one portion.
    let missed = limits::PROJECT_CHANNEL + 50;
    for number in 0..missed {
        retitle(&api, &path, &shot, &format!("missed {number}")).await;
    }
    let Both { engine, darkroom: running, folder } = both;
    running.stop().await;
    let again = darkroom(folder.path().join("data"), engine.addr).await;
    let api = Api::at(format!("http://{}", again.addr)).await;
    let mut page = Page::open(again.addr).await;
    page.follow(&[(&path, Some(known))]).await;
    for number in 0..missed {
        assert_eq!(page.next_event().await.2["shot"]["title"], format!("missed {number}"), "in their order, each once");
    }
    retitle(&api, &path, &shot, "live").await;
    assert_eq!(page.next_event().await.2["shot"]["title"], "live");
    let place = newest(&api, &path).await;
    // A number that was never given: the database was put back to an earlier state.
    page.follow(&[(&path, Some(place + 1_000))]).await;
    assert_eq!(page.next_event().await, (id(&path), place, Value::Null));
    retitle(&api, &path, &shot, "and on").await;
    assert_eq!(page.next_event().await.2["shot"]["title"], "and on");
}

#[tokio::test]
async fn progress_is_told_in_its_place_and_the_newest_of_it() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let (path, _, _, shot) = film(&api, "Progress").await;
    let mut page = both.page().await;
    page.follow(&[(&path, Some(newest(&api, &path).await))]).await;
    // Once this is told, the page is in the channel.
    retitle(&api, &path, &shot, "there").await;
    page.next_event().await;
    for percent in 1..=40 {
        progress(&api, &path, percent).await;
    }
    retitle(&api, &path, &shot, "after").await;
    page.event("shot.changed").await;
    let percents: Vec<f64> =
        page.project_events.iter().filter_map(|(_, number, event)| (*number == 0).then(|| event["progress"].as_f64())?).collect();
    assert_eq!(percents.last(), Some(&40.0), "what was told before comes before");
    assert!(percents.is_sorted(), "{percents:?}");
}
