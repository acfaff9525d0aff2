//! Calls to receivers that behave in every way.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::{Router, body::Body, extract::Path, http::StatusCode, response::IntoResponse, routing::post};
use tokio::net::TcpListener;

use super::*;
use webhook::{Signed, verify};

const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NOW: Timestamp = Timestamp(1_795_194_714_015);

/// Answers with the status of its path, and says in its body whether the signature fits.
async fn receiver() -> u16 {
    let answer = async |Path(status): Path<u16>, headers: HeaderMap, body: String| {
        let text = |name: &str| headers.get(name).unwrap().to_str().unwrap().to_owned();
        let (id, timestamp, signature) = (text("webhook-id"), text("webhook-timestamp"), text("webhook-signature"));
        let signed = Signed { id: &id, timestamp: &timestamp, signature: &signature };
        let fits = verify(&SigningKey::parse(KEY).unwrap(), signed, body.as_bytes(), NOW.0 / 1000).is_ok();
        assert_eq!((text("content-type").as_str(), text("darkroom-event").as_str()), ("application/json", "completed"));
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

async fn call(caller: &WebhookClient, url: &str) -> Attempted {
    let key = SigningKey::parse(KEY).unwrap();
    caller.call(WebhookCall { url, id: "msg_1", event: WebhookEvent::Completed, body: "{\"a\":1}".into(), key: &key }, NOW).await
}

fn this_machine() -> WebhookClient {
    WebhookClient::with(AllowList::parse(&["127.0.0.1"]).unwrap(), Arc::new(system_lookup), Duration::from_millis(300)).unwrap()
}

#[tokio::test]
async fn each_answer_means_what_it_should() {
    let (port, caller) = (receiver().await, this_machine());
    let to = async |path: &str| call(&caller, &format!("http://127.0.0.1:{port}/{path}")).await;
    let fine = to("200").await;
    assert_eq!(
        (fine.outcome, fine.status, fine.error.as_deref(), fine.answer.as_deref()),
        (Outcome::Delivered, Some(200), None, Some("fits: true"))
    );
    let later = Outcome::Again { not_before: Some(NOW.plus_ms(120_000)) };
    let again = Outcome::Again { not_before: None };
    for (path, outcome, status) in
        [("204", Outcome::Delivered, 204), ("500", again, 500), ("429", later, 429), ("503", later, 503), ("410", Outcome::Gone, 410)]
    {
        let came = to(path).await;
        assert_eq!((came.outcome, came.status), (outcome, Some(status)), "{path}");
    }
    // Not followed: it would be delivered.
    let redirect = to("307").await;
    assert_eq!((redirect.outcome, redirect.status), (again, Some(307)));
    assert!(redirect.error.unwrap().contains("redirect"));
    let silent = to("silent").await;
    assert_eq!((silent.outcome, silent.status, silent.error.as_deref()), (again, None, Some("No answer within 0.3 s.")));
    // Of an answer without end the beginning is enough.
    let endless = to("endless").await;
    assert_eq!(endless.outcome, Outcome::Delivered);
    assert_eq!(endless.answer.unwrap().chars().count(), limits::WEBHOOK_EXCERPT);
}

#[tokio::test]
async fn nobody_there_is_said_without_what_is_secret() {
    let caller = this_machine();
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let came = call(&caller, &format!("http://127.0.0.1:{closed}/x?key=hush")).await;
    let error = came.error.unwrap();
    assert!(error.contains("could not be reached") && !error.contains("hush"), "{error}");
    assert_eq!(came.status, None);
}

#[tokio::test]
async fn a_private_address_is_refused_before_anything_is_sent() {
    let port = receiver().await;
    let nowhere = WebhookClient::new(AllowList::default()).unwrap();
    for host in ["127.0.0.1", "[::1]", "localhost", "[::ffff:127.0.0.1]", "2130706433"] {
        let came = call(&nowhere, &format!("http://{host}:{port}/200")).await;
        assert_eq!(came.status, None, "{host}");
        assert!(came.error.as_deref().unwrap().contains("--webhook-allow"), "{host}: {:?}", came.error);
    }
}

/// A name that is looked up again and leads elsewhere: the second time to where nothing may go.
#[tokio::test]
async fn a_name_that_changes_is_checked_each_time() {
    let port = receiver().await;
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let lookup = move |name: String| -> Addresses {
        assert_eq!(name, "receiver.example");
        let first = count.fetch_add(1, Ordering::SeqCst) == 0;
        let address: IpAddr = if first { [127, 0, 0, 1] } else { [127, 0, 0, 2] }.into();
        Box::pin(async move { Ok(vec![address]) })
    };
    // Standing for the public internet; 127.0.0.2 is the same machine.
    let allowed = AllowList::parse(&["127.0.0.1"]).unwrap();
    let caller = WebhookClient::with(allowed, Arc::new(lookup), Duration::from_secs(9)).unwrap();
    let url = format!("http://receiver.example:{port}/200");
    assert_eq!(call(&caller, &url).await.status, Some(200));
    let second = call(&caller, &url).await;
    assert_eq!((second.status, asked.load(Ordering::SeqCst)), (None, 2));
    assert!(second.error.unwrap().starts_with("receiver.example has a loopback address."));
}

#[test]
fn a_pause_is_asked_for_in_seconds_or_with_a_date() {
    let of = |text: &str| retry_after(&HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]), Timestamp(784_111_777_000));
    assert_eq!(of("120"), Some(Duration::from_secs(120)));
    assert_eq!(of("Sun, 06 Nov 1994 08:50:37 GMT"), Some(Duration::from_secs(60)));
    assert_eq!(of("Sun, 06 Nov 1994 08:49:00 GMT"), Some(Duration::ZERO));
    assert!(["soon", "", "-5", "1.5"].into_iter().all(|text| of(text).is_none()));
}
