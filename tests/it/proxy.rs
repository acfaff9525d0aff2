//! The fault proxy commits exactly the configured faults.

use std::{
    io::ErrorKind,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::support::proxy::{Proxy, Way, until_idle};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    time::{Instant, sleep, timeout},
};

const SILENCE: Duration = Duration::from_millis(150);
const PATIENCE: Duration = Duration::from_secs(60);

/// An echo server that counts the received bytes.
async fn echo() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let arrived = Arc::new(AtomicUsize::new(0));
    let count = arrived.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let count = count.clone();
            tokio::spawn(async move {
                let mut buffer = [0; 4096];
                while let Ok(length @ 1..) = stream.read(&mut buffer).await {
                    count.fetch_add(length, Ordering::SeqCst);
                    if stream.write_all(&buffer[..length]).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    (addr, arrived)
}

async fn through() -> (Proxy, TcpStream, Arc<AtomicUsize>) {
    let (addr, arrived) = echo().await;
    let proxy = Proxy::before(addr).await;
    let stream = TcpStream::connect(proxy.addr).await.unwrap();
    proxy.until_connections(|count| *count == 1).await;
    (proxy, stream, arrived)
}

async fn until(holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, waiting).await.expect("it comes to pass");
}

/// Sends a word and reads it back.
async fn ask(stream: &mut TcpStream, word: &str) -> std::io::Result<String> {
    stream.write_all(word.as_bytes()).await?;
    let mut answer = vec![0; word.len()];
    timeout(PATIENCE, stream.read_exact(&mut answer)).await.expect("an answer in time")?;
    Ok(String::from_utf8(answer).unwrap())
}

#[tokio::test]
async fn without_orders_the_proxy_passes_everything() {
    let (_proxy, mut stream, _) = through().await;
    let long = "word ".repeat(20_000);
    let (mut read, mut write) = stream.split();
    let sent = long.clone();
    let writing = async move { write.write_all(sent.as_bytes()).await.unwrap() };
    let mut back = vec![0; long.len()];
    let ((), read) = tokio::join!(writing, read.read_exact(&mut back));
    read.unwrap();
    assert_eq!(back, long.as_bytes());
}

#[tokio::test]
async fn a_reset_is_seen_as_one_and_a_close_as_an_end() {
    let (proxy, mut stream, _) = through().await;
    proxy.reset();
    assert_eq!(stream.read(&mut [0]).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    let mut stream = TcpStream::connect(proxy.addr).await.unwrap();
    ask(&mut stream, "again").await.unwrap();
    proxy.close();
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_blackhole_delivers_its_bytes_after_it_is_lifted() {
    let (proxy, mut stream, arrived) = through().await;
    proxy.blackhole(true);
    assert!(timeout(SILENCE, ask(&mut stream, "lost")).await.is_err());
    assert_eq!(arrived.load(Ordering::SeqCst), 0);
    proxy.pass();
    let mut answer = [0; 4];
    timeout(PATIENCE, stream.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(&answer, b"lost");
    // One direction: the word arrives, the echo does not.
    proxy.rules(Way::Down, |rules| rules.blackhole = true);
    stream.write_all(b"heard").await.unwrap();
    until(|| arrived.load(Ordering::SeqCst) == 9).await;
    assert!(timeout(SILENCE, stream.read(&mut [0])).await.is_err());
}

#[tokio::test]
async fn slices_and_throttles_change_no_byte() {
    let (proxy, mut stream, _) = through().await;
    proxy.rules(Way::Up, |rules| rules.slice = true);
    assert_eq!(ask(&mut stream, "letters").await.unwrap(), "letters");
    proxy.pass();
    proxy.rules(Way::Down, |rules| rules.throttle = Some(100));
    assert_eq!(ask(&mut stream, &"x".repeat(40)).await.unwrap(), "x".repeat(40));
    // A byte per second takes an hour: a later request on another connection is answered first.
    proxy.rules(Way::Down, |rules| rules.throttle = Some(1));
    let long = "x".repeat(3_600);
    stream.write_all(long.as_bytes()).await.unwrap();
    stream.read_exact(&mut [0]).await.unwrap();
    let (_other, mut free, _) = through().await;
    ask(&mut free, &long).await.unwrap();
    let mut rest = [0; 3_600];
    let read = stream.try_read(&mut rest).unwrap_or(0);
    assert!(read < 1_800, "{read} bytes of the slow one");
}

#[tokio::test]
async fn a_connection_ends_after_so_many_bytes() {
    let (proxy, mut stream, arrived) = through().await;
    proxy.rules(Way::Down, |rules| rules.close_after = Some(3));
    stream.write_all(b"abcdef").await.unwrap();
    let mut all = Vec::new();
    let _ = stream.read_to_end(&mut all).await;
    assert_eq!(all, b"abc");
    assert_eq!(arrived.load(Ordering::SeqCst), 6);
    proxy.pass();
    proxy.rules(Way::Up, |rules| rules.close_after = Some(2));
    let mut stream = TcpStream::connect(proxy.addr).await.unwrap();
    stream.write_all(b"abcdef").await.unwrap();
    let _ = stream.read_to_end(&mut all).await;
    proxy.until_connections(|count| *count == 0).await;
    // The end may overtake the bytes; at most two ever arrive.
    assert!((6..=8).contains(&arrived.load(Ordering::SeqCst)));
}

#[tokio::test]
async fn idle_connections_are_cut() {
    let (proxy, mut stream, _) = through().await;
    proxy.cut_idle_after(Some(Duration::from_secs(3_600)));
    ask(&mut stream, "busy").await.unwrap();
    proxy.cut_idle_after(Some(Duration::from_millis(10)));
    assert_eq!(timeout(PATIENCE, stream.read(&mut [0])).await.expect("cut").unwrap_or(0), 0);
}

/// With paused time, which only advances when all tasks are idle.
#[tokio::test(start_paused = true)]
async fn busy_connections_are_not_idle() {
    const LIMIT: Duration = Duration::from_millis(600);
    let settings = watch::Sender::new(Some(LIMIT));
    let (alive, mut lively) = watch::channel(Instant::now());
    let begun = Instant::now();
    let busy = async {
        // Longer than the limit in total, but never idle that long.
        for _ in 0..8 {
            sleep(LIMIT / 2).await;
            alive.send_replace(Instant::now());
        }
        std::future::pending().await
    };
    tokio::select! {
        () = until_idle(&mut lively, settings.subscribe()) => {}
        () = busy => {}
    }
    assert_eq!(begun.elapsed(), 8 * (LIMIT / 2) + LIMIT);
}

#[tokio::test]
async fn new_connections_are_refused_and_old_ones_stay() {
    let (proxy, mut stream, _) = through().await;
    proxy.refuse(true);
    let refused = match TcpStream::connect(proxy.addr).await {
        Ok(mut refused) => refused.read(&mut [0]).await.is_err(),
        Err(_) => true,
    };
    assert!(refused);
    ask(&mut stream, "old").await.unwrap();
    proxy.pass();
    let mut stream = TcpStream::connect(proxy.addr).await.unwrap();
    ask(&mut stream, "new").await.unwrap();
}

#[tokio::test]
async fn a_chosen_request_is_lost_before_or_after_it_arrives() {
    let (proxy, mut stream, arrived) = through().await;
    proxy.cut_reply("POST /prompt", 1);
    ask(&mut stream, "GET /queue").await.unwrap();
    ask(&mut stream, "POST /prompt 1").await.unwrap();
    assert!(ask(&mut stream, "POST /prompt 2").await.is_err());
    assert_eq!(arrived.load(Ordering::SeqCst), 10 + 14 + 14, "it arrived");

    proxy.cut_request("POST /prompt", 0);
    let mut stream = TcpStream::connect(proxy.addr).await.unwrap();
    assert!(ask(&mut stream, "POST /prompt 3").await.is_err());
    assert_eq!(arrived.load(Ordering::SeqCst), 10 + 14 + 14, "it did not");
    let mut stream = TcpStream::connect(proxy.addr).await.unwrap();
    ask(&mut stream, "POST /prompt 4").await.unwrap();
}
