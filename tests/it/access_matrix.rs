//! Every route, requested by every kind of caller. A route missing from the table below fails the test.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use crate::support::access::{Guarded, TOKEN, header};
use darkroom::{
    server::{self, config::BasePath},
    web::frontend::Pages,
};
use leptos::server_fn::axum::server_fn_paths;
use reqwest::{Method, RequestBuilder, Response, StatusCode};

/// Who may access a route, and how other callers are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    /// For everybody, even with a foreign host name.
    Probe,
    /// For everybody: contains no task data.
    Open,
    /// A page: unauthorized callers are redirected to the sign-in page.
    Page,
    /// 401 as a problem document.
    Api,
    /// 401 as an error of the Comfy API v2.
    V2,
    /// 401 as plain text.
    Words,
    /// 401 in the format of server functions.
    Function,
    /// A WebSocket handshake: see `sockets_open_only_for_callers_with_access`.
    Socket,
}

use Door::{Api, Function, Open, Page, Probe, Socket, V2, Words};

/// `*`: any method. Each function of `/api/fn/{name}` has its own line.
const TABLE: &[(&str, &str, Door)] = &[
    ("get", "/healthz", Probe),
    ("get", "/readyz", Probe),
    ("get", "/favicon.ico", Open),
    ("get", "/assets/{build}/{*path}", Open),
    ("get", "/client/{file}", Open),
    ("get", "/sign-in", Open),
    ("post", "/sign-in", Open),
    ("get", "/sign-in.css", Open),
    ("post", "/sign-out", Open),
    // The token in their addresses is the access.
    ("get", "/dailies/{token}", Open),
    ("get", "/dailies/{token}/takes/{take}", Open),
    ("get", "/", Page),
    ("get", "/tasks/{id}", Page),
    ("get", "/inpaint", Page),
    ("get", "/gallery", Page),
    ("get", "/gallery/compare", Page),
    ("get", "/gallery/{id}", Page),
    ("post", "/gallery/{id}", Words),
    ("post", "/gallery/searches", Words),
    ("get", "/gallery/{id}/file", Words),
    ("post", "/gallery/zip", Words),
    // Served by the router's fallback: not in its list of routes.
    ("get", "/projects", Page),
    ("post", "/projects", Words),
    ("get", "/projects/{project}", Page),
    ("post", "/projects/{project}", Words),
    ("get", "/projects/{project}/shots/{shot}", Page),
    ("post", "/projects/{project}/shots/{shot}", Words),
    ("get", "/projects/{project}/{page}", Page),
    ("post", "/projects/{project}/{page}", Words),
    ("get", "/agents", Page),
    ("get", "/external", Page),
    ("get", "/queue", Page),
    ("get", "/settings", Page),
    ("get", "/nowhere/at/all", Page),
    ("post", "/nowhere/at/all", Words),
    ("post", "/", Words),
    ("post", "/inpaint", Words),
    ("get", "/share", Page),
    ("post", "/share", Words),
    ("post", "/tasks/{id}/cancel", Words),
    ("post", "/tasks/{id}/webhooks/{delivery}/replay", Words),
    ("get", "/tasks/{id}/outputs/{output}", Words),
    ("get", "/tasks/{id}/preview", Words),
    ("get", "/model-previews/{folder}", Words),
    ("get", "/tasks/{id}/log", Words),
    ("get", "/metrics", Words),
    ("get", "/backends/{id}/log", Words),
    ("get", "/ws", Socket),
    ("get", "/ws/story", Socket),
    ("get", "/api/v2/health", Open),
    ("get", "/api/v2/jobs", V2),
    ("post", "/api/v2/jobs", V2),
    ("get", "/api/v2/jobs/{id}", V2),
    ("get", "/api/v2/jobs/{id}/workflow", V2),
    ("post", "/api/v2/jobs/{id}/cancel", V2),
    ("get", "/api/v2/jobs/{id}/events", V2),
    ("post", "/api/v2/assets", V2),
    ("post", "/api/v2/assets/from-hash", V2),
    ("head", "/api/v2/assets/by-hash/{hash}", V2),
    ("get", "/api/v2/assets/{id}", V2),
    ("delete", "/api/v2/assets/{id}", V2),
    ("get", "/api/v2/assets/{id}/content", V2),
    ("get", "/api", Api),
    ("get", "/api/docs", Api),
    ("get", "/api/docs.css", Api),
    ("get", "/api/openapi.json", Api),
    ("*", "/api/{*path}", Api),
    ("get", "/api/tasks", Api),
    ("post", "/api/tasks", Api),
    ("post", "/api/tasks/check", Api),
    ("get", "/api/tasks/{id}", Api),
    ("patch", "/api/tasks/{id}", Api),
    ("delete", "/api/tasks/{id}", Api),
    ("post", "/api/tasks/{id}/cancel", Api),
    ("post", "/api/tasks/{id}/retry", Api),
    ("get", "/api/tasks/{id}/workflow", Api),
    ("post", "/api/workflows/convert", Api),
    ("get", "/api/tasks/{id}/outputs/{number}", Api),
    ("get", "/api/tasks/{id}/webhooks", Api),
    ("post", "/api/tasks/{id}/webhooks/{delivery}/replay", Api),
    ("post", "/api/uploads", Api),
    ("post", "/api/pictures", Api),
    ("get", "/api/pictures/{picture}", Api),
    ("get", "/api/workflows", Api),
    ("post", "/api/workflows", Api),
    ("get", "/api/workflows/{workflow}", Api),
    ("patch", "/api/workflows/{workflow}", Api),
    ("delete", "/api/workflows/{workflow}", Api),
    ("get", "/api/workflows/{workflow}/schema", Api),
    ("post", "/api/workflows/{workflow}/runs", Api),
    ("get", "/api/backends/{id}/import", Api),
    ("post", "/api/backends/{id}/import", Api),
    ("delete", "/api/backends/{id}/import", Api),
    ("get", "/api/outputs", Api),
    ("post", "/api/outputs", Api),
    ("get", "/api/outputs/facets", Api),
    ("get", "/api/outputs/zip", Api),
    ("post", "/api/outputs/zip", Api),
    ("get", "/api/outputs/events", Api),
    ("post", "/api/outputs/known", Api),
    ("get", "/api/outputs/{output}", Api),
    ("delete", "/api/outputs/{output}", Api),
    ("delete", "/api/outputs/trash", Api),
    ("get", "/api/outputs/{output}/file", Api),
    ("post", "/api/outputs/actions", Api),
    ("post", "/api/outputs/actions/{action}/undo", Api),
    ("get", "/api/grids", Api),
    ("post", "/api/grids", Api),
    ("get", "/api/grids/{grid}", Api),
    ("patch", "/api/grids/{grid}", Api),
    ("delete", "/api/grids/{grid}", Api),
    ("get", "/api/grids/{grid}/sheet.png", Api),
    ("get", "/api/grids/{grid}/sheet.webp", Api),
    ("post", "/api/grids/{grid}/cells/{cell}/again", Api),
    ("post", "/api/prompts/preview", Api),
    ("get", "/api/wildcards", Api),
    ("get", "/api/wildcards/{name}", Api),
    ("put", "/api/wildcards/{name}", Api),
    ("delete", "/api/wildcards/{name}", Api),
    ("get", "/api/projects", Api),
    ("post", "/api/projects", Api),
    ("get", "/api/projects/{project}", Api),
    ("patch", "/api/projects/{project}", Api),
    ("delete", "/api/projects/{project}", Api),
    ("post", "/api/projects/{project}/restore", Api),
    ("get", "/api/projects/{project}/chapters", Api),
    ("post", "/api/projects/{project}/chapters", Api),
    ("get", "/api/projects/{project}/chapters/{chapter}", Api),
    ("patch", "/api/projects/{project}/chapters/{chapter}", Api),
    ("delete", "/api/projects/{project}/chapters/{chapter}", Api),
    ("post", "/api/projects/{project}/chapters/{chapter}/move", Api),
    ("post", "/api/projects/{project}/chapters/{chapter}/restore", Api),
    ("get", "/api/projects/{project}/scenes", Api),
    ("post", "/api/projects/{project}/scenes", Api),
    ("get", "/api/projects/{project}/scenes/{scene}", Api),
    ("patch", "/api/projects/{project}/scenes/{scene}", Api),
    ("delete", "/api/projects/{project}/scenes/{scene}", Api),
    ("post", "/api/projects/{project}/scenes/{scene}/move", Api),
    ("post", "/api/projects/{project}/scenes/{scene}/restore", Api),
    ("get", "/api/projects/{project}/shots", Api),
    ("post", "/api/projects/{project}/shots", Api),
    ("get", "/api/projects/{project}/shots/{shot}", Api),
    ("patch", "/api/projects/{project}/shots/{shot}", Api),
    ("delete", "/api/projects/{project}/shots/{shot}", Api),
    ("post", "/api/projects/{project}/shots/{shot}/move", Api),
    ("post", "/api/projects/{project}/shots/{shot}/restore", Api),
    ("get", "/api/projects/{project}/nodes", Api),
    ("post", "/api/projects/{project}/nodes", Api),
    ("get", "/api/projects/{project}/nodes/{node}", Api),
    ("patch", "/api/projects/{project}/nodes/{node}", Api),
    ("delete", "/api/projects/{project}/nodes/{node}", Api),
    ("post", "/api/projects/{project}/nodes/{node}/move", Api),
    ("post", "/api/projects/{project}/nodes/{node}/restore", Api),
    ("get", "/api/projects/{project}/assets", Api),
    ("post", "/api/projects/{project}/assets", Api),
    ("get", "/api/projects/{project}/assets/{asset}", Api),
    ("patch", "/api/projects/{project}/assets/{asset}", Api),
    ("delete", "/api/projects/{project}/assets/{asset}", Api),
    ("post", "/api/projects/{project}/assets/{asset}/move", Api),
    ("post", "/api/projects/{project}/assets/{asset}/restore", Api),
    ("get", "/api/projects/{project}/casts", Api),
    ("post", "/api/projects/{project}/casts", Api),
    ("get", "/api/projects/{project}/casts/{cast}", Api),
    ("patch", "/api/projects/{project}/casts/{cast}", Api),
    ("delete", "/api/projects/{project}/casts/{cast}", Api),
    ("post", "/api/projects/{project}/casts/{cast}/move", Api),
    ("post", "/api/projects/{project}/casts/{cast}/restore", Api),
    ("get", "/api/projects/{project}/beats", Api),
    ("post", "/api/projects/{project}/beats", Api),
    ("get", "/api/projects/{project}/beats/{beat}", Api),
    ("patch", "/api/projects/{project}/beats/{beat}", Api),
    ("delete", "/api/projects/{project}/beats/{beat}", Api),
    ("post", "/api/projects/{project}/beats/{beat}/move", Api),
    ("post", "/api/projects/{project}/beats/{beat}/restore", Api),
    ("post", "/api/projects/{project}/shots/bulk", Api),
    ("get", "/api/projects/{project}/assets/{asset}/usage", Api),
    ("get", "/api/projects/{project}/takes", Api),
    ("get", "/api/projects/{project}/takes/{take}", Api),
    ("patch", "/api/projects/{project}/takes/{take}", Api),
    ("delete", "/api/projects/{project}/takes/{take}", Api),
    ("post", "/api/projects/{project}/takes/{take}/restore", Api),
    ("get", "/api/projects/{project}/takes/{take}/workflow", Api),
    ("put", "/api/projects/{project}/nodes/{node}/current_take", Api),
    ("post", "/api/projects/{project}/nodes/{node}/generate", Api),
    ("post", "/api/projects/{project}/nodes/{node}/cancel", Api),
    ("post", "/api/projects/{project}/shots/generate", Api),
    ("get", "/api/projects/{project}/narrative", Api),
    ("patch", "/api/projects/{project}/narrative", Api),
    ("post", "/api/projects/{project}/narrative/beats", Api),
    ("put", "/api/projects/{project}/structure", Api),
    ("get", "/api/projects/{project}/webhooks", Api),
    ("post", "/api/projects/{project}/webhooks/{delivery}/replay", Api),
    ("post", "/api/projects/{project}/shots/{shot}/prompt", Api),
    ("get", "/api/projects/{project}/stale", Api),
    ("get", "/api/projects/{project}/events", Api),
    ("get", "/api/projects/{project}/export.edl", Api),
    ("get", "/api/projects/{project}/export.otio", Api),
    ("get", "/api/projects/{project}/export.csv", Api),
    ("get", "/api/projects/{project}/export.zip", Api),
    ("get", "/api/projects/events/stream", Api),
    ("get", "/api/projects/{project}/events/stream", Api),
    ("get", "/api/structures", Api),
    ("post", "/api/structures", Api),
    ("delete", "/api/structures/{structure}", Api),
    ("get", "/api/agents", Api),
    ("post", "/api/agents/{type}/events", Api),
    ("get", "/api/queue", Api),
    ("post", "/api/queue/pause", Api),
    ("post", "/api/queue/resume", Api),
    ("post", "/api/queue/clear", Api),
    ("get", "/api/backends", Api),
    ("get", "/api/backends/{id}", Api),
    ("get", "/api/events", Api),
    ("post", "/api/events", Api),
    ("get", "/api/external-tasks", Api),
    ("get", "/api/external-tasks/{id}", Api),
    ("post", "/api/external-tasks/{id}/revoke", Api),
    ("get", "/api/external-tasks/events", Api),
    ("get", "/api/external-workers", Api),
    ("get", "/progress/{id}", Api),
    ("post", "/api/fn/begin_comfyui_import", Function),
    ("post", "/api/fn/comfyui_import", Function),
    ("post", "/api/fn/stop_comfyui_import", Function),
    ("post", "/api/fn/order", Function),
    ("post", "/api/fn/task", Function),
    ("post", "/api/fn/check_run", Function),
    ("post", "/api/fn/edit_facts", Function),
    ("post", "/api/fn/task_workflow", Function),
    ("post", "/api/fn/news", Function),
    ("post", "/api/fn/open", Function),
    ("post", "/api/fn/form", Function),
    ("post", "/api/fn/part_changes", Function),
    ("post", "/api/fn/saved_workflows", Function),
    ("post", "/api/fn/gallery_tiles", Function),
    ("post", "/api/fn/gallery_facets", Function),
    ("post", "/api/fn/gallery_detail", Function),
    ("post", "/api/fn/compared_outputs", Function),
    ("post", "/api/fn/change_gallery", Function),
    ("post", "/api/fn/undo_gallery", Function),
    ("post", "/api/fn/remove_output", Function),
    ("post", "/api/fn/empty_gallery_trash", Function),
    ("post", "/api/fn/rerun_outputs", Function),
    ("post", "/api/fn/saved_searches", Function),
    ("post", "/api/fn/save_search", Function),
    ("post", "/api/fn/remove_saved_search", Function),
    ("post", "/api/fn/complete_search", Function),
    ("post", "/api/fn/act_on_grid", Function),
    ("post", "/api/fn/create_grid", Function),
    ("post", "/api/fn/grid", Function),
    ("post", "/api/fn/grids", Function),
    ("post", "/api/fn/plan_grid", Function),
    ("post", "/api/fn/open_workflow", Function),
    ("post", "/api/fn/save_workflow", Function),
    ("post", "/api/fn/preview_prompt", Function),
    ("post", "/api/fn/prompt_names", Function),
    ("post", "/api/fn/trigger_words", Function),
    ("post", "/api/fn/read_wildcard", Function),
    ("post", "/api/fn/write_wildcard", Function),
    ("post", "/api/fn/remove_wildcard", Function),
    ("post", "/api/fn/remote_choices", Function),
    ("post", "/api/fn/options", Function),
    ("post", "/api/fn/projects", Function),
    ("post", "/api/fn/agents_page", Function),
    ("post", "/api/fn/external_page", Function),
    ("post", "/api/fn/revoke_external", Function),
    ("post", "/api/fn/story_page", Function),
    ("post", "/api/fn/reach_beat", Function),
    ("post", "/api/fn/switch_structure", Function),
    ("post", "/api/fn/activity_page", Function),
    ("post", "/api/fn/dailies_page", Function),
    ("post", "/api/fn/share_dailies", Function),
    ("post", "/api/fn/unshare_dailies", Function),
    ("post", "/api/fn/assets_page", Function),
    ("post", "/api/fn/asset_shots", Function),
    ("post", "/api/fn/board", Function),
    ("post", "/api/fn/stale_shots", Function),
    ("post", "/api/fn/board_trash", Function),
    ("post", "/api/fn/shot", Function),
    ("post", "/api/fn/shot_prompt", Function),
    ("post", "/api/fn/change_production", Function),
    ("post", "/api/fn/generate_takes", Function),
    ("post", "/api/fn/cancel_takes", Function),
    ("post", "/api/fn/webhooks", Function),
    ("post", "/api/fn/replay", Function),
];

