use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use proto::link::{BreakerConfig, LinkConfig};

use super::{file::File, *};
use crate::store::ReplicaTimes;

fn load(toml: &str, overrides: Overrides) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Leptos.toml");
    std::fs::write(&path, toml).unwrap();
    Config::load(Some(&path), overrides).map_err(|error| error.to_string())
}

fn of(toml: &str) -> Config {
    load(toml, Overrides::default()).unwrap()
}

fn mistake(toml: &str, overrides: Overrides, says: &str) {
    let message = load(toml, overrides).unwrap_err();
    assert!(message.contains(says) && !message.contains('\n'), "{says:?} in {message:?}");
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn flags_win_over_the_file_and_the_file_over_defaults() {
    let toml = "[server]\naddr = '127.0.0.1:4000'\n[comfyui]\nurls = ['http://127.0.0.1:8188']\non_backend_lost = 'fail'
        [[comfyui.backend]]\nurl = 'http://127.0.0.1:8189'";
    let config = load(toml, Overrides { comfyui: vec!["https://pod.example/a/".into()], ..Overrides::default() }).unwrap();
    assert_eq!(config.addr.port(), 4000);
    assert_eq!(config.backends.len(), 1);
    assert_eq!(config.backends[0].id.as_str(), "pod.example/a");
    assert_eq!(config.backends[0].endpoint.base().as_str(), "https://pod.example/a/");
    assert!(!config.demo);
    assert_eq!(config.data, PathBuf::from("data"));
    assert_eq!(config.on_backend_lost, OnBackendLost::Fail);
    let config = load(toml, Overrides { on_backend_lost: Some(OnBackendLost::Rerun), ..Overrides::default() }).unwrap();
    assert_eq!(config.on_backend_lost, OnBackendLost::Rerun);
}

#[test]
fn without_a_comfyui_the_demo_engine_runs() {
    assert!(of("").demo);
}

#[test]
fn the_shipped_file_states_the_defaults() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Leptos.toml");
    let shipped = Config::load(Some(&path), Overrides::default()).unwrap();
    assert_eq!(format!("{shipped:?}"), format!("{:?}", of("")));
}

/// Each line `key = value` or `# key = value` of the file, one at a time: all keys are known and all examples are valid.
#[test]
fn the_shipped_file_documents_every_key() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Leptos.toml")).unwrap();
    let sections = [
        "server",
        "comfyui",
        "comfyui.backend",
        "queue",
        "store",
        "media",
        "link",
        "breaker",
        "webhooks",
        "webhook",
        "redis",
        "gateway",
        "v2",
    ];
    for section in sections {
        // serde tells the keys of a section when it meets one that is not.
        let header = if matches!(section, "comfyui.backend" | "webhook") { format!("[[{section}]]") } else { format!("[{section}]") };
        let message = load(&format!("{header}\nnonsense = 1"), Overrides::default()).unwrap_err();
        let keys: Vec<&str> = message.split('`').skip(3).step_by(2).collect();
        assert!(!keys.is_empty(), "{message}");
        let documented = text.split_once(&header).unwrap().1;
        for key in keys.into_iter().filter(|key| *key != "backend") {
            assert!(documented.lines().any(|line| line.trim_start_matches(['#', ' ']).starts_with(&format!("{key} = "))), "{key}");
        }
    }
}

