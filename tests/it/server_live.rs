//! The live protocol of `/ws`: resume, snapshots, bad clients, shutdown.

use std::net::SocketAddr;

use crate::support::{
    darkroom_server::{Both, accepted, command, darkroom_with, lighthouse, order},
    page::Page,
    proxy::{Proxy, Way},
};
use darkroom::{
    proto::{
        ids::{CommandId, Epoch, Seq, SessionId},
        limits,
        outbox::{Answer, Order},
        submit::Submission,
        task::{Snapshot, TaskState},
        wire::{ClientMessage, Command, PROTOCOL, Prefer, Resume, ServerMessage, Topic, close},
    },
    server::config::Config,
};
use uuid::Uuid;

fn hello(protocol: u32) -> ClientMessage {
    ClientMessage::Hello { protocol, session: SessionId(Uuid::nil()), resume: None, topics: vec![Topic::All], prefer: Prefer::default() }
}

#[tokio::test]
async fn a_page_that_reconnects_gets_exactly_the_missed_changes() {
    let both = Both::start(20.0).await;
    let addr = both.darkroom.addr;
    let mut steady = both.page().await;
    let mut left = both.page().await;
    let id = accepted(addr, Submission::TextToImage(lighthouse(1, 20))).await;
    left.until_step(id, 3).await;
    let stopped = left.state;
    steady.until_step(id, 8).await;
    let mut back = Page::resume(addr, Some(stopped.resume()), stopped.clone()).await;
    let done = back.until_ended(id).await;
    assert_eq!(back.snapshots, 0, "no snapshot was needed");
    assert!(back.seqs[0] > stopped.seq.0 && back.seqs.is_sorted(), "nothing twice: {:?} after {:?}", back.seqs, stopped.seq);
    assert_eq!(steady.until_ended(id).await, done);
}

#[tokio::test]
async fn resuming_from_an_unknown_epoch_or_position_gets_a_snapshot() {
    let both = Both::start(1e9).await;
    let id = accepted(both.darkroom.addr, Submission::TextToImage(lighthouse(1, 4))).await;
    let mut page = both.page().await;
    page.until_ended(id).await;
    let here = page.state.resume();
    for resume in [
        Resume { epoch: Epoch(here.epoch.0 + 1), ..here },
        Resume { seq: Seq(here.seq.0 + 1_000), ..here },
        Resume { epoch: Epoch(0), seq: Seq(0) },
    ] {
        let mut page = Page::resume(both.darkroom.addr, Some(resume), Snapshot::default()).await;
        assert!(matches!(page.receive().await, Some(ServerMessage::Snapshot { .. })), "{resume:?}");
        // It may be that of a page that came before, with what happened since behind it.
        assert_eq!(page.until_ended(id).await.state, TaskState::Completed);
    }
}

