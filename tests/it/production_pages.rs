//! The pages of productions, without JavaScript: rendered with what is there, and changed by plain forms.

use reqwest::{StatusCode, redirect::Policy};

use crate::{
    production_objects::{film, made, text},
    support::{api::Api, darkroom_server::Both},
};
use serde_json::json;

const FAST: f64 = 1e9;

/// A browser that does not follow redirects.
struct Browser {
    client: reqwest::Client,
    base: String,
}

impl Browser {
    fn of(api: &Api) -> Self {
        Self { client: reqwest::Client::builder().redirect(Policy::none()).build().unwrap(), base: api.base.clone() }
    }

    async fn get(&self, path: &str) -> (StatusCode, String) {
        let answer = self.client.get(format!("{}{path}", self.base)).send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    /// Sends a form. Gives the status, and where it leads or what it says.
    async fn post(&self, path: &str, form: &[(&str, &str)]) -> (StatusCode, String) {
        let body = form.iter().map(|(name, value)| format!("{name}={}", value.replace(' ', "+"))).collect::<Vec<_>>().join("&");
        let request = self.client.post(format!("{}{path}", self.base)).header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(body).send().await.unwrap();
        let status = answer.status();
        let location = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
        (status, location.unwrap_or(answer.text().await.unwrap()))
    }
}

#[tokio::test]
async fn a_project_is_made_and_filled_with_plain_forms() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let browser = Browser::of(&api);
    let (status, page) = browser.get("/projects").await;
    assert!(status == StatusCode::OK && page.contains("No projects yet") && page.contains("production.css"), "{status}");

    let (status, board) = browser.post("/projects", &[("title", "The Lighthouse")]).await;
    assert!(status == StatusCode::SEE_OTHER && board.starts_with("/projects/"), "{status} {board}");
    let (status, why) = browser.post("/projects", &[("title", "")]).await;
    assert_eq!((status, why.as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "This must not be empty.\n"));

    let (status, back) = browser.post(&board, &[("do", "create"), ("kind", "chapter"), ("title", "Arrival")]).await;
    assert_eq!((status, &back), (StatusCode::SEE_OTHER, &board));
    let chapters = api.get(&format!("/api{board}/chapters")).await.json;
    let chapter = text(&chapters["items"][0]["id"]);
    browser.post(&board, &[("do", "create"), ("kind", "scene"), ("parent", chapter), ("title", "The pier")]).await;
    let scenes = api.get(&format!("/api{board}/scenes")).await.json;
    let scene = text(&scenes["items"][0]["id"]);
    browser.post(&board, &[("do", "create"), ("kind", "shot"), ("parent", scene), ("title", "At the rail")]).await;

