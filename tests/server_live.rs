//! The live protocol of `/ws`: resume, snapshots, bad clients, goodbye.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod support;

use darkroom::proto::{
    ids::{CommandId, Epoch, Seq, SessionId},
    limits,
    submit::Submission,
    task::{Snapshot, TaskState},
    wire::{ClientMessage, Command, PROTOCOL, Prefer, Resume, ServerMessage, Topic, close},
};
use support::{
    darkroom_server::{Both, accepted, lighthouse},
    page::Page,
};
use uuid::Uuid;

fn hello(protocol: u32) -> ClientMessage {
    ClientMessage::Hello { protocol, session: SessionId(Uuid::nil()), resume: None, topics: vec![Topic::All], prefer: Prefer::default() }
}

#[tokio::test]
async fn a_page_that_comes_back_gets_exactly_what_it_missed() {
    let both = Both::start(20.0).await;
    let addr = both.darkroom.addr;
    let mut steady = both.page().await;
    let mut left = both.page().await;
    let id = accepted(addr, Submission::TextToImage(lighthouse(1, 20))).await;
    left.until_step(id, 3).await;
    let stopped = left.state;
    steady.until_step(id, 8).await;
    let mut back = Page::resume(addr, Some(stopped.resume()), stopped.clone()).await;
    let done = back.until_over(id).await;
    assert_eq!(back.snapshots, 0, "no snapshot was needed");
    assert_eq!(back.seqs.first(), Some(&(stopped.seq.0 + 1)), "nothing skipped, nothing twice");
    assert_eq!(steady.until_over(id).await, done);
}

#[tokio::test]
async fn another_epoch_the_future_and_the_distant_past_get_a_snapshot() {
    let both = Both::start(1e9).await;
    let id = accepted(both.darkroom.addr, Submission::TextToImage(lighthouse(1, 4))).await;
    let mut page = both.page().await;
    page.until_over(id).await;
    let here = page.state.resume();
    for resume in [
        Resume { epoch: Epoch(here.epoch.0 + 1), ..here },
        Resume { seq: Seq(here.seq.0 + 1_000), ..here },
        Resume { epoch: Epoch(0), seq: Seq(0) },
    ] {
        let mut page = Page::resume(both.darkroom.addr, Some(resume), Snapshot::default()).await;
        assert!(matches!(page.hear().await, Some(ServerMessage::Snapshot { .. })), "{resume:?}");
        assert_eq!(page.state.task(id).unwrap().state, TaskState::Completed);
    }
}

#[tokio::test]
async fn a_page_that_does_not_speak_the_protocol_is_told_so() {
    let both = Both::start(1e9).await;
    let addr = both.darkroom.addr;
    let cases = [
        ("hi".to_owned(), close::BAD_MESSAGE),
        (r#"{"ping":{"t":1}}"#.to_owned(), close::BAD_MESSAGE),
        (serde_json::to_string(&hello(PROTOCOL + 1)).unwrap(), close::PROTOCOL_VERSION),
    ];
    for (text, code) in cases {
        let mut page = Page::dial(addr).await;
        page.say_text(&text).await;
        assert_eq!(page.close_code().await, code, "{text}");
    }
    let mut page = both.page().await;
    page.say_text(&"x".repeat(limits::CLIENT_MESSAGE + 1)).await;
    assert_eq!(page.close_code().await, close::TOO_BIG);
}

#[tokio::test]
async fn a_ping_comes_back_with_the_servers_time() {
    let both = Both::start(1e9).await;
    let mut page = both.page().await;
    page.say(&ClientMessage::Ping { t: 41 }).await;
    loop {
        if let Some(ServerMessage::Pong { t, now }) = page.hear().await {
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
    let command = ClientMessage::Command { id: CommandId(Uuid::from_u128(7)), command: Command::Cancel { task: id } };
    page.say(&command).await;
    page.say(&command).await;
    let mut answers = 0;
    while answers < 2 {
        if let Some(ServerMessage::Done { error, .. }) = page.hear().await {
            assert_eq!(error, None);
            answers += 1;
        }
    }
    assert_eq!(page.until_over(id).await.state, TaskState::Cancelled);
}

#[tokio::test]
async fn only_the_topics_asked_for_are_heard() {
    let both = Both::start(1e9).await;
    let mut page = Page::dial(both.darkroom.addr).await;
    page.say(&ClientMessage::Hello {
        protocol: PROTOCOL,
        session: SessionId(Uuid::nil()),
        resume: None,
        topics: Vec::new(),
        prefer: Prefer::default(),
    })
    .await;
    page.until_connected().await;
    let unheard = accepted(both.darkroom.addr, Submission::TextToImage(lighthouse(1, 4))).await;
    both.page().await.until_over(unheard).await;
    page.say(&ClientMessage::Subscribe { topic: Topic::All }).await;
    page.say(&ClientMessage::Ping { t: 0 }).await;
    while !matches!(page.hear().await, Some(ServerMessage::Pong { .. })) {}
    let heard = accepted(both.darkroom.addr, Submission::TextToImage(lighthouse(2, 4))).await;
    page.until_over(heard).await;
    assert!(page.state.task(unheard).is_none());
}

#[tokio::test]
async fn a_server_that_stops_says_that_it_will_be_back() {
    let both = Both::start(1e9).await;
    let mut page = both.page().await;
    let (stopped, code) = tokio::join!(both.darkroom.stop(), page.close_code());
    let () = stopped;
    assert_eq!(code, close::RESTARTING);
}
