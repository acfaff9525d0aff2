//! Calls to receivers that answer in all kinds of ways.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::{Router, body::Body, extract::Path, http::StatusCode, response::IntoResponse, routing::post};
use tokio::net::TcpListener;

use super::*;
use proto::webhook::WebhookEvent;
use webhook::{Signed, verify};

const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// Long enough for any machine.
const LONG: Duration = Duration::from_secs(30);
const NOW: Timestamp = Timestamp(1_795_194_714_015);

/// Responds with the status in the path; the body says whether the signature is valid.
async fn receiver() -> u16 {
    let answer = async |Path(status): Path<u16>, headers: HeaderMap, body: String| {
        let text = |name: &str| headers.get(name).unwrap().to_str().unwrap().to_owned();
        let (id, timestamp, signature) = (text("webhook-id"), text("webhook-timestamp"), text("webhook-signature"));
        let signed = Signed { id: &id, timestamp: &timestamp, signature: &signature };
        let fits = verify(&SigningKey::parse(KEY).unwrap(), signed, body.as_bytes(), NOW.0 / 1000).is_ok();
        assert_eq!(text("content-type"), "application/json");
        assert_eq!(text("darkroom-event"), "completed");
        let headers = [("retry-after", "120"), ("location", "/200")];
        (StatusCode::from_u16(status).unwrap(), headers, format!("fits: {fits}"))
    };
    let silent = async || std::future::pending::<StatusCode>().await;
    let endless = async || {
        let drip = futures::stream::unfold((), |()| async { Some((Ok::<_, std::io::Error>("\u{1b}x".repeat(1000)), ())) });
        Body::from_stream(drip).into_response()
    };
    let router = Router::new().route("/{status}", post(answer)).route("/silent", post(silent)).route("/endless", post(endless));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, router).await });
    port
}

async fn call(client: &WebhookClient, url: &str) -> Attempted {
    let key = SigningKey::parse(KEY).unwrap();
    client
        .call(
            WebhookCall { url, id: "msg_1", event: MessageEvent::Task(WebhookEvent::Completed), body: "{\"a\":1}".into(), key: &key },
            NOW,
        )
        .await
}

fn local_client(timeout: Duration) -> WebhookClient {
    WebhookClient::with(AllowList::parse(&["127.0.0.1"]).unwrap(), Arc::new(system_lookup), timeout).unwrap()
}

#[tokio::test]
async fn each_response_has_its_outcome() {
    let port = receiver().await;
    let (client, impatient) = (local_client(LONG), local_client(Duration::from_millis(300)));
    let url = |path: &str| format!("http://127.0.0.1:{port}/{path}");
    let to = async |path: &str| call(&client, &url(path)).await;
    let fine = to("200").await;
    assert_eq!(fine.outcome, AttemptOutcome::Delivered);
    assert_eq!(fine.status, Some(200));
    assert_eq!(fine.error, None);
    assert_eq!(fine.answer.as_deref(), Some("fits: true"));
    let later = AttemptOutcome::Retry { not_before: Some(NOW.plus_ms(120_000)) };
    let again = AttemptOutcome::Retry { not_before: None };
    for (path, outcome, status) in [
        ("204", AttemptOutcome::Delivered, 204),
        ("500", again, 500),
        ("429", later, 429),
        ("503", later, 503),
        ("410", AttemptOutcome::Gone, 410),
    ] {
        let attempted = to(path).await;
        assert_eq!(attempted.outcome, outcome, "{path}");
        assert_eq!(attempted.status, Some(status), "{path}");
    }
    // If the redirect were followed, the outcome would be `Delivered`.
    let redirect = to("307").await;
    assert_eq!(redirect.outcome, again);
    assert_eq!(redirect.status, Some(307));
    assert!(redirect.error.unwrap().contains("redirect"));
    let silent = call(&impatient, &url("silent")).await;
    assert_eq!(silent.outcome, again);
    assert_eq!(silent.status, None);
    assert_eq!(silent.error.as_deref(), Some("No answer within 0.3 s."));
    // Only the beginning of an endless body is read.
    let endless = to("endless").await;
    assert_eq!(endless.outcome, AttemptOutcome::Delivered);
    assert_eq!(endless.answer.unwrap().chars().count(), limits::WEBHOOK_EXCERPT);
}

#[tokio::test]
async fn a_connection_error_does_not_show_the_url() {
    let client = local_client(LONG);
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let attempted = call(&client, &format!("http://127.0.0.1:{closed}/x?key=hush")).await;
    let error = attempted.error.unwrap();
    assert!(error.contains("could not be reached") && !error.contains("hush"), "{error}");
    assert_eq!(attempted.status, None);
}

#[tokio::test]
async fn a_private_address_is_refused_before_anything_is_sent() {
    let port = receiver().await;
    let nowhere = WebhookClient::new(AllowList::default()).unwrap();
    for host in ["127.0.0.1", "[::1]", "localhost", "[::ffff:127.0.0.1]", "2130706433"] {
        let attempted = call(&nowhere, &format!("http://{host}:{port}/200")).await;
        assert_eq!(attempted.status, None, "{host}");
        assert!(attempted.error.as_deref().unwrap().contains("--webhook-allow"), "{host}: {:?}", attempted.error);
    }
}

/// A name that resolves to another address the second time, which is not allowed.
#[tokio::test]
async fn a_host_name_is_checked_at_each_call() {
    let port = receiver().await;
    let lookups = Arc::new(AtomicUsize::new(0));
    let count = lookups.clone();
    let lookup = move |name: String| -> Addresses {
        assert_eq!(name, "receiver.example");
        let first = count.fetch_add(1, Ordering::SeqCst) == 0;
        let address: IpAddr = if first { [127, 0, 0, 1] } else { [127, 0, 0, 2] }.into();
        Box::pin(async move { Ok(vec![address]) })
    };
    // 127.0.0.1 stands for a public address, and 127.0.0.2 (the same machine) for a private one.
    let allowed = AllowList::parse(&["127.0.0.1"]).unwrap();
    let client = WebhookClient::with(allowed, Arc::new(lookup), Duration::from_secs(9)).unwrap();
    let url = format!("http://receiver.example:{port}/200");
    assert_eq!(call(&client, &url).await.status, Some(200));
    let second = call(&client, &url).await;
    assert_eq!(second.status, None);
    assert_eq!(lookups.load(Ordering::SeqCst), 2);
    assert!(second.error.unwrap().starts_with("receiver.example has a loopback address."));
}

#[test]
fn retry_after_is_in_seconds_or_a_date() {
    let of = |text: &str| retry_after(&HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]), Timestamp(784_111_777_000));
    assert_eq!(of("120"), Some(Duration::from_secs(120)));
    assert_eq!(of("Sun, 06 Nov 1994 08:50:37 GMT"), Some(Duration::from_secs(60)));
    assert_eq!(of("Sun, 06 Nov 1994 08:49:00 GMT"), Some(Duration::ZERO));
    assert!(["soon", "", "-5", "1.5"].into_iter().all(|text| of(text).is_none()));
}