#[test]
fn limits_are_read_in_seconds() {
    let config = of("[link]\nbackoff_first_s = 0.5\nping_every_s = 20\npoll_after = 7\n[breaker]\nfailures = 2\nprobe_within_s = 3
        [queue]\nmax_waiting = 9\n[store]\nkeep_tasks = 8\nkeep_days = 7
        [server]\nkeep_ended_s = 1.5\n[comfyui]\nlost_after_s = 6.5\nprompts_at_once = 5\nmax_attempts = 4");
    let link = LinkConfig { backoff_first: Duration::from_millis(500), ping_every: secs(20), poll_after: 7, ..LinkConfig::upstream() };
    assert_eq!(config.link, link);
    assert_eq!(config.breaker, BreakerConfig { failures: 2, probe_within: secs(3), ..BreakerConfig::default() });
    assert_eq!(config.queue.max_waiting, 9);
    assert_eq!(config.retention, Retention { keep_tasks: 8, keep_days: 7 });
    assert_eq!(config.lost_after, Duration::from_millis(6500));
    assert_eq!(config.prompts_at_once, 5);
    assert_eq!(config.max_attempts, 4);
    assert_eq!(config.keep_ended, Duration::from_millis(1500));
    assert_eq!(of("[link]\nstall_after_s = 0").link.stall_after, None);
}

#[test]
fn the_password_of_postgresql_is_not_shown() {
    let config = of("[store]\nurl = 'postgres://user:secret@db.internal:6000/studio?sslmode=require'\nlease_s = 3\ncheckpoint_mb = 2");
    let replica = config.replica.as_ref().unwrap();
    assert_eq!(replica.url.to_string(), "db.internal:6000/studio");
    assert_eq!(replica.times, ReplicaTimes { lease: secs(3), checkpoint_after: 2 * 1024 * 1024, ..ReplicaTimes::default() });
    assert!(!format!("{config:?}").contains("secret"));
    let over = Overrides { store: Some(Secret::new("postgresql://other/two".into())), ..Overrides::default() };
    assert_eq!(load("[store]\nurl = 'postgres://one/one'", over).unwrap().replica.unwrap().url.to_string(), "other:5432/two");
}

/// Every key of the two sections sets a limit of its own.
#[test]
fn each_limit_is_set_separately() {
    let link = [
        "backoff_first",
        "backoff_max",
        "poll_busy",
        "poll_idle",
        "hold_for",
        "ping_every",
        "pong_within",
        "open_within",
        "stable_after",
        "stall_after",
        "stall_reconnect_after",
        "restart_pause",
    ];
    let all = |keys: &[&str]| keys.iter().zip(1..).map(|(key, ms)| format!("{key}_s = 0.{ms:03}\n")).collect::<String>();
    let file: File =
        toml::from_str(&format!("[link]\n{}[breaker]\n{}", all(&link), all(&["backoff_first", "backoff_max", "probe_within"]))).unwrap();
    let millis = |limit: Duration| limit.as_millis();
    let set = file.link;
    let limits = [
        set.backoff_first,
        set.backoff_max,
        set.poll_busy,
        set.poll_idle,
        set.hold_for,
        set.ping_every,
        set.pong_within,
        set.open_within,
        set.stable_after,
        set.stall_after.unwrap(),
        set.stall_reconnect_after,
        set.restart_pause,
    ];
    assert_eq!(limits.map(millis), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    let set = file.breaker;
    assert_eq!([set.backoff_first, set.backoff_max, set.probe_within].map(millis), [1, 2, 3]);
}

#[test]
fn backends_of_urls_and_tables_add_up() {
    let config = of("[comfyui]\nurls = ['http://a:1']
        [[comfyui.backend]]\nurl = 'https://pod.example/x'\nname = 'Big pod'\ntoken = 'abc'
        [[comfyui.backend]]\nurl = 'http://b:2'\ntoken_env = 'CARGO_PKG_NAME'");
    let ids: Vec<&str> = config.backends.iter().map(|backend| backend.id.as_str()).collect();
    assert_eq!(ids, ["a:1", "Big pod", "b:2"]);
    let sent: Vec<Option<String>> = config.backends.iter().map(|backend| sent(backend, "authorization")).collect();
    assert_eq!(sent, [None, Some("Bearer abc".into()), Some(concat!("Bearer ", env!("CARGO_PKG_NAME")).into())]);
}

/// The value of a header that every request to it carries.
fn sent(backend: &BackendConfig, name: &str) -> Option<String> {
    backend.endpoint.access.headers().get(name).map(|value| value.to_str().unwrap().to_owned())
}

#[test]
fn credentials_and_certificates_of_a_backend_are_read_from_the_settings_or_the_named_source() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), " from a file\n").unwrap();
    let path = file.path().display();
    let config = of(&format!(
        "[[comfyui.backend]]\nurl = 'a:1'\nuser = 'me'\npassword_file = '{path}'
        [[comfyui.backend]]\nurl = 'a:2'\nuser = 'me'
        [comfyui.backend.headers]\nX-API-Key = 'hush'\nCF-Access-Client-Id = {{ env = 'CARGO_PKG_NAME' }}\nCF-Access-Client-Secret = {{ file = '{path}' }}"
    ));
    let [first, second] = config.backends.as_slice() else { panic!("three") };
    assert_eq!(sent(first, "authorization").as_deref(), Some("Basic bWU6ZnJvbSBhIGZpbGU="), "me:from a file");
    assert_eq!(sent(second, "authorization").as_deref(), Some("Basic bWU6"), "an empty password");
    assert_eq!(sent(second, "x-api-key").as_deref(), Some("hush"));
    assert_eq!(sent(second, "cf-access-client-id").as_deref(), Some(env!("CARGO_PKG_NAME")));
    assert_eq!(sent(second, "cf-access-client-secret").as_deref(), Some("from a file"));
    assert!(!format!("{config:?}").contains("hush"), "{config:?}");
}

