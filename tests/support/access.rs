//! A Darkroom that requires a token, and signed-in browsers.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use darkroom::server::config::{AccessConfig, Config, Secret};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, redirect::Policy};
use tempfile::TempDir;

use super::darkroom_server::{Running, backend, darkroom_with, demo_engine};

pub const TOKEN: &str = "a-token-for-these-tests";

/// A Darkroom connected to a demo engine.
pub struct Guarded {
    pub darkroom: Running,
    _engine: Running,
    _folder: TempDir,
    client: Client,
    /// The base path, without a slash at its end.
    pub base: &'static str,
    /// Each request appears to come from another address.
    asked: AtomicU32,
}

impl Guarded {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// The same below a base path, which is put before the paths of requests.
    pub async fn below(base: &'static str) -> Self {
        Self::new(base, |_| {}).await
    }

    /// Requires a token, sits behind a proxy (the test), and has the settings changed by `change`.
    pub async fn with(change: impl FnOnce(&mut AccessConfig)) -> Self {
        Self::new("", change).await
    }

    async fn new(base: &'static str, change: impl FnOnce(&mut AccessConfig)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let engine = demo_engine(&folder, 1e9).await;
        let mut access = AccessConfig { token: Some(Secret::new(TOKEN.into())), behind_proxy: true, ..AccessConfig::default() };
        change(&mut access);
        let data = folder.path().join("data");
        let base_path = base.parse().expect("a base path");
        let darkroom = darkroom_with(Config { data, access, base_path, backends: vec![backend(engine.addr)], ..Config::default() }).await;
        let client = Client::builder().redirect(Policy::none()).build().expect("a client");
        let guarded = Self { darkroom, _engine: engine, _folder: folder, client, base, asked: AtomicU32::new(0) };
        guarded.until_ready().await;
        guarded
    }

    async fn until_ready(&self) {
        for _ in 0..6_000 {
            if self.request(Method::GET, "/readyz").send().await.expect("answers").status() == StatusCode::OK {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("never ready");
    }

    pub fn addr(&self) -> SocketAddr {
        self.darkroom.addr
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let from = std::net::Ipv4Addr::from_bits(0x0a00_0000 + self.asked.fetch_add(1, Ordering::Relaxed));
        self.client.request(method, format!("http://{}{}{path}", self.addr(), self.base)).header("x-forwarded-for", from.to_string())
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    pub async fn enter(&self, token: &str, next: &str) -> Response {
        self.request(Method::POST, "/sign-in").form(&[("token", token), ("next", next)]).send().await.expect("answers")
    }

    /// The `Cookie` header of a browser that just signed in.
    pub async fn cookie(&self) -> String {
        let response = self.enter(TOKEN, "/").await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        cookie_of(&response)
    }
}

/// The `Cookie` header for a `Set-Cookie` header.
pub fn cookie_of(response: &Response) -> String {
    header(response, "set-cookie").split(';').next().unwrap_or_default().to_owned()
}

pub fn header(response: &Response, name: &str) -> String {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}