const METHODS: [&str; 7] = ["get", "head", "post", "patch", "put", "delete", "options"];
const IN_THE_FALLBACK: [&str; 3] = ["/queue", "/settings", "/nowhere/at/all"];

/// The table's lines: method, path as written, and door.
fn lines() -> impl Iterator<Item = (String, &'static str, Door)> {
    TABLE.iter().flat_map(|(method, path, door)| {
        let methods: Vec<&str> = if *method == "*" { METHODS.into() } else { vec![method] };
        methods.into_iter().map(|method| (method.to_owned(), *path, *door))
    })
}

#[test]
fn every_route_is_in_the_table_and_the_table_has_no_others() {
    let functions = server_fn_paths().map(|(path, method)| (method.to_string().to_lowercase(), path.to_owned()));
    let routes = server::routes(Arc::new(Pages))
        .into_iter()
        .flat_map(|(path, methods)| methods.into_iter().map(move |method| (method, path.clone())));
    let there: BTreeSet<(String, String)> = routes.filter(|(_, path)| path != "/api/fn/{name}").chain(functions).collect();
    let listed = lines().map(|(method, path, _)| (method, path.to_owned()));
    let listed: BTreeSet<(String, String)> = listed.filter(|(_, path)| !IN_THE_FALLBACK.contains(&path.as_str())).collect();
    let missing: Vec<_> = there.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&there).collect();
    assert!(there.len() > 40 && missing.is_empty() && gone.is_empty(), "not in the table: {missing:#?}; not there: {gone:#?}");
}

