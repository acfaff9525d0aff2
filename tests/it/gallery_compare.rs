//! The page that compares outputs, and the lineage of an output, as the server renders them.

use crate::support::{api::Api, darkroom_server::Both};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// Runs a task, and waits until the gallery has its output. Returns that.
async fn made(api: &Api, body: Value) -> Value {
    let before = api.get("/api/outputs").await.json["total"].as_u64().unwrap();
    api.accepted(&body).await;
    tokio::time::timeout(std::time::Duration::from_secs(60), async {
        loop {
            let found = api.get("/api/outputs").await.json;
            if found["total"].as_u64() > Some(before) {
                return found["outputs"][0].clone();
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("an output")
}

fn picture(prompt: &str, seed: u64) -> Value {
    json!({"workflow": "text-to-image", "parameters": {"prompt": prompt, "width": 64, "height": 64, "steps": 2, "seed": seed}})
}

async fn page(api: &Api, path: &str) -> (StatusCode, String) {
    let answer = reqwest::get(format!("{}{path}", api.base)).await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

#[tokio::test]
async fn outputs_are_compared_and_a_bad_address_is_explained() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let first = made(&api, picture("a red door", 1)).await;
    let second = made(&api, picture("a blue door", 2)).await;
    let id = |output: &Value| output["outputId"].as_str().unwrap().to_owned();
    let (first, second) = (id(&first), id(&second));
    let (status, html) = page(&api, &format!("/gallery/compare?ids={first},{second}")).await;
    assert_eq!(status, StatusCode::OK);
    for shown in ["Compare 2 outputs", "<mark>red<", "<mark>blue<", "The same: ", &format!("/gallery/{second}/file")] {
        assert!(html.contains(shown), "{shown} is not in\n{html}");
    }
    assert!(!html.contains("style="), "the content security policy forbids it");
    for (ids, status, words) in [
        (String::new(), StatusCode::BAD_REQUEST, "The address must name two to four outputs"),
        (first.clone(), StatusCode::BAD_REQUEST, "The address must name two to four outputs"),
        ("1,2,3,4,5".to_owned(), StatusCode::BAD_REQUEST, "The address names 5."),
        (format!("{first},x"), StatusCode::BAD_REQUEST, "is not the number of an output"),
        (format!("{first},7"), StatusCode::NOT_FOUND, "removed for good"),
    ] {
        let (answered, html) = page(&api, &format!("/gallery/compare?ids={ids}")).await;
        assert_eq!(answered, status, "{ids}");
        assert!(html.contains(words) && html.contains("Back to the gallery"), "{ids}: {words} is not in\n{html}");
    }
    let (status, html) = page(&api, &format!("/gallery/compare?ids={first},7,{second}")).await;
    assert!(status == StatusCode::OK && html.contains("One of the outputs at this address is not there any more."), "{html}");
}

#[tokio::test]
async fn the_lineage_of_an_output_is_rendered_as_links() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let mut output = made(&api, picture("the first sketch", 1)).await;
    let first = output["outputId"].as_str().unwrap().to_owned();
    for seed in [2, 3] {
        let file = reqwest::get(format!("{}{}", api.base, output["url"].as_str().unwrap())).await.unwrap().bytes().await.unwrap();
        let request = api.request(Method::POST, "/api/pictures").header("content-type", "image/png").body(file);
        let stored = api.send(request).await.json["id"].clone();
        let parameters = json!({"picture": stored, "prompt": format!("redrawn {seed}"), "steps": 2, "strength": 0.6, "seed": seed});
        output = made(&api, json!({"workflow": "redraw", "parameters": parameters})).await;
    }
    let (_, html) = page(&api, &format!("/gallery/{}", output["outputId"].as_str().unwrap())).await;
    for shown in ["Made from: Picture: redrawn 2", "Made from, 2 steps back: Picture: the first sketch", "Compare with its source"] {
        assert!(html.contains(shown), "{shown} is not in\n{html}");
    }
    let (_, html) = page(&api, &format!("/gallery/{first}")).await;
    assert!(html.contains("Led to: Picture: redrawn 2") && html.contains("Led to, 2 steps on: Picture: redrawn 3"), "{html}");
}
