//! Every route of the gateway, at its own port and below `/comfy/`, requested by every kind of caller. A route missing from the table below fails the test.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU32, Ordering},
};

use darkroom::server::{self, config::Secret};
use reqwest::{Method, RequestBuilder, StatusCode};

use crate::{
    gateway_stage::GatewayStage,
    support::{
        access::{TOKEN, header},
        faults::FaultyEngine,
        process,
    },
};

/// Each also below `/api`.
const BOTH: &[(&str, &str)] = &[
    ("get", "/prompt"),
    ("post", "/prompt"),
    ("get", "/queue"),
    ("post", "/queue"),
    ("post", "/interrupt"),
    ("post", "/free"),
    ("get", "/history"),
    ("post", "/history"),
    ("get", "/history/{id}"),
    ("get", "/ws"),
    ("get", "/view"),
    ("post", "/upload/image"),
    ("post", "/upload/mask"),
    ("get", "/object_info"),
    ("get", "/object_info/{class}"),
    ("get", "/models"),
    ("get", "/models/{folder}"),
    ("get", "/experiment/models"),
    ("get", "/experiment/models/{folder}"),
    ("get", "/embeddings"),
    ("get", "/system_stats"),
    ("get", "/features"),
    ("get", "/api/jobs"),
    ("post", "/api/jobs/cancel"),
    ("get", "/api/jobs/{id}"),
    ("post", "/api/jobs/{id}/cancel"),
];

const SINGLE: &[(&str, &str)] = &[("get", "/internal/files/input")];

/// What goes to a ComfyUI: not in the list of routes.
const PASSED_ON: &[(&str, &str)] =
    &[("get", "/"), ("get", "/extensions/pack/page.js"), ("post", "/userdata/x"), ("put", "/nobody"), ("post", "/system_stats")];

fn routes() -> Vec<(&'static str, String)> {
    let both = BOTH.iter().flat_map(|(method, path)| [(*method, (*path).to_owned()), (*method, format!("/api{path}"))]);
    both.chain(SINGLE.iter().map(|(method, path)| (*method, (*path).to_owned()))).collect()
}

#[test]
fn every_route_is_in_the_table_and_the_table_has_no_others() {
    let there =
        server::gateway_routes().into_iter().flat_map(|(path, methods)| methods.into_iter().map(move |method| (method, path.clone())));
    let there: BTreeSet<(String, String)> = there.collect();
    let listed: BTreeSet<(String, String)> = routes().into_iter().map(|(method, path)| (method.to_owned(), path)).collect();
    let missing: Vec<_> = there.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&there).collect();
    assert!(there.len() > 40 && missing.is_empty() && gone.is_empty(), "not in the table: {missing:#?}; not there: {gone:#?}");
}

/// Method and path of everything that can be asked for, with names in the place of parameters.
fn requests() -> Vec<(Method, String)> {
    let passed_on = PASSED_ON.iter().map(|(method, path)| (*method, (*path).to_owned()));
    let all = routes().into_iter().chain(passed_on);
    all.map(|(method, path)| {
        let path = path.replace("{id}", "nobody").replace("{class}", "KSampler").replace("{folder}", "checkpoints");
        (method.to_uppercase().parse().expect("a method"), path)
    })
    .collect()
}

struct Doors {
    stage: GatewayStage,
    /// Each request appears to come from another address.
    asked: AtomicU32,
}

impl Doors {
    async fn open(token: Option<&str>, in_path: bool) -> Self {
        let stage = GatewayStage::of(1, |config| {
            config.access.token = token.map(|token| Secret::new(token.into()));
            config.access.behind_proxy = true;
            config.gateway.as_mut().expect("on").token_in_path = in_path;
        });
        Self { stage: stage.await, asked: AtomicU32::new(0) }
    }

    /// At the own port, and below the main one.
    fn mounts(&self) -> [String; 2] {
        [format!("http://{}", self.stage.addr), format!("http://{}/comfy", self.stage.darkroom.addr)]
    }

    fn ask(&self, method: &Method, url: &str) -> RequestBuilder {
        let from = std::net::Ipv4Addr::from_bits(0x0a00_0000 + self.asked.fetch_add(1, Ordering::Relaxed));
        self.stage.http.request(method.clone(), url).header("x-forwarded-for", from.to_string())
    }

    /// Sends each request in the way of `how`, and names those whose answers are not `right`.
    async fn mistakes(&self, who: &str, how: impl Fn(RequestBuilder) -> RequestBuilder, right: impl Fn(StatusCode) -> bool) -> Vec<String> {
        self.mistakes_at(who, |base, path| format!("{base}{path}"), how, right).await
    }

