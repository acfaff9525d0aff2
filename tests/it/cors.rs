//! Pages of other sites that may use the API, and those that may not.

use crate::support::access::{Guarded, TOKEN, header};
use reqwest::{Method, StatusCode};
use serde_json::json;

const SHOP: &str = "https://shop.example";
const ALLOWED: &str = "access-control-allow-origin";

async fn darkroom() -> Guarded {
    Guarded::with(|access| access.cors_origins = vec![SHOP.into()]).await
}

/// What a browser asks before it sends JSON with a token.
async fn preflight(guarded: &Guarded, origin: &str, path: &str) -> reqwest::Response {
    let request = guarded.request(Method::OPTIONS, path).header("origin", origin).header("sec-fetch-site", "cross-site");
    let asked =
        request.header("access-control-request-method", "POST").header("access-control-request-headers", "authorization,content-type");
    asked.send().await.unwrap()
}

#[tokio::test]
async fn a_page_of_a_configured_site_submits_with_the_token() {
    let guarded = darkroom().await;
    let asked = preflight(&guarded, SHOP, "/api/tasks").await;
    assert_eq!((asked.status(), header(&asked, ALLOWED)), (StatusCode::OK, SHOP.into()));
    assert_eq!(header(&asked, "access-control-allow-headers"), "authorization,content-type");
    assert!(header(&asked, "access-control-allow-methods").contains("POST"));
    assert_eq!(header(&asked, "access-control-allow-credentials"), "");
    let send = |token: Option<&str>| {
        let body = json!({"workflow": "text-to-image", "parameters": {"prompt": "a shop window", "steps": 1, "width": 64, "height": 64}});
        let request = guarded.request(Method::POST, "/api/tasks").json(&body).header("origin", SHOP).header("sec-fetch-site", "cross-site");
        token.iter().fold(request, |request, token| request.bearer_auth(token)).send()
    };
    let accepted = send(Some(TOKEN)).await.unwrap();
    assert_eq!((accepted.status(), header(&accepted, ALLOWED)), (StatusCode::ACCEPTED, SHOP.into()));
    assert!(header(&accepted, "access-control-expose-headers").contains("location"));
    assert!(header(&accepted, "vary").to_lowercase().contains("origin"));
    // The page can read why it was refused.
    let refused = send(None).await.unwrap();
    assert_eq!((refused.status(), header(&refused, ALLOWED)), (StatusCode::UNAUTHORIZED, SHOP.into()));
    let stream =
        guarded.get("/progress/0195e0a4-0000-7000-8000-000000000001").header("origin", SHOP).bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!((stream.status(), header(&stream, ALLOWED)), (StatusCode::NOT_FOUND, SHOP.into()));
}

#[tokio::test]
async fn no_other_page_and_nothing_but_the_api() {
    let guarded = darkroom().await;
    let get = async |origin: &str, path: &str| {
        let request = guarded.get(path).header("origin", origin).header("sec-fetch-site", "cross-site").header("sec-fetch-mode", "cors");
        let answer = request.bearer_auth(TOKEN).send().await.unwrap();
        (answer.status(), header(&answer, ALLOWED))
    };
    assert_eq!(get(SHOP, "/api/tasks").await, (StatusCode::OK, SHOP.into()));
    assert_eq!(get("https://evil.example", "/api/tasks").await, (StatusCode::FORBIDDEN, String::new()));
    for path in ["/", "/queue", "/metrics", "/api/fn/news"] {
        assert_eq!(get(SHOP, path).await, (StatusCode::FORBIDDEN, String::new()), "{path}");
        assert_eq!(header(&preflight(&guarded, SHOP, path).await, ALLOWED), "", "{path}");
    }
    assert_eq!(header(&preflight(&guarded, "https://evil.example", "/api/tasks").await, ALLOWED), "");
    let socket = guarded.get("/api/tasks").header("origin", SHOP).header("upgrade", "websocket").bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(socket.status(), StatusCode::FORBIDDEN, "no sockets");
}

#[tokio::test]
async fn by_default_there_is_none() {
    let guarded = Guarded::start().await;
    let answer =
        guarded.get("/api/tasks").header("origin", SHOP).header("sec-fetch-site", "cross-site").bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!((answer.status(), header(&answer, ALLOWED)), (StatusCode::FORBIDDEN, String::new()));
    assert_ne!(preflight(&guarded, SHOP, "/api/tasks").await.status(), StatusCode::OK);
}