/// The kind of caller.
#[derive(Clone, Debug)]
enum Caller {
    Nobody,
    WrongToken,
    Token,
    /// The `Cookie` header.
    Cookie(String),
    /// A session that expired or was ended.
    OldCookie(String),
    /// A page of another site, in a browser that is signed in here.
    CrossSite(String),
    /// A page of a sibling domain, such as `evil.studio.example`.
    SameSite(String),
}

impl Caller {
    fn asks(&self, request: RequestBuilder) -> RequestBuilder {
        let from = |site: &str, cookie: &str| {
            [("sec-fetch-site", site.to_owned()), ("sec-fetch-mode", "no-cors".into()), ("cookie", cookie.into())]
        };
        let fields = match self {
            Self::Nobody => Vec::new(),
            Self::WrongToken => vec![("authorization", "Bearer not-the-token-of-here".into())],
            Self::Token => vec![("authorization", format!("Bearer {TOKEN}"))],
            Self::Cookie(cookie) | Self::OldCookie(cookie) => vec![("cookie", cookie.clone())],
            Self::CrossSite(cookie) => from("cross-site", cookie).into(),
            Self::SameSite(cookie) => from("same-site", cookie).into(),
        };
        let other = matches!(self, Self::CrossSite(_) | Self::SameSite(_));
        let fields = fields.into_iter().chain(other.then(|| ("origin", "https://evil.example".into())));
        fields.fold(request, |request, (name, value)| request.header(name, value))
    }
}