#[tokio::test]
async fn a_page_that_violates_the_protocol_is_closed_with_a_code() {
    let both = Both::start(1e9).await;
    let addr = both.darkroom.addr;
    let cases = [
        ("hi".to_owned(), close::BAD_MESSAGE),
        (r#"{"ping":{"t":1}}"#.to_owned(), close::BAD_MESSAGE),
        (serde_json::to_string(&hello(PROTOCOL + 1)).unwrap(), close::PROTOCOL_VERSION),
    ];
    for (text, code) in cases {
        let mut page = Page::dial(addr).await;
        page.send_text(&text).await;
        assert_eq!(page.close_code().await, code, "{text}");
    }
    let mut page = both.page().await;
    page.send_text(r#"{"subscribe":{"topic":"all"}}"#).await;
    assert_eq!(page.close_code().await, close::BAD_MESSAGE, "topics are chosen in the hello");
    let mut page = both.page().await;
    page.send_text(&"x".repeat(limits::CLIENT_MESSAGE + 1)).await;
    assert_eq!(page.close_code().await, close::TOO_BIG);
    let mut page = both.page().await;
    for t in 0..2 * u64::from(limits::CLIENT_BURST) {
        page.send(&ClientMessage::Ping { t }).await;
    }
    assert_eq!(page.close_code().await, close::TOO_MANY);
}

/// Only the handshake of a page of `origin`.
async fn handshake(addr: SocketAddr, origin: &str) -> reqwest::Response {
    let fields = [
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("origin", origin),
    ];
    let request = reqwest::Client::new().get(format!("http://{addr}/ws"));
    fields.into_iter().fold(request, |request, (name, value)| request.header(name, value)).send().await.unwrap()
}

#[tokio::test]
async fn a_page_of_another_site_gets_no_connection() {
    let both = Both::start(1e9).await;
    let addr = both.darkroom.addr;
    assert_eq!(handshake(addr, "http://evil.example").await.status(), 403);
    assert_eq!(handshake(addr, &format!("http://{addr}")).await.status(), 101);
}

#[tokio::test]
async fn a_page_over_the_limit_of_connections_is_closed_with_try_again_later() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config { data: folder.path().into(), max_connections: 1, ..Config::default() };
    let darkroom = darkroom_with(config).await;
    let page = Page::open(darkroom.addr).await;
    let origin = format!("http://{}", darkroom.addr);
    let answer = handshake(darkroom.addr, &origin).await;
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers()["retry-after"], "30");
    drop(page);
    while handshake(darkroom.addr, &origin).await.status() != 101 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn previews_are_sent_only_to_pages_that_prefer_them() {
    let both = Both::start(20.0).await;
    let addr = both.darkroom.addr;
    let mut quiet = Page::dial(addr).await;
    let prefer = Prefer { previews: false, tick_ms: 1_000 };
    let hello =
        ClientMessage::Hello { protocol: PROTOCOL, session: SessionId(Uuid::nil()), resume: None, topics: vec![Topic::All], prefer };
    quiet.send(&hello).await;
    let id = accepted(addr, Submission::TextToImage(lighthouse(1, 40))).await;
    let mut loud = both.page().await;
    loud.until_step(id, 5).await;
    assert!(!loud.previews.is_empty());
    quiet.until_step(id, 5).await;
    assert_eq!(quiet.previews, []);
    quiet.send(&ClientMessage::Prefer(Prefer::default())).await;
    let done = quiet.until_ended(id).await;
    assert!(!quiet.previews.is_empty());
    assert_eq!(loud.until_ended(id).await, done);
}

/// Fault row 21.
#[tokio::test]
async fn a_page_that_does_not_read_delays_no_other_and_converges() {
    let both = Both::start(1e9).await;
    let proxy = Proxy::before(both.darkroom.addr).await;
    let mut stuck = Page::open(proxy.addr).await;
    let mut steady = both.page().await;
    proxy.rules(Way::Down, |rules| rules.blackhole = true);
    let mut ids = Vec::new();
    for seed in 0..4 {
        ids.push(accepted(both.darkroom.addr, Submission::TextToImage(lighthouse(seed, 4))).await);
    }
    let are_kept = |state: &Snapshot| {
        let mut tasks = ids.iter().map(|id| state.task(*id));
        tasks.all(|task| task.is_some_and(|task| task.state.is_final() && task.outputs.iter().all(|output| output.storage.is_kept())))
    };
    steady.until(are_kept).await;
    proxy.pass();
    stuck.until(are_kept).await;
    for id in &ids {
        assert_eq!(stuck.state.task(*id), steady.state.task(*id));
    }
    assert!(stuck.seqs.is_sorted());
}

#[tokio::test]
async fn a_ping_comes_back_with_the_servers_time() {
    let both = Both::start(1e9).await;
    let mut page = both.page().await;
    page.send(&ClientMessage::Ping { t: 41 }).await;
    loop {
        if let Some(ServerMessage::Pong { t, now }) = page.receive().await {
            assert!(t == 41 && now.0 > 1_700_000_000_000);
            return;
        }
    }
}

#[tokio::test]
async fn a_command_sent_twice_acts_once_and_is_answered_twice() {
    let both = Both::start(20.0).await;
    let mut page = both.page().await;
    let id = accepted(both.darkroom.addr, Submission::TextToImage(lighthouse(1, 100))).await;
    page.until_step(id, 1).await;
    let send = || order(both.darkroom.addr, CommandId(Uuid::from_u128(7)), Order::Command(Command::Cancel { task: id }));
    let (first, second) = tokio::join!(send(), send());
    assert_eq!(first, Answer::Done { task: None });
    assert_eq!(second, Answer::Done { task: None });
    assert_eq!(page.until_ended(id).await.state, TaskState::Cancelled);
}

#[tokio::test]
async fn a_page_gets_only_its_topics() {
    let both = Both::start(1e9).await;
    let addr = both.darkroom.addr;
    let mut steady = both.page().await;
    command(addr, Command::PauseQueue { paused: true }).await;
    let unheard = accepted(addr, Submission::TextToImage(lighthouse(1, 4))).await;
    let heard = accepted(addr, Submission::TextToImage(lighthouse(2, 4))).await;
    let mut page = Page::dial(addr).await;
    page.send(&ClientMessage::Hello {
        protocol: PROTOCOL,
        session: SessionId(Uuid::nil()),
        resume: None,
        topics: vec![Topic::Task(heard)],
        prefer: Prefer::default(),
    })
    .await;
    page.until(|state| state.task(heard).is_some()).await;
    assert!(page.state.task(unheard).is_none(), "its snapshot has what it follows");
    command(addr, Command::PauseQueue { paused: false }).await;
    page.until_ended(heard).await;
    for id in [heard, unheard] {
        steady.until_ended(id).await;
    }
    // Of the queue, so everyone gets it: whatever came before it has arrived, too.
    command(addr, Command::PauseQueue { paused: true }).await;
    page.until(|state| state.queue_paused).await;
    assert!(page.state.task(unheard).is_none());
}

#[tokio::test]
async fn a_stopping_server_closes_sockets_with_1012() {
    let both = Both::start(1e9).await;
    let mut page = both.page().await;
    let (stopped, code) = tokio::join!(both.darkroom.stop(), page.close_code());
    let () = stopped;
    assert_eq!(code, close::RESTARTING);
}