    async fn mistakes_at(
        &self,
        who: &str,
        url: impl Fn(&str, &str) -> String,
        how: impl Fn(RequestBuilder) -> RequestBuilder,
        right: impl Fn(StatusCode) -> bool,
    ) -> Vec<String> {
        let mut found = Vec::new();
        for base in self.mounts() {
            for (method, path) in requests() {
                let answer = how(self.ask(&method, &url(&base, &path))).send().await.expect("an answer");
                let status = answer.status();
                let challenged = status != StatusCode::UNAUTHORIZED || header(&answer, "www-authenticate").starts_with("Bearer");
                if !right(status) || !challenged {
                    found.push(format!("{method} {base}{path} by {who}: {status}"));
                }
            }
        }
        found
    }
}

fn is_let_in(status: StatusCode) -> bool {
    let refusals = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::MISDIRECTED_REQUEST, StatusCode::TOO_MANY_REQUESTS];
    !refusals.contains(&status)
}

fn is_unauthorized(status: StatusCode) -> bool {
    status == StatusCode::UNAUTHORIZED
}

fn is_forbidden(status: StatusCode) -> bool {
    status == StatusCode::FORBIDDEN
}

fn foreign_page(request: RequestBuilder, site: &str) -> RequestBuilder {
    request.header("origin", "https://evil.example").header("sec-fetch-site", site.to_owned()).header("sec-fetch-mode", "cors")
}

#[tokio::test]
async fn with_a_token_only_those_with_it_get_in() {
    let doors = Doors::open(Some(TOKEN), false).await;
    let entered = doors.ask(&Method::GET, &format!("{}/queue?token={TOKEN}", doors.mounts()[0])).send().await.unwrap();
    let cookie = header(&entered, "set-cookie").split(';').next().unwrap_or_default().to_owned();
    let mut mistakes = doors.mistakes("nobody", |request| request, is_unauthorized).await;
    mistakes.extend(doors.mistakes("a wrong token", |request| request.bearer_auth("None"), is_unauthorized).await);
    mistakes.extend(doors.mistakes("the token", |request| request.bearer_auth(TOKEN), is_let_in).await);
    mistakes.extend(doors.mistakes("a cookie", |request| request.header("cookie", &cookie), is_let_in).await);
    mistakes.extend(doors.mistakes("a wrong cookie", |request| request.header("cookie", format!("{cookie}x")), is_unauthorized).await);
    mistakes.extend(doors.mistakes("a query", |request| request.query(&[("token", TOKEN)]), is_let_in).await);
    mistakes.extend(doors.mistakes("a wrong query", |request| request.query(&[("token", "wrong")]), is_unauthorized).await);
    let in_path = |base: &str, path: &str| format!("{base}/t/{TOKEN}{path}");
    mistakes.extend(doors.mistakes_at("a path, which is off", in_path, |request| request, is_unauthorized).await);
    for site in ["cross-site", "same-site"] {
        let page = |request: RequestBuilder| foreign_page(request, site);
        mistakes.extend(doors.mistakes(site, |request| page(request).bearer_auth(TOKEN), is_forbidden).await);
        mistakes.extend(doors.mistakes(site, |request| page(request).header("cookie", &cookie), is_forbidden).await);
    }
    let rebound = |request: RequestBuilder| request.header("host", "evil.example");
    mistakes.extend(doors.mistakes("another host name", rebound, is_unauthorized).await);
    assert!(mistakes.is_empty(), "{mistakes:#?}");
}

#[tokio::test]
async fn a_token_in_the_path_is_taken_where_that_is_configured() {
    let doors = Doors::open(Some(TOKEN), true).await;
    let with = |token: &'static str| move |base: &str, path: &str| format!("{base}/t/{token}{path}");
    let mut mistakes = doors.mistakes_at("the token", with(TOKEN), |request| request, is_let_in).await;
    mistakes.extend(doors.mistakes_at("a wrong token", with("wrong"), |request| request, is_unauthorized).await);
    mistakes.extend(doors.mistakes_at("a page", with(TOKEN), |request| foreign_page(request, "cross-site"), is_forbidden).await);
    assert!(mistakes.is_empty(), "{mistakes:#?}");
    let entered = doors.ask(&Method::GET, &format!("{}/t/{TOKEN}/queue", doors.mounts()[0])).send().await.unwrap();
    assert_eq!(header(&entered, "set-cookie"), "", "each address has it");
}

