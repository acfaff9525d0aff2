//! At a server that reads bytes only when it is told to.

use std::sync::Mutex;

use proptest::prelude::*;
use proto::link::BreakerConfig;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::oneshot,
};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::{BootInstant, ChangeRight, ComfyClient, Endpoint};

const LONG: Duration = Duration::from_secs(600);

fn right() -> ChangeRight {
    let right = ChangeRight::new(CancellationToken::new());
    right.extend_to(BootInstant::now().plus(LONG));
    right
}

fn client(base: &str, right: ChangeRight) -> ComfyClient {
    let mut endpoint = Endpoint::parse(base).unwrap();
    endpoint.access.bearer("hush").unwrap();
    let breaker = BreakerConfig { failures: 1, ..BreakerConfig::default() };
    ComfyClient::new(endpoint, breaker, "me".into(), Arc::new(()), Duration::from_secs(60)).unwrap().guarded(right).unwrap()
}

/// A port with a small buffer, so that the rest of a long request stays with its sender.
fn listener() -> (TcpListener, String) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4 << 10).unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let listener = socket.listen(16).unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    (listener, base)
}

/// Reads until the head of a request is there, and so much of its body.
async fn read_request(stream: &mut TcpStream, body: usize) -> String {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some(head) = text.find("\r\n\r\n").filter(|head| bytes.len() >= head + 4 + body) {
            return text[..head + 4 + body].to_lowercase();
        }
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0, "it ended: {text}");
    }
}

async fn answer(stream: &mut TcpStream, status: &str, more: &str, body: &str) {
    let head = format!("HTTP/1.1 {status}\r\n{more}content-length: {}\r\n\r\n", body.len());
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
}

fn body(bytes: usize) -> serde_json::Value {
    serde_json::json!({"text": "x".repeat(bytes)})
}

#[tokio::test]
async fn a_request_arrives_as_by_any_other_client_and_redirects_are_followed() {
    let (listener, base) = listener();
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let first = read_request(&mut stream, 12).await;
        answer(&mut stream, "307 Temporary Redirect", "location: /other/free?token=a\r\n", "").await;
        let (mut stream, _) = listener.accept().await.unwrap();
        let second = read_request(&mut stream, 12).await;
        answer(&mut stream, "200 OK", "", "").await;
        (first, second)
    });
    client(&format!("{base}/comfy?token=a"), right()).free(&body(1)).await.unwrap();
    let (first, second) = serving.await.unwrap();
    assert!(
        first.starts_with("post /comfy/free?token=a http/1.1\r\n") && second.starts_with("post /other/free?token=a "),
        "{first} {second}"
    );
    for line in ["content-length: 12\r\n", "authorization: bearer hush\r\n", "content-type: application/json\r\n", "host: 127.0.0.1:"] {
        assert!(first.contains(line) && second.contains(line), "{line}: {first} {second}");
    }
    assert!(first.ends_with(r#"{"text":"x"}"#), "{first}");
}

#[tokio::test]
async fn without_a_right_nobody_is_called_and_nothing_is_concluded_about_comfyui() {
    let (listener, base) = listener();
    let over = right();
    over.end();
    let client = client(&base, over);
    let error = client.free(&body(1)).await.unwrap_err();
    assert!(matches!(error, ComfyError::NotAllowed) && error.never_arrived() && error.refusal().is_none(), "{error:?}");
    assert_eq!(client.retry_in(), None, "the breaker stays closed");
    tokio::select! {
        biased;
        _ = listener.accept() => panic!("called all the same"),
        () = tokio::task::yield_now() => {}
    }
}

#[tokio::test]
async fn a_request_of_its_own_time_ends_with_it() {
    let (listener, base) = listener();
    let late = client(&base, right()).until(BootInstant::now());
    assert!(matches!(late.free(&body(1)).await, Err(ComfyError::NotAllowed)));
    // A file may still be sent.
    drop(listener);
    let sent = late.put_file("input", "", "a", vec![1]).await;
    assert!(sent.as_ref().is_err_and(ComfyError::is_refused), "{sent:?}");
}

/// The rest is with the sender, in the HTTP library and in the kernel, when the right ends: nothing that is not in the kernel yet arrives.
#[tokio::test]
async fn a_request_is_torn_off_in_the_middle() {
    let (listener, base) = listener();
    let right = right();
    let client = client(&base, right.clone());
    let (length, (told, stopped)) = (32 << 20, oneshot::channel());
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_request(&mut stream, 1).await;
        told.send(()).unwrap();
        // All that comes, until the other side ends.
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        rest.len()
    });
    let ending = async {
        stopped.await.unwrap();
        right.end();
    };
    let body = body(length);
    let (sent, ()) = tokio::join!(client.free(&body), ending);
    assert!(matches!(sent, Err(ComfyError::NotAllowed)), "{sent:?}");
    assert!(serving.await.unwrap() < length);
    assert_eq!(client.retry_in(), None, "the breaker stays closed");
}