fn concrete(path: &str) -> String {
    let nobody = uuid::Uuid::nil().to_string();
    let parts = path.split('/').map(|part| match part {
        "{id}" => nobody.as_str(),
        "{output}" | "{number}" => "0",
        "{file}" => "darkroom.js",
        "{build}" | "{*path}" => "x",
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

fn is_let_in(guarded: &Guarded, response: &Response) -> bool {
    let refusals = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::MISDIRECTED_REQUEST, StatusCode::TOO_MANY_REQUESTS];
    !refusals.contains(&response.status()) && !header(response, "location").starts_with(&format!("{}/sign-in?", guarded.base))
}

/// Sends the request, and returns what is wrong with the response.
async fn wrong(guarded: &Guarded, method: &str, path: &str, door: Door, caller: &Caller) -> Option<String> {
    let path = concrete(path);
    let request = caller.asks(guarded.request(method.to_uppercase().parse::<Method>().unwrap(), &path));
    let response = request.timeout(Duration::from_secs(60)).send().await.unwrap();
    let status = response.status();
    let said = format!("{method} {path} by {caller:?}: {status} {:?}", response.headers());
    let right = match (door, caller) {
        (Probe, _) => is_let_in(guarded, &response),
        (_, Caller::CrossSite(_) | Caller::SameSite(_)) => status == StatusCode::FORBIDDEN,
        (Open, _) | (_, Caller::Token | Caller::Cookie(_)) => is_let_in(guarded, &response),
        (Page, Caller::WrongToken) => status == StatusCode::UNAUTHORIZED && challenges(&response),
        (Page, _) => {
            let leads_to = format!("{}/sign-in?next=%2F", guarded.base);
            status == StatusCode::SEE_OTHER && header(&response, "location").starts_with(&leads_to) && is_not_kept(&response)
        }
        (door, _) => {
            let shape = match door {
                Api => header(&response, "content-type") == "application/problem+json",
                V2 => header(&response, "content-type") == "application/json",
                _ => header(&response, "content-type").starts_with("text/plain"),
            };
            let is_refusal = status == StatusCode::UNAUTHORIZED && challenges(&response) && is_not_kept(&response) && shape;
            let text = response.text().await.unwrap();
            let words = match door {
                Api => text.contains(&format!("\"{}/api/docs#unauthorized\"", guarded.base)),
                V2 => text.contains("\"code\":\"unauthorized\""),
                Function if matches!(caller, Caller::WrongToken) => text.starts_with("ServerError|"),
                Function => text.starts_with("SignedOut|"),
                _ => text.to_lowercase().contains("token"),
            };
            is_refusal && (words || method == "head")
        }
    };
    (!right).then_some(said)
}

fn challenges(response: &Response) -> bool {
    header(response, "www-authenticate").starts_with("Bearer realm=\"darkroom\"")
}

fn is_not_kept(response: &Response) -> bool {
    header(response, "cache-control") == "no-store"
}

#[tokio::test]
async fn each_route_admits_only_callers_with_access() {
    let guarded = Guarded::start().await;
    // The same token, and sessions that expire at once.
    let short = Guarded::with(|access| access.session = Duration::ZERO).await;
    let ended = guarded.cookie().await;
    assert!(guarded.request(Method::POST, "/sign-out").header("cookie", &ended).send().await.unwrap().status().is_redirection());
    let cookie = guarded.cookie().await;
    let callers = [
        Caller::Nobody,
        Caller::WrongToken,
        Caller::Token,
        Caller::OldCookie(short.cookie().await),
        Caller::OldCookie(ended),
        Caller::OldCookie(format!("{cookie}x")),
        Caller::CrossSite(cookie.clone()),
        Caller::SameSite(cookie.clone()),
    ];
    let mut mistakes = Vec::new();
    for (method, path, door) in lines().filter(|(.., door)| *door != Socket) {
        for caller in &callers {
            mistakes.extend(wrong(&guarded, &method, path, door, caller).await);
        }
        // Signing out is one of the routes: use a new cookie for each.
        mistakes.extend(wrong(&guarded, &method, path, door, &Caller::Cookie(guarded.cookie().await)).await);
    }
    assert!(mistakes.is_empty(), "{mistakes:#?}");
}

/// Nothing is different there but where it is.
#[tokio::test]
async fn each_route_admits_the_same_callers_below_a_base_path() {
    let guarded = Guarded::below("/studio/darkroom").await;
    let mut mistakes = Vec::new();
    for (method, path, door) in lines().filter(|(.., door)| *door != Socket) {
        let cookie = guarded.cookie().await;
        for caller in [Caller::Nobody, Caller::CrossSite(cookie.clone()), Caller::Cookie(cookie)] {
            mistakes.extend(wrong(&guarded, &method, path, door, &caller).await);
        }
    }
    assert!(mistakes.is_empty(), "{mistakes:#?}");
}

/// Else an address inside could not be told from one that has the base path already.
#[test]
fn no_base_path_begins_like_a_route() {
    let first = |path: &str| path.trim_start_matches('/').split('/').next().unwrap_or_default().to_owned();
    let firsts: BTreeSet<String> =
        lines().map(|(_, path, _)| first(path)).filter(|first| !matches!(first.as_str(), "" | "nowhere")).collect();
    for first in firsts {
        assert!(format!("/{first}/x").parse::<BasePath>().is_err(), "/{first} is a route: add it to OWN_PATHS");
    }
}

#[tokio::test]
async fn sockets_open_only_for_callers_with_access() {
    let guarded = Guarded::start().await;
    let cookie = guarded.cookie().await;
    let own = format!("http://{}", guarded.addr());
    for path in ["/ws", "/ws/story"] {
        let opens = async |caller: &Caller, origin: Option<&str>| {
            let handshake = guarded
                .get(path)
                .header("connection", "upgrade")
                .header("upgrade", "websocket")
                .header("sec-websocket-version", "13")
                .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
            let handshake = caller.asks(handshake);
            let handshake = origin.into_iter().fold(handshake, |handshake, origin| handshake.header("origin", origin));
            handshake.send().await.unwrap().status()
        };
        assert_eq!(opens(&Caller::Token, None).await, StatusCode::SWITCHING_PROTOCOLS);
        assert_eq!(opens(&Caller::Cookie(cookie.clone()), Some(&own)).await, StatusCode::SWITCHING_PROTOCOLS);
        // A browser gets a close frame (`access.rs`): it cannot read an HTTP error.
        assert_eq!(opens(&Caller::Nobody, Some(&own)).await, StatusCode::SWITCHING_PROTOCOLS);
        assert_eq!(opens(&Caller::Nobody, None).await, StatusCode::UNAUTHORIZED);
        assert_eq!(opens(&Caller::WrongToken, None).await, StatusCode::UNAUTHORIZED);
        assert_eq!(opens(&Caller::WrongToken, Some(&own)).await, StatusCode::UNAUTHORIZED);
        assert_eq!(opens(&Caller::OldCookie("darkroom=v1".into()), None).await, StatusCode::UNAUTHORIZED);
        assert_eq!(opens(&Caller::CrossSite(cookie.clone()), None).await, StatusCode::FORBIDDEN);
        assert_eq!(opens(&Caller::Cookie(cookie.clone()), Some("https://evil.example")).await, StatusCode::FORBIDDEN);
    }
}

/// A person follows a link to any address here: they get the page, or the sign-in page.
#[tokio::test]
async fn a_browser_without_a_session_is_redirected_to_the_sign_in_page() {
    let guarded = Guarded::start().await;
    let cookie = guarded.cookie().await;
    for (method, path, door) in lines().filter(|(method, _, door)| method == "get" && !matches!(door, Probe | Open | Socket | Function)) {
        for site in ["none", "cross-site"] {
            let opens = || {
                let request = guarded.request(method.to_uppercase().parse().unwrap(), &concrete(path));
                request.header("sec-fetch-site", site).header("sec-fetch-mode", "navigate").header("accept", "text/html")
            };
            let response = opens().send().await.unwrap();
            assert_eq!(response.status(), StatusCode::SEE_OTHER, "{path} {door:?} from {site}");
            assert!(header(&response, "location").starts_with("/sign-in?next=%2F"), "{path}");
            assert!(is_let_in(&guarded, &opens().header("cookie", &cookie).send().await.unwrap()), "{path} from {site}");
        }
    }
    // A submitted form is not lost.
    let form = guarded.request(Method::POST, "/").header("sec-fetch-mode", "navigate").send().await.unwrap();
    assert_eq!(form.status(), StatusCode::UNAUTHORIZED);
    assert!(form.text().await.unwrap().contains("nothing is lost"));
}

/// DNS rebinding: a foreign host name that resolves to this machine.
#[tokio::test]
async fn without_a_token_every_route_refuses_an_unknown_host() {
    let guarded = Guarded::with(|access| (access.token, access.origins) = (None, vec!["https://studio.example".into()])).await;
    let mut mistakes = Vec::new();
    for (method, path, door) in lines() {
        let asks = async |host: &str| {
            let request = guarded.request(method.to_uppercase().parse().unwrap(), &concrete(path)).header("host", host);
            request.timeout(Duration::from_secs(60)).send().await.unwrap()
        };
        let answers =
            [asks("evil.example:3000").await, asks("studio.example").await, asks(&format!("localhost:{}", guarded.addr().port())).await];
        let right = [door == Probe, true, true];
        for (answer, right) in answers.iter().zip(right) {
            if (answer.status() != StatusCode::MISDIRECTED_REQUEST) != right {
                mistakes.push(format!("{method} {path}: {}", answer.status()));
            }
        }
    }
    assert!(mistakes.is_empty(), "{mistakes:#?}");
    let body = guarded.get("/api/tasks").header("host", "evil.example").send().await.unwrap().text().await.unwrap();
    assert!(body.contains("/api/docs#wrong-host") && body.contains("[server] origins"), "{body}");
}