#[test]
fn a_url_needs_no_scheme_and_keeps_its_query() {
    let flags = Overrides { comfyui: vec!["h:8188".into(), "[::1]:8188".into(), "pod".into()], ..Overrides::default() };
    let config = load("", flags).unwrap();
    let urls: Vec<&str> = config.backends.iter().map(|backend| backend.endpoint.base().as_str()).collect();
    assert_eq!(urls, ["http://h:8188/", "http://[::1]:8188/", "http://pod/"]);
    let config = of("[comfyui]\nurls = ['h:8188/?token=a%2Bb']\n[[comfyui.backend]]\nname = 'two'\nurl = 'h:8188/?token=b'");
    assert!(config.backends.iter().all(|backend| backend.endpoint.has_query()));
    assert_eq!(config.backends[0].id.as_str(), "h:8188");
    assert!(!format!("{config:?}").contains("a%2Bb"), "{config:?}");
}

#[test]
fn a_token_is_read_from_a_file() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "from-a-file\n").unwrap();
    let config = of(&format!("[[comfyui.backend]]\nurl = 'http://a:1'\ntoken_file = '{}'", file.path().display()));
    assert_eq!(sent(&config.backends[0], "authorization").as_deref(), Some("Bearer from-a-file"));
}

#[test]
fn a_token_is_never_shown() {
    let config = of("[[comfyui.backend]]\nurl = 'http://a:1'\ntoken = 'hush'");
    assert!(!format!("{config:?}").contains("hush"));
    assert_eq!(Secret::new("hush".into()).to_string(), "…");
    for toml in [
        "token = 'hush hush'",
        "token = 'hush'\ntoken_env = 'X'",
        "token = 'hush'\nnonsense = 1",
        "token = 'hush'\nuser = 'me'\npassword = 'hush'",
        "user = 'me'\npassword = \"hush\\u0007\"",
        "headers = { X-API-Key = ['hush'] }",
        "headers = { X-API-Key = \"hush\\u0007\" }",
        "headers = { X-API-Key = { nonsense = 'hush' } }",
    ] {
        let message = load(&format!("[[comfyui.backend]]\nurl = 'http://a:1'\n{toml}"), Overrides::default()).unwrap_err();
        assert!(!message.contains("hush"), "{message}");
    }
    let message = load("[comfyui]\nurls = ['ftp://me:hush@host']", Overrides::default()).unwrap_err();
    assert!(!message.contains("hush") && message.contains("token"), "{message}");
}

const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

