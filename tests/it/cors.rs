//! Pages of other sites that may use the API, and those that may not.

use crate::{
    gateway_stage::GatewayStage,
    support::access::{Guarded, TOKEN, header},
};
use darkroom::server::config::Secret;
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

/// `EventSource` can send no header.
#[tokio::test]
async fn event_streams_take_the_token_in_their_address_and_nothing_else_does() {
    let guarded = darkroom().await;
    let nobody = uuid::Uuid::nil();
    let get = async |path: &str, query: &str| {
        let request = guarded.get(&format!("{path}{query}")).header("origin", SHOP).header("sec-fetch-site", "cross-site");
        let answer = request.header("sec-fetch-mode", "cors").header("accept", "text/event-stream").send().await.unwrap();
        (answer.status(), header(&answer, ALLOWED))
    };
    let streams = [
        ("/api/events?topics=all".to_owned(), StatusCode::OK),
        ("/api/outputs/events".to_owned(), StatusCode::OK),
        ("/api/external-tasks/events".to_owned(), StatusCode::OK),
        ("/api/projects/events/stream".to_owned(), StatusCode::OK),
        (format!("/api/projects/{nobody}/events/stream"), StatusCode::NOT_FOUND),
        (format!("/progress/{nobody}"), StatusCode::NOT_FOUND),
        (format!("/api/v2/jobs/{nobody}/events"), StatusCode::NOT_FOUND),
    ];
    for (path, expected) in &streams {
        let and = if path.contains('?') { '&' } else { '?' };
        assert_eq!(get(path, &format!("{and}token={TOKEN}")).await, (*expected, SHOP.into()), "{path}");
        assert_eq!(get(path, &format!("{and}token=wrong")).await, (StatusCode::UNAUTHORIZED, SHOP.into()), "{path}");
        assert_eq!(get(path, "").await, (StatusCode::UNAUTHORIZED, SHOP.into()), "{path}");
    }
    // The other parameters are read as before.
    assert_eq!(get("/api/outputs/events", &format!("?q=lighthouse&token={TOKEN}")).await.0, StatusCode::OK);
    assert_eq!(get("/api/outputs/events", &format!("?nonsense=1&token={TOKEN}")).await.0, StatusCode::BAD_REQUEST);
    for path in ["/api/tasks", "/api/v2/jobs", "/api/queue", "/api/outputs"] {
        assert_eq!(get(path, &format!("?token={TOKEN}")).await.0, StatusCode::UNAUTHORIZED, "{path}");
    }
    let post = guarded.request(Method::POST, &format!("/api/events?token={TOKEN}")).header("origin", SHOP).json(&json!({})).send().await;
    assert_eq!(post.unwrap().status(), StatusCode::UNAUTHORIZED, "what is sent has a header");
    let foreign = guarded.get(&format!("/api/events?topics=all&token={TOKEN}")).header("origin", "https://evil.example");
    assert_eq!(foreign.header("sec-fetch-site", "cross-site").send().await.unwrap().status(), StatusCode::FORBIDDEN);
    let page = guarded.get(&format!("/queue?token={TOKEN}")).send().await.unwrap();
    assert!(page.status().is_redirection(), "not a page either");
}

#[tokio::test]
async fn the_gateway_is_for_pages_of_configured_sites_too() {
    let stage = GatewayStage::of(1, |config| {
        config.access.token = Some(Secret::new(TOKEN.into()));
        config.access.cors_origins = vec![SHOP.into()];
    })
    .await;
    for base in [format!("http://{}", stage.addr), format!("http://{}/comfy", stage.darkroom.addr)] {
        let ask = |method: Method, path: &str, origin: &str| {
            let request = stage.http.request(method, format!("{base}{path}"));
            request.header("origin", origin).header("sec-fetch-site", "cross-site").header("sec-fetch-mode", "cors")
        };
        let asked = ask(Method::OPTIONS, "/prompt", SHOP).header("access-control-request-method", "POST");
        let asked = asked.header("access-control-request-headers", "authorization,comfy-user").send().await.unwrap();
        assert_eq!((asked.status(), header(&asked, ALLOWED)), (StatusCode::OK, SHOP.into()));
        assert_eq!(header(&asked, "access-control-allow-headers"), "authorization,comfy-user");
        for path in ["/queue", "/api/queue", "/object_info/KSampler", "/api/extensions"] {
            let answer = ask(Method::GET, path, SHOP).bearer_auth(TOKEN).send().await.unwrap();
            let allowed: Vec<_> = answer.headers().get_all(ALLOWED).iter().collect();
            assert_eq!((answer.status(), allowed), (StatusCode::OK, vec![&SHOP.parse().unwrap()]), "{path}");
            let refused = ask(Method::GET, path, SHOP).send().await.unwrap();
            assert_eq!((refused.status(), header(&refused, ALLOWED)), (StatusCode::UNAUTHORIZED, SHOP.into()), "{path}");
            let foreign = ask(Method::GET, path, "https://evil.example").bearer_auth(TOKEN).send().await.unwrap();
            assert_eq!((foreign.status(), header(&foreign, ALLOWED)), (StatusCode::FORBIDDEN, String::new()), "{path}");
        }
        let posted = ask(Method::POST, "/prompt", SHOP).bearer_auth(TOKEN).body("{}").send().await.unwrap();
        assert_eq!((posted.status(), header(&posted, ALLOWED)), (StatusCode::BAD_REQUEST, SHOP.into()), "it has no prompt");
        let socket = ask(Method::GET, &format!("/ws?clientId=a&token={TOKEN}"), SHOP).header("connection", "upgrade");
        let socket = socket.header("upgrade", "websocket").header("sec-websocket-version", "13");
        let socket = socket.header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==").send().await.unwrap();
        assert_eq!(socket.status(), StatusCode::SWITCHING_PROTOCOLS);
    }
}
