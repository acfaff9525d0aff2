//! Signing in and out, what ends with a session, and data that must not leak.

use std::time::Duration;

use crate::support::{
    access::{Guarded, TOKEN, cookie_of, header},
    darkroom_server::demo_engine,
    front::{Front, SECRETS},
    process,
};
use darkroom::{
    client::{Options, execute_workflow},
    proto::{comfy::Workflow, wire::close},
};
use futures::{SinkExt, StreamExt};
use reqwest::{Client, Method, StatusCode, redirect::Policy};
use tokio::{
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

/// Timeout, so that a hang fails the test.
const PATIENCE: Duration = Duration::from_secs(60);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A WebSocket, opened like a browser does.
async fn socket(guarded: &Guarded, cookie: Option<&str>) -> Socket {
    let mut request = format!("ws://{}/ws", guarded.addr()).into_client_request().unwrap();
    request.headers_mut().insert("origin", format!("http://{}", guarded.addr()).parse().unwrap());
    if let Some(cookie) = cookie {
        request.headers_mut().insert("cookie", cookie.parse().unwrap());
    }
    connect_async(request).await.unwrap().0
}

async fn end(socket: &mut Socket) -> (u16, String) {
    loop {
        match timeout(PATIENCE, socket.next()).await.expect("an end in time") {
            Some(Ok(Message::Close(Some(frame)))) => return (frame.code.into(), frame.reason.to_string()),
            Some(Ok(_)) => {}
            other => panic!("no close frame: {other:?}"),
        }
    }
}

fn signed_out() -> (u16, String) {
    (close::NOT_ALLOWED, close::SIGNED_OUT.to_owned())
}

#[tokio::test]
async fn signing_in_leads_back_to_the_requested_page() {
    let guarded = Guarded::start().await;
    let asked = guarded.get("/queue?a=b").send().await.unwrap();
    let place = header(&asked, "location");
    assert_eq!(place, "/sign-in?next=%2Fqueue%3Fa%3Db");
    let page = guarded.get(&place).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    assert!(header(&page, "content-security-policy").contains("script-src 'self' 'nonce-"));
    let html = page.text().await.unwrap();
    for words in ["name=\"next\" value=\"/queue?a=b\"", "autocomplete=\"current-password\"", "<label for=\"token\">"] {
        assert!(html.contains(words), "{words}: {html}");
    }
    let entered = guarded.enter(&format!(" {TOKEN}\n"), "/queue?a=b").await;
    assert_eq!((entered.status(), header(&entered, "location")), (StatusCode::SEE_OTHER, "/queue?a=b".into()));
    let set = header(&entered, "set-cookie");
    for word in ["; HttpOnly", "; SameSite=Lax", "; Path=/", "; Max-Age=2592000"] {
        assert!(set.contains(word), "{set}");
    }
    assert!(!set.contains("Secure") && !set.contains(TOKEN), "{set}");
    let cookie = cookie_of(&entered);
    let queue = guarded.get("/queue").header("cookie", &cookie).send().await.unwrap();
    assert_eq!(queue.status(), StatusCode::OK);
    // A signed-in user need not sign in.
    let again = guarded.get(&place).header("cookie", &cookie).send().await.unwrap();
    assert_eq!((again.status(), header(&again, "location")), (StatusCode::SEE_OTHER, "/queue?a=b".into()));
    let settings = guarded.get("/settings").header("cookie", &cookie).send().await.unwrap().text().await.unwrap();
    assert!(settings.contains("Sign out"));
}

#[tokio::test]
async fn a_wrong_token_is_refused_and_too_many_get_a_retry_after() {
    let guarded = Guarded::start().await;
    let wrong = guarded.enter("not the token of here", "/queue").await;
    assert_eq!((wrong.status(), header(&wrong, "set-cookie")), (StatusCode::UNPROCESSABLE_ENTITY, String::new()));
    let html = wrong.text().await.unwrap();
    for words in ["role=\"alert\"", "This is not the token", "aria-invalid=\"true\"", "value=\"/queue\""] {
        assert!(html.contains(words), "{words}: {html}");
    }
    assert!(!html.contains("not the token of here"), "what was typed is not shown again");
    let mut statuses = Vec::new();
    for _ in 0..12 {
        let form = [("token", "a-wrong-token-again"), ("next", "/")];
        let response = guarded.request(Method::POST, "/sign-in").header("x-forwarded-for", "10.9.9.9").form(&form).send().await.unwrap();
        statuses.push((response.status().as_u16(), header(&response, "retry-after")));
    }
    assert!(statuses[..10].iter().all(|(status, _)| *status == 422), "{statuses:?}");
    assert!(
        statuses[10..].iter().all(|(status, after)| *status == 429 && (1..=6).contains(&after.parse::<u64>().unwrap())),
        "{statuses:?}"
    );
    // Programs at that address too; other addresses are unaffected.
    let from = |token: &str, address: &str| guarded.get("/api/tasks").header("x-forwarded-for", address).bearer_auth(token);
    let program = from("a-wrong-token-again", "10.9.9.9").send().await.unwrap();
    assert_eq!(program.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(!header(&program, "retry-after").is_empty());
    assert!(program.text().await.unwrap().contains("/api/docs#too-many-requests"));
    assert_eq!(from("a-wrong-token-again", "10.9.9.8").send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn wrong_tokens_do_not_lock_out_the_right_token_at_the_same_address() {
    const OFFICE: &str = "10.9.9.9";
    let guarded = Guarded::start().await;
    for _ in 0..15 {
        guarded.get("/api/tasks").header("x-forwarded-for", OFFICE).bearer_auth("a-wrong-token").send().await.unwrap();
    }
    let program = guarded.get("/api/tasks").header("x-forwarded-for", OFFICE).bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(program.status(), StatusCode::OK);
    let form = [("token", TOKEN), ("next", "/queue")];
    let entered = guarded.request(Method::POST, "/sign-in").header("x-forwarded-for", OFFICE).form(&form).send().await.unwrap();
    assert_eq!((entered.status(), header(&entered, "location")), (StatusCode::SEE_OTHER, "/queue".into()));
    let session = guarded.get("/queue").header("x-forwarded-for", OFFICE).header("cookie", cookie_of(&entered)).send().await.unwrap();
    assert_eq!(session.status(), StatusCode::OK);
    let guess = guarded.get("/api/tasks").header("x-forwarded-for", OFFICE).bearer_auth("a-wrong-token").send().await.unwrap();
    assert_eq!(guess.status(), StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn sign_in_redirects_only_within_this_site() {
    let guarded = Guarded::start().await;
    for next in ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/\r\nset-cookie: a=b"] {
        let entered = guarded.enter(TOKEN, next).await;
        assert_eq!((entered.status(), header(&entered, "location")), (StatusCode::SEE_OTHER, "/".into()), "{next:?}");
    }
    let page = guarded.get("/sign-in?next=%2F%22%3E%3Cscript%3E").send().await.unwrap().text().await.unwrap();
    assert!(page.contains("value=\"/&quot;&gt;&lt;script&gt;\""), "{page}");
    assert_eq!(guarded.enter("", "/").await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let large = guarded.enter(&"x".repeat(20_000), "/").await;
    assert_eq!(large.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn the_cookie_is_secure_behind_https() {
    let guarded = Guarded::start().await;
    let form = [("token", TOKEN)];
    let entered = guarded.request(Method::POST, "/sign-in").header("x-forwarded-proto", "https").form(&form).send().await.unwrap();
    let cookie = header(&entered, "set-cookie");
    assert!(cookie.split("; ").any(|word| word == "Secure"), "{cookie}");
    assert!(header(&entered, "strict-transport-security").starts_with("max-age="));
    let plain = guarded.get("/sign-in").send().await.unwrap();
    assert!(plain.headers().get("strict-transport-security").is_none());
}

#[tokio::test]
async fn signing_out_closes_all_connections_of_that_session_only() {
    let guarded = Guarded::start().await;
    let (cookie, other) = (guarded.cookie().await, guarded.cookie().await);
    let mut ours = socket(&guarded, Some(&cookie)).await;
    let mut theirs = socket(&guarded, Some(&other)).await;
    let mut events = guarded.get("/api/events?topics=all").header("cookie", &cookie).send().await.unwrap();
    assert_eq!(events.status(), StatusCode::OK);
    let left = guarded.request(Method::POST, "/sign-out").header("cookie", &cookie).send().await.unwrap();
    assert_eq!((left.status(), header(&left, "location")), (StatusCode::SEE_OTHER, "/sign-in".into()));
    assert!(header(&left, "set-cookie").contains("Max-Age=0") && header(&left, "clear-site-data") == "\"cache\"");
    assert_eq!(end(&mut ours).await, signed_out());
    timeout(PATIENCE, async { while events.chunk().await.unwrap().is_some() {} }).await.expect("the stream ends");
    let news = guarded.request(Method::POST, "/api/fn/news").header("cookie", &cookie).send().await.unwrap();
    assert_eq!(news.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(news.text().await.unwrap(), format!("SignedOut|{}", close::SIGNED_OUT));
    assert_eq!(guarded.get("/queue").header("cookie", &other).send().await.unwrap().status(), StatusCode::OK);
    theirs.send(Message::Ping("still there".into())).await.unwrap();
    let heard = timeout(PATIENCE, theirs.next()).await.expect("an answer in time");
    assert!(matches!(heard, Some(Ok(Message::Pong(_)))), "another session goes on: {heard:?}");
}

#[tokio::test]
async fn a_socket_without_a_session_is_closed_with_the_code_for_signed_out() {
    let guarded = Guarded::start().await;
    assert_eq!(end(&mut socket(&guarded, None).await).await, signed_out());
    let short = Guarded::with(|access| access.session = Duration::from_millis(1_500)).await;
    let cookie = short.cookie().await;
    let mut socket = socket(&short, Some(&cookie)).await;
    assert_eq!(end(&mut socket).await, signed_out(), "a session that is over ends what is open");
    assert_eq!(short.get("/metrics").header("cookie", &cookie).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn sign_in_pages_do_not_exist_without_a_token() {
    let open = Guarded::with(|access| access.token = None).await;
    let page = open.get("/sign-in?next=%2Fqueue").send().await.unwrap();
    assert_eq!((page.status(), header(&page, "location")), (StatusCode::SEE_OTHER, "/queue".into()));
    assert!(!open.get("/settings").send().await.unwrap().text().await.unwrap().contains("Sign out"));
}

#[tokio::test]
async fn changes_above_the_rate_limit_are_refused() {
    let guarded = Guarded::with(|access| access.requests_per_second = 1).await;
    let mut refusal = None;
    for _ in 0..50 {
        let request = guarded.request(Method::POST, "/api/queue/resume").header("x-forwarded-for", "10.8.8.8").bearer_auth(TOKEN);
        let response = request.send().await.unwrap();
        if response.status() == StatusCode::TOO_MANY_REQUESTS {
            refusal = Some((header(&response, "retry-after"), response.text().await.unwrap()));
            break;
        }
    }
    let (after, text) = refusal.expect("a limit");
    assert!(after == "1" && text.contains("too-many-requests"), "{after} {text}");
    let read = guarded.get("/api/queue").header("x-forwarded-for", "10.8.8.8").bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(read.status(), StatusCode::OK, "reading is not counted");
}

#[tokio::test]
async fn every_response_has_security_headers() {
    let guarded = Guarded::start().await;
    for path in
        ["/", "/queue", "/api/docs", "/api/tasks", "/client/example.html", "/sign-in", "/metrics", "/nowhere", "/healthz", "/api/nothing"]
    {
        for response in [guarded.get(path).send().await.unwrap(), guarded.get(path).bearer_auth(TOKEN).send().await.unwrap()] {
            let policy = header(&response, "content-security-policy");
            for word in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'"] {
                assert!(policy.contains(word), "{path}: {policy}");
            }
            assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{path}: {policy}");
            let fixed = [("x-content-type-options", "nosniff"), ("x-frame-options", "DENY"), ("referrer-policy", "same-origin")];
            let more = [("cross-origin-opener-policy", "same-origin"), ("cross-origin-resource-policy", "same-origin")];
            for (name, value) in fixed.into_iter().chain(more) {
                assert_eq!(header(&response, name), value, "{path}");
            }
        }
    }
    // Each script of a page carries that response's nonce, which is never reused.
    let mut nonces = Vec::new();
    for _ in 0..2 {
        let page = guarded.get("/").bearer_auth(TOKEN).send().await.unwrap();
        let policy = header(&page, "content-security-policy");
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        let html = page.text().await.unwrap();
        let scripts: Vec<&str> = html.split("<script").skip(1).map(|script| script.split('>').next().unwrap()).collect();
        assert!(scripts.len() > 2 && scripts.iter().all(|script| script.contains(&format!("nonce=\"{nonce}\""))), "{scripts:?}");
        assert!(!html.contains(" style="), "no style but the stylesheet's");
        nonces.push(nonce);
    }
    assert_ne!(nonces[0], nonces[1]);
}

/// This crate's client, as a remote program uses it.
#[tokio::test]
async fn a_program_runs_a_workflow_with_its_token() {
    let guarded = Guarded::start().await;
    let json = r#"{"1": {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8, "batch_size": 1, "color": 0}},
                   "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "a"}}}"#;
    let workflow = Workflow::parse(json).unwrap();
    let options = || Options::darkroom(&format!("http://{}", guarded.addr())).unwrap();
    let outcome = execute_workflow(workflow.clone(), options().token(TOKEN).unwrap(), |_| {}).await.unwrap();
    assert_eq!(outcome.kept().count(), 1);
    let without = execute_workflow(workflow.clone(), options(), |_| {}).await.unwrap_err().to_string();
    assert!(without.contains("needs a token"), "{without}");
    let wrong = execute_workflow(workflow, options().token("not-the-token-of-here").unwrap(), |_| {}).await.unwrap_err().to_string();
    assert!(wrong.contains("its token is another"), "{wrong}");
}

/// No log line contains a credential.
#[tokio::test]
async fn no_secret_is_logged_or_printed() {
    const GOOD: &str = "the-token-that-nobody-may-read";
    const THEIRS: &str = "the-token-of-a-comfyui";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, GOOD).unwrap();
    // A ComfyUI's credentials are just as secret.
    let engine = demo_engine(&folder, 1e9).await;
    let front = Front::of(engine.addr, THEIRS).await;
    let strict = Front::wanting_everything(engine.addr).await;
    let settings = format!(
        "[server]\ntoken_file = '{}'
        [[comfyui.backend]]\nurl = 'http://{}'\ntoken = '{THEIRS}'
        [[comfyui.backend]]\nurl = '{}/?token=a%2Bb'\nuser = 'me'\npassword = 'pass word'\nheaders = {{ X-API-Key = 'hush-hush' }}
        [[comfyui.backend]]\nname = 'nowhere'\nurl = 'http://127.0.0.1:1/?token=a%2Bb'",
        file.display(),
        front.addr(),
        strict.addr(),
    );
    let mut darkroom = process::darkroom_that_logs(&folder.path().join("darkroom"), &settings, "trace").await;
    let client = Client::builder().redirect(Policy::none()).build().unwrap();
    let url = |path: &str| format!("http://{}{path}", darkroom.addr);
    let entered = client.post(url("/sign-in")).form(&[("token", GOOD)]).send().await.unwrap();
    let cookie = cookie_of(&entered);
    assert!(cookie.len() > 60);
    let by_cookie = client.get(url("/queue")).header("cookie", &cookie).send().await.unwrap();
    assert_eq!(by_cookie.status(), StatusCode::OK);
    for token in [GOOD, "the-token-that-somebody-tried"] {
        client.get(url("/api/tasks")).bearer_auth(token).send().await.unwrap();
        client.post(url("/sign-in")).form(&[("token", token)]).send().await.unwrap();
    }
    while strict.handshakes() == 0 {
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(strict.refused(), 0);
    client.post(url("/sign-out")).header("cookie", &cookie).send().await.unwrap();
    darkroom.terminate().await;
    let log = darkroom.log_text();
    assert!(log.contains("a wrong token") && log.contains("TRACE"), "it does log: {log}");
    assert!(front.handshakes() > 0);
    let ours = [GOOD, THEIRS, "the-token-that-somebody-tried", cookie.split('=').nth(1).unwrap()];
    for secret in ours.into_iter().chain(SECRETS) {
        assert!(!log.contains(secret), "{secret}");
    }
}