#[test]
fn webhooks_are_read_from_the_settings() {
    let config = of(&format!(
        "[server]\npublic_url = 'https://darkroom.example/x/'
        [webhooks]\nallow = ['10.0.0.0/8', 'receiver.internal']\nsecret = '{KEY}'\nretry_after_s = [0.5, 60]
        [[webhook]]\nurl = 'https://shop.example/hook?key=hush'\nevents = ['started', 'progress']\nprogress_every_s = 2
        [[webhook]]\nurl = 'http://10.1.2.3:9000/'
        [[webhook]]\nurl = 'https://cut.example/'\nevents = ['take.completed', 'agent.stale']\nproject = '0195e0a4-0000-7000-8000-000000000001'"
    ));
    assert_eq!(config.public_url.as_deref(), Some("https://darkroom.example/x"));
    assert_eq!(config.webhooks.retries, [Duration::from_millis(500), secs(60)]);
    assert!(config.webhooks.key.is_some());
    let [shop, private, cut] = config.webhooks.endpoints.as_slice() else { panic!("two") };
    assert_eq!(shop.events.iter().map(|event| event.as_str()).collect::<Vec<_>>(), ["started", "progress"]);
    assert_eq!(shop.progress_every, secs(2));
    assert_eq!(shop.target.host, "shop.example:443");
    assert_eq!(private.events, Default::default());
    assert!(private.productions.is_empty());
    assert_eq!(cut.productions.iter().map(|event| event.as_str()).collect::<Vec<_>>(), ["take.completed", "agent.stale"]);
    assert_eq!((cut.events.iter().count(), cut.project.is_some()), (0, true));
    assert_eq!(private.progress_every, secs(5));
    let shown = format!("{config:?}");
    assert!(!shown.contains("hush") && !shown.contains("MfKQ"), "{shown}");
    assert_eq!(of("").webhooks.retries.len(), 9);
    // The command line instead of the file.
    let overrides = Overrides { webhook_allow: vec!["127.0.0.1".into()], public_url: Some("http://a".into()), ..Overrides::default() };
    let config =
        load("[server]\npublic_url = 'http://b'\n[webhooks]\nallow = ['10.0.0.0/8']\n[[webhook]]\nurl = 'http://127.0.0.1/'", overrides);
    assert_eq!(config.unwrap().public_url.as_deref(), Some("http://a"));
}

#[test]
fn every_invalid_setting_of_a_webhook_is_one_line_that_names_the_key() {
    let none = Overrides::default;
    let webhook = |rest: &str, says: &str| mistake(&format!("[[webhook]]\nurl = 'https://a/'\n{rest}"), none(), says);
    mistake("[[webhook]]\nevents = []", none(), "url");
    mistake("[[webhook]]\nurl = 'ftp://a'", none(), "[[webhook]] url");
    mistake("[[webhook]]\nurl = 'http://127.0.0.1/'", none(), "--webhook-allow 127.0.0.1");
    mistake("[[webhook]]\nurl = 'https://me:hush@a/'", none(), "no user or password");
    webhook("events = ['done']", "there is no event \"done\"; there are queued, started, progress, completed, failed, cancelled");
    webhook("events = ['take.exploded']", "take.completed, take.failed");
    webhook("project = 'x'\nevents = ['take.completed']", "project must be the id of a project");
    let id = "0195e0a4-0000-7000-8000-000000000001";
    webhook(&format!("project = '{id}'"), "with a project, events must be those of productions");
    webhook(&format!("project = '{id}'\nevents = ['take.completed', 'queued']"), "with a project, events must be those of productions");
    webhook("secret = 'x'", "[[webhook]] a:443: secret: a secret is whsec_");
    webhook("secret_file = '/no/such/file'", "secret_file: /no/such/file cannot be read");
    webhook(&format!("secret = '{KEY}'\nsecret_file = 'x'"), "only one");
    webhook("progress_every_s = 0.5", "progress_every_s must be 1 to 3600");
    webhook("[[webhook]]\nurl = 'https://a:443'", "twice");
    mistake("[webhooks]\nallow = ['10.0.0.0/33']", none(), "[webhooks] allow: \"10.0.0.0/33\"");
    mistake("[webhooks]\nretry_after_s = [90000]", none(), "retry_after_s");
    mistake("[webhooks]\nsecret = 'x'", none(), "[webhooks]: secret");
    mistake("[server]\npublic_url = 'darkroom.example'", none(), "[server] public_url");
    for wrong in ["studio.example/ws", "https://studio.example/ws", "wss://studio.example/ws?a=b", "wss://me:secret@studio.example/ws"] {
        mistake(&format!("[server]\npublic_ws_url = '{wrong}'"), none(), "[server] public_ws_url");
    }
    let live = load("[server]\npublic_ws_url = ' wss://studio.example/darkroom/ws'", Overrides::default()).unwrap();
    assert_eq!(live.public_ws_url.as_deref(), Some("wss://studio.example/darkroom/ws"));
}