#[tokio::test]
async fn the_end_of_the_right_changes_nothing_for_a_request_that_has_left() {
    let (listener, base) = listener();
    let right = right();
    let client = client(&base, right.clone());
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_request(&mut stream, 12).await;
        right.end();
        answer(&mut stream, "200 OK", "", "").await;
        // The next one is lost after it has arrived: that it did is not denied.
        right.extend_to(BootInstant::now().plus(LONG));
        let (mut stream, _) = listener.accept().await.unwrap();
        read_request(&mut stream, 12).await;
        right.end();
    });
    client.free(&body(1)).await.unwrap();
    let lost = client.free(&body(1)).await.unwrap_err();
    assert!(!lost.never_arrived(), "{lost:?}");
    serving.await.unwrap();
}

#[tokio::test]
async fn an_answer_that_does_not_come_ends_with_the_time_of_the_request() {
    let (listener, base) = listener();
    let client = GuardedClient::new(&EndpointAccess::default(), LONG, LONG, WriteGuard { right: right(), until: None }).unwrap();
    let request = reqwest::Client::new().post(base).timeout(Duration::from_millis(1)).body("all of it").build().unwrap();
    let error = client.execute(request).await.unwrap_err();
    assert!(matches!(error, ComfyError::Late(_)) && !error.never_arrived(), "{error:?}");
    drop(listener);
}

#[tokio::test]
async fn a_closed_port_is_told_from_other_failures() {
    let (listener, base) = listener();
    drop(listener);
    let error = client(&base, right()).free(&body(1)).await.unwrap_err();
    assert!(error.is_refused() && error.never_arrived(), "{error:?}");
    assert!(error.to_string().starts_with("ComfyUI was not reached: ") && error.to_string().contains("refused"), "{error}");
}

#[tokio::test]
async fn proxies_of_the_environment_are_used() {
    let (listener, base) = listener();
    let proxy = base.replacen("//", "//user:word@", 1);
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = asked.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let request = read_request(&mut stream, 0).await;
            let status = if request.starts_with("connect") { "502 Bad Gateway" } else { "200 OK" };
            seen.lock().unwrap().push(request);
            answer(&mut stream, status, "", "").await;
        }
    });
    let mut client = GuardedClient::new(&EndpointAccess::default(), LONG, LONG, WriteGuard { right: right(), until: None }).unwrap();
    client.proxies = Arc::new(Matcher::builder().all(proxy).no("direct.example").build());
    let post = |url: &str| client.execute(reqwest::Client::new().post(url).build().unwrap());
    assert!(post("http://pod.example/comfy/free").await.unwrap().status().is_success());
    assert!(post("https://pod.example/comfy/free").await.is_err());
    let asked = asked.lock().unwrap();
    assert!(asked[0].starts_with("post http://pod.example/comfy/free http/1.1\r\n"), "{asked:?}");
    assert!(asked[1].starts_with("connect pod.example:443 http/1.1\r\n"), "{asked:?}");
    assert!(asked.iter().all(|request| request.contains("proxy-authorization: basic dxnlcjp3b3jk\r\n")), "{asked:?}");
}

proptest! {
    /// However a body is cut into pieces, and whenever the right ends: what has not left is denied, and what has is not.
    #[test]
    fn a_request_arrives_as_a_whole_or_is_denied(pieces in prop::collection::vec(1..40_000_usize, 1..12), end_after in 0..300_000_usize) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (listener, base) = listener();
            let right = right();
            let client = GuardedClient::new(&EndpointAccess::default(), LONG, LONG, WriteGuard { right: right.clone(), until: None }).unwrap();
            let whole: usize = pieces.iter().sum();
            let serving = tokio::spawn(async move {
                let (mut stream, _) = listener.accept().await.unwrap();
                let (mut bytes, mut ended) = (Vec::new(), false);
                loop {
                    if !ended && bytes.len() >= end_after {
                        ended = true;
                        right.end();
                    }
                    if bytes.ends_with(b"0\r\n\r\n") {
                        answer(&mut stream, "200 OK", "", "").await;
                        return true;
                    }
                    if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
                        return false;
                    }
                }
            });
            let pieces = futures::stream::iter(pieces.into_iter().map(|length| Ok::<_, std::io::Error>(vec![b'x'; length])));
            let request = reqwest::Client::new().post(base).body(Body::wrap_stream(pieces)).build().unwrap();
            let sent = client.execute(request).await;
            let arrived = serving.await.unwrap();
            match sent {
                Ok(_) => prop_assert!(arrived),
                Err(ComfyError::NotAllowed) => prop_assert!(!arrived, "denied after it arrived, of {}", whole),
                Err(error) => prop_assert!(!error.never_arrived(), "{:?}", error),
            }
            Ok(())
        })?;
    }
}