    let (status, page) = browser.get(&board).await;
    assert_eq!(status, StatusCode::OK);
    for words in ["Arrival", "The pier", "S001_P001", "At the rail"] {
        assert!(page.contains(words), "{words}");
    }
    let (_, page) = browser.get("/projects").await;
    assert!(page.contains("The Lighthouse") && page.contains("1 shot"));
    assert_eq!(browser.post(&board, &[("do", "nothing")]).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_shot_shows_its_prompt_and_is_changed_with_a_plain_form() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let browser = Browser::of(&api);
    let (path, _, _, shot) = film(&api, "The Lighthouse").await;
    let asset =
        made(&api, &format!("{path}/assets"), json!({"kind": "character", "name": "Anna", "prompt_fragment": "a yellow coat"})).await;
    made(&api, &format!("{path}/casts"), json!({"shot": shot["id"], "asset": asset["id"]})).await;

    let page = format!("{}/shots/{}", path.trim_start_matches("/api"), text(&shot["id"]));
    let (status, html) = browser.get(&page).await;
    assert!(status == StatusCode::OK && html.contains("Anna at the rail") && html.contains("a yellow coat"), "{status}");
    let (status, back) = browser.post(&page, &[("do", "change"), ("title", "By hand"), ("status", "approved")]).await;
    assert_eq!((status, &back), (StatusCode::SEE_OTHER, &page));
    let changed = api.get(&format!("{path}/shots/{}", text(&shot["id"]))).await.json;
    assert_eq!(
        (&changed["title"], &changed["status"], &changed["base_prompt"]),
        (&json!("By hand"), &json!("approved"), &json!("Anna at the rail"))
    );
}

#[tokio::test]
async fn what_there_is_not_has_the_right_status() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let browser = Browser::of(&api);
    let id = "0199a0c6-0000-7000-8000-000000000001";
    for path in [format!("/projects/{id}"), "/projects/nothing".into(), format!("/projects/{id}/shots/{id}"), "/projects/1/shots/2".into()]
    {
        assert_eq!(browser.get(&path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(browser.post(&format!("/projects/{id}"), &[("do", "archive")]).await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn of_a_large_board_a_page_without_javascript_has_the_beginning_and_a_link() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let browser = Browser::of(&api);
    let (path, _, scene, _) = film(&api, "The Lighthouse").await;
    let shots: Vec<_> = (0..200).map(|number| json!({"scene": scene["id"], "title": format!("Shot {number}")})).collect();
    made(&api, &format!("{path}/shots/bulk"), json!({"shots": shots})).await;
    let board = path.trim_start_matches("/api");
    let count = |html: &str| html.matches("data-shot-id").count();
    let (_, beginning) = browser.get(board).await;
    assert_eq!(count(&beginning), 120);
    assert!(beginning.contains("Show all shots"));
    let (_, all) = browser.get(&format!("{board}?all")).await;
    assert_eq!(count(&all), 201);
    assert!(!all.contains("Show all shots"));
}

#[tokio::test]
async fn a_board_is_filtered_by_its_address_before_its_beginning_is_drawn() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let browser = Browser::of(&api);
    let (path, _, scene, shot) = film(&api, "The Lighthouse").await;
    let shots: Vec<_> = (0..200).map(|number| json!({"scene": scene["id"], "title": format!("Wave n{number}")})).collect();
    made(&api, &format!("{path}/shots/bulk"), json!({"shots": shots})).await;
    let pier = made(&api, &format!("{path}/assets"), json!({"kind": "location", "name": "The old pier"})).await;
    let oil = made(&api, &format!("{path}/assets"), json!({"kind": "style", "name": "Oil"})).await;
    made(&api, &format!("{path}/casts"), json!({"shot": shot["id"], "asset": oil["id"]})).await;
    let board = path.trim_start_matches("/api");
    let found = async |query: &str| {
        let (status, html) = browser.get(&format!("{board}?{query}")).await;
        assert_eq!(status, StatusCode::OK, "{query}");
        html.matches("data-shot-id").count()
    };
    // One of those that are not in the beginning.
    assert_eq!(found("q=wave+n199").await, 1);
    assert_eq!(found(&format!("style={}", text(&oil["id"]))).await, 1);
    assert_eq!(found(&format!("location={}", text(&pier["id"]))).await, 0);
    assert_eq!((found("status=approved").await, found("state=idle&all").await), (0, 201));
    assert_eq!(found("stale=1").await, 0);
    let (_, html) = browser.get(&format!("{board}?q=wave+n199")).await;
    assert!(html.contains("1 of 201 shots") && html.contains("value=\"wave n199\""), "what was asked for is in the form");
}

#[tokio::test]
async fn what_was_thrown_away_is_listed_and_restored_with_plain_forms() {
    let both = Both::start(FAST).await;
    let api = Api::of(&both).await;
    let browser = Browser::of(&api);
    let (path, _, scene, shot) = film(&api, "The Lighthouse").await;
    let board = path.trim_start_matches("/api").to_owned();
    let (shot, scene) = (text(&shot["id"]), text(&scene["id"]));
    for gone in [format!("{path}/shots/{shot}"), format!("{path}/scenes/{scene}")] {
        assert!(api.send(api.request(reqwest::Method::DELETE, &gone)).await.status.is_success(), "{gone}");
    }
    let (_, html) = browser.get(&board).await;
    assert!(html.contains("?trash#trash") && !html.contains("Restore S001"), "it is asked for");
    let (_, html) = browser.get(&format!("{board}?trash")).await;
    let at = |words: &str| html.find(words).unwrap_or_else(|| panic!("{words} is missing"));
    assert!(at("Restore S001 The pier") < at("Restore S001_P001"), "what was thrown away last comes first");
    let restore = |kind: &'static str, id: String| {
        let (browser, board) = (&browser, &board);
        async move { browser.post(board, &[("do", "restore"), ("kind", kind), ("id", &id)]).await }
    };
    let (status, why) = restore("shot", shot.to_owned()).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "its scene is in the trash: {why}");
    assert_eq!(restore("scene", scene.to_owned()).await.0, StatusCode::SEE_OTHER);
    assert_eq!(restore("shot", shot.to_owned()).await.0, StatusCode::SEE_OTHER);
    let (_, html) = browser.get(&format!("{board}?trash")).await;
    assert!(html.contains("Nothing was thrown away") && html.contains("S001_P001"));
}