#[test]
fn only_one_source_of_the_token_is_allowed() {
    const GOOD: &str = "0123456789abcdef";
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("{GOOD}\n")).unwrap();
    let toml = format!(
        "[server]\ntoken_file = '{}'\nsession_days = 2\norigins = ['https://Studio.example/']\nbehind_proxy = true",
        file.path().display()
    );
    let access = of(&toml).access;
    assert_eq!(access.token.as_ref().map(Secret::reveal), Some(GOOD));
    assert_eq!(access.session, secs(2 * 86_400));
    assert_eq!(access.origins, ["https://studio.example"]);
    assert!(access.behind_proxy);
    let said = |token: &str| Overrides { token: Some(Secret::new(token.into())), ..Overrides::default() };
    let flag = load(&toml, said("another-good-token")).unwrap();
    assert_eq!(flag.access.token.as_ref().map(Secret::reveal), Some("another-good-token"), "a flag wins over the file");
    assert!(!format!("{flag:?}").contains("another-good-token"));
    for bad in ["", "short", "0123456789 abcdef", "0123456789abcdeé"] {
        let message = load("", said(bad)).unwrap_err();
        assert!(message.contains("openssl rand") && !message.contains('\n') && (bad.is_empty() || !message.contains(bad)), "{message}");
    }
    let both = Overrides { token_file: Some(file.path().into()), ..said(GOOD) };
    mistake("", both, "only one of");
    mistake("[server]\ntoken_file = '/no/such/file'", Overrides::default(), "/no/such/file");
    mistake("[server]\norigins = ['studio.example']", Overrides::default(), "https://studio.example");
    mistake("[server]\nsession_days = 0", Overrides::default(), "(session_days)");
}

#[test]
fn an_address_that_others_reach_needs_a_token() {
    let open = || Overrides { addr: Some("0.0.0.0:3000".into()), ..Overrides::default() };
    mistake("", open(), "--token-file");
    assert!(load("", Overrides { insecure: true, ..open() }).unwrap().access.insecure);
    assert!(load("", Overrides { token: Some(Secret::new("0123456789abcdef".into())), ..open() }).is_ok());
}