#[tokio::test]
async fn without_a_token_everybody_on_this_machine_gets_in_and_no_page_of_another_site() {
    let doors = Doors::open(None, false).await;
    let mut mistakes = doors.mistakes("anybody", |request| request, is_let_in).await;
    for host in ["localhost", "127.0.0.1:8188", "[::1]"] {
        mistakes.extend(doors.mistakes(host, |request| request.header("host", host), is_let_in).await);
    }
    for host in ["evil.example", "192.168.1.7:8188"] {
        mistakes.extend(doors.mistakes(host, |request| request.header("host", host), is_forbidden).await);
    }
    mistakes.extend(doors.mistakes("a page", |request| foreign_page(request, "cross-site"), is_forbidden).await);
    assert!(mistakes.is_empty(), "{mistakes:#?}");
}

#[tokio::test]
async fn a_socket_opens_only_for_those_with_access() {
    let doors = Doors::open(Some(TOKEN), true).await;
    for base in doors.mounts() {
        let opens = async |path: &str, fields: &[(&str, &str)]| {
            let request = doors.ask(&Method::GET, &format!("{base}{path}"));
            let handshake = [
                ("connection", "upgrade"),
                ("upgrade", "websocket"),
                ("sec-websocket-version", "13"),
                ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ];
            let request = handshake.iter().chain(fields).fold(request, |request, (name, value)| request.header(*name, *value));
            request.send().await.unwrap().status()
        };
        let bearer = format!("Bearer {TOKEN}");
        assert_eq!(opens("/ws?clientId=a", &[]).await, StatusCode::UNAUTHORIZED);
        assert_eq!(opens("/ws?clientId=a", &[("authorization", bearer.as_str())]).await, StatusCode::SWITCHING_PROTOCOLS);
        assert_eq!(opens(&format!("/ws?clientId=a&token={TOKEN}"), &[]).await, StatusCode::SWITCHING_PROTOCOLS);
        assert_eq!(opens(&format!("/t/{TOKEN}/api/ws?clientId=a"), &[]).await, StatusCode::SWITCHING_PROTOCOLS);
        let foreign = [("authorization", bearer.as_str()), ("origin", "https://evil.example")];
        assert_eq!(opens("/ws?clientId=a", &foreign).await, StatusCode::FORBIDDEN);
    }
}

/// With the most detailed log.
#[tokio::test]
async fn no_token_in_an_address_is_logged() {
    const WRONG: &str = "0123456789-a-wrong-token";
    let engine = FaultyEngine::start(1e9).await;
    let folder = tempfile::tempdir().unwrap();
    let token_file = folder.path().join("token");
    std::fs::write(&token_file, TOKEN).unwrap();
    let addr = process::free_port().await;
    let settings = format!(
        "[server]\ntoken_file = {token_file:?}\n[comfyui]\nurls = ['http://{}']\n[gateway]\naddr = '{addr}'\ntoken_in_path = true\n",
        engine.addr
    );
    let darkroom = process::darkroom_that_logs(folder.path(), &settings, "trace").await;
    let http = reqwest::Client::new();
    let nobody = uuid::Uuid::nil();
    let gateway = [format!("http://{addr}"), format!("http://{}/comfy", darkroom.addr)];
    let get = async |url: String| http.get(url).send().await.unwrap().status();
    for token in [TOKEN, WRONG] {
        let expected = if token == TOKEN { StatusCode::OK } else { StatusCode::UNAUTHORIZED };
        for base in &gateway {
            assert_eq!(get(format!("{base}/t/{token}/queue")).await, expected);
            assert_eq!(get(format!("{base}/queue?token={token}")).await, expected);
        }
        for stream in [format!("/progress/{nobody}"), format!("/api/v2/jobs/{nobody}/events")] {
            let status = get(format!("http://{}{stream}?token={token}", darkroom.addr)).await;
            assert_eq!(status, if token == TOKEN { StatusCode::NOT_FOUND } else { StatusCode::UNAUTHORIZED }, "{stream}");
        }
    }
    // Also where passing on fails.
    engine.stop().await;
    assert!(get(format!("{}/t/{TOKEN}/extensions?x=1", gateway[0])).await.is_server_error());
    assert!(get(format!("{}/extensions?token={TOKEN}", gateway[0])).await.is_server_error());
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(log.contains("a wrong token") && log.contains("TRACE"), "it logs");
    for token in [TOKEN, WRONG] {
        let line = log.lines().find(|line| line.contains(token));
        assert_eq!(line, None);
    }
}