#[test]
fn every_invalid_setting_is_one_line_that_names_the_key() {
    let none = Overrides::default;
    mistake("[server]\nadress = '127.0.0.1:1'", none(), "adress");
    mistake("[servers]", none(), "servers");
    mistake("[comfyui]\nurls = ['ftp://x']", none(), "http://");
    mistake("[comfyui]\nurls = ['h:80x/?token=hush']", none(), "\"h:80x/?…\"");
    mistake("[comfyui]\nurls = ['::1']", none(), "[::1]:8188");
    mistake("[link]\nrefused_retry_s = 0", none(), "[link] refused_retry");
    mistake("[comfyui]\nurls = ['http://a:1', 'http://a:1/']", none(), "twice");
    mistake("", Overrides { addr: Some("here".into()), ..none() }, "127.0.0.1:3000");
    mistake("", Overrides { addr: Some("0.0.0.0:3000".into()), ..none() }, "--insecure");
    mistake("[comfyui]\non_backend_lost = 'retry'", none(), "line 2 (on_backend_lost)");
    mistake("[comfyui]\nlost_after_s = '1m'", none(), "(lost_after_s)");
    mistake("[comfyui]\nprompts_at_once = 0", none(), "(prompts_at_once)");
    mistake("[comfyui]\nmax_attempts = 0", none(), "(max_attempts)");
    mistake("[queue]\nmax_waiting = 0", none(), "(max_waiting)");
    mistake("[queue]\nmax = 0", none(), "max_waiting");
    mistake("[store]\nkeep_tasks = 0", none(), "(keep_tasks)");
    mistake("[store]\nkeep_days = -1", none(), "(keep_days)");
    mistake("[store]\nurl = 'mysql://u:secret@h/d'", none(), "write postgres://user:password@host/database");
    mistake("[store]\nurl = 'postgres://u:secret@/d'", none(), "it names no host");
    mistake("[store]\nurl = 'postgres://u:secret@h'", none(), "it names no database");
    mistake("[store]\nurl = 'postgres://u:secret@h/d'\nlease_s = 0.1", none(), "lease_s must be from 0.5 to 600");
    mistake("[store]\nlease_s = 5", none(), "write its url, too");
    mistake("[link]\nping_every = 5", none(), "ping_every_s");
    for value in ["-1", "nan", "inf", "1e9"] {
        mistake(&format!("[link]\nping_every_s = {value}"), none(), "(ping_every_s): it must be a number of seconds");
    }
    mistake("[link]\nbackoff_max_s = 0.5", none(), "[link] backoff_first");
    mistake("[link]\npoll_after = 0", none(), "[link] poll_after");
    mistake("[breaker]\nfailures = 0", none(), "[breaker] failures");
}

#[test]
fn every_invalid_setting_of_a_backend_is_one_line_that_names_the_key() {
    let backend = |rest: &str, says: &str| mistake(&format!("[[comfyui.backend]]\nurl = 'http://a:1'\n{rest}"), Overrides::default(), says);
    mistake("[[comfyui.backend]]\nname = 'x'", Overrides::default(), "url");
    mistake("[[comfyui.backend]]\nurl = 'http://u:p@a:1'", Overrides::default(), "token");
    mistake("[[comfyui.backend]]\nurl = 'http://u@a:1'", Overrides::default(), "user");
    backend("password = 'x'", "a:1: password needs a user");
    backend("user = 'a:b'", "user and password: a user has");
    backend("user = 'me'\ntoken = 'x'", "only one of a token, a user and a header Authorization");
    backend("user = 'me'\npassword = 'x'\npassword_env = 'Y'", "only one of password, password_file and password_env");
    backend("headers = { Host = 'x' }", "headers: the header host cannot be set");
    backend("headers = { 'X Y' = 'x' }", "headers: \"X Y\" is no name");
    backend("headers = { X = { file = '/no/such/file' } }", "headers: X: /no/such/file cannot be read");
    backend("headers = { X = { env = 'NO_SUCH_VARIABLE_IS_SET' } }", "headers: X: the variable NO_SUCH_VARIABLE_IS_SET is not set");
    backend("headers = { X = 1 }", "{ env = ");
    backend("ca_file = '/no/such/file'", "ca_file: /no/such/file cannot be read");
    backend("ca_file = 'Cargo.toml'", "BEGIN CERTIFICATE");
    backend("name = ' '", "name");
    backend("name = \"a\\u0007b\"", "control");
    backend(&format!("name = '{}'", "x".repeat(41)), "1 to 40");
    backend("token = ''", "a:1: token");
    backend("token_env = 'NO_SUCH_VARIABLE_IS_SET'", "token_env");
    backend("token_file = '/no/such/file'", "token_file /no/such/file");
    backend("token = 'x'\ntoken_file = 'y'", "only one");
    backend("name = 'x'\n[[comfyui.backend]]\nurl = 'http://b:1'\nname = 'x'", "twice");
    backend("name = 'x'\n[[comfyui.backend]]\nurl = 'http://a:1/'\nname = 'y'", "twice");
    mistake("[comfyui]\ndemo = true\n[[comfyui.backend]]\nurl = 'http://a:1'\nname = 'demo'", Overrides::default(), "twice");
}
