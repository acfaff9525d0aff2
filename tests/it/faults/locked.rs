//! ComfyUIs behind proxies that require something: a user, a token in the url, other headers; and with certificates of their own. Fault
//! row 38.

use std::{fs, path::Path};

use darkroom::{
    proto::task::{BackendState, TaskState},
    server::config::{BackendConfig, Config, Overrides},
};
use reqwest::multipart::{Form, Part};

use super::stage::{FAST, Stage, brisk};
use crate::support::{
    darkroom_server::darkroom_with,
    faults::FaultyEngine,
    front::{Front, SECRETS},
    page::Page,
    tls::TlsFront,
};

/// The backend of these settings.
fn configured(toml: &str) -> Vec<BackendConfig> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("Leptos.toml");
    fs::write(&path, toml).expect("written");
    Config::load(Some(&path), Overrides::default()).expect("settings").backends
}

fn with_everything(url: &str, ca_file: Option<&Path>) -> Vec<BackendConfig> {
    let folder = tempfile::tempdir().expect("a folder");
    let password = folder.path().join("password");
    fs::write(&password, "pass word\n").expect("written");
    let ca_file = ca_file.map(|path| format!("ca_file = '{}'", path.display())).unwrap_or_default();
    configured(&format!(
        "[[comfyui.backend]]\nurl = '{url}/?token=a%2Bb'\nuser = 'me'\npassword_file = '{}'\nheaders = {{ X-API-Key = 'hush-hush' }}\n{ca_file}",
        password.display()
    ))
}

async fn text(stage: &Stage, path: &str) -> String {
    reqwest::get(format!("http://{}{path}", stage.addr())).await.expect("an answer").text().await.expect("text")
}

#[tokio::test]
async fn everything_works_behind_credentials_and_a_private_ca_and_no_secret_is_shown() {
    let engine = FaultyEngine::start(FAST).await;
    let front = Front::wanting_everything(engine.addr).await;
    let tls = TlsFront::with_private_ca(front.addr()).await;
    let backends = with_everything(&format!("https://{}", tls.addr), Some(&tls.ca_file));
    let mut stage = Stage::open(Config { backends, ..brisk() }, vec![engine]).await;
    let id = stage.running(1).await;
    stage.release().await;
    let done = stage.until_completed(id).await;
    assert!(done.nodes.iter().any(|node| node.value == 6), "followed step by step over the socket: {:?}", done.nodes);
    assert!(text(&stage, &format!("/tasks/{id}/outputs/0")).await.len() > 100, "the picture comes through");
    let mut png = Vec::new();
    image::RgbImage::new(8, 8).write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).expect("a picture");
    let form = Form::new().part("image", Part::bytes(png).file_name("a.png"));
    let url = format!("http://{}/api/uploads", stage.addr());
    let uploaded = reqwest::Client::new().post(url).multipart(form).send().await.expect("an answer");
    assert!(uploaded.status().is_success(), "{}", uploaded.text().await.expect("text"));
    assert_eq!(front.refused(), 0, "everything carried everything");

    let name = stage.backend().id.to_string();
    for path in ["/", "/queue", "/settings", "/api/backends", "/metrics", &format!("/backends/{name}/log"), &format!("/tasks/{id}/log")] {
        let body = text(&stage, path).await;
        assert!(!body.is_empty(), "{path}");
        for secret in SECRETS {
            assert!(!body.contains(secret), "{secret} in {path}");
        }
    }
    stage.judge().await;
}

#[tokio::test]
async fn a_missing_password_is_named_and_other_secrets_are_not_shown() {
    let engine = FaultyEngine::start(FAST).await;
    let front = Front::wanting_everything(engine.addr).await;
    let folder = tempfile::tempdir().expect("a folder");
    let backends = configured(&format!("[comfyui]\nurls = ['{}/?token=a%2Bb']", front.addr()));
    let config = Config { backends, data: folder.path().into(), ..brisk() };
    let darkroom = darkroom_with(config).await;
    let mut page = Page::open(darkroom.addr).await;
    page.until(|state| state.backends.iter().any(|backend| matches!(backend.state, BackendState::Failed { .. }))).await;
    let BackendState::Failed { why } = &page.state.backends[0].state else { unreachable!("just seen") };
    assert!(why.contains("401") && why.contains("user") && !why.contains("token=") && !why.contains("a%2Bb"), "{why}");
}

#[tokio::test]
async fn a_self_signed_certificate_is_trusted_where_it_is_named_and_nowhere_else() {
    let engine = FaultyEngine::start(FAST).await;
    let tls = TlsFront::self_signed(engine.addr).await;
    let other = TlsFront::self_signed(engine.addr).await;
    let trusting =
        |addr, ca_file: &Path| configured(&format!("[[comfyui.backend]]\nurl = 'https://{addr}'\nca_file = '{}'", ca_file.display()));
    let mut stage = Stage::open(Config { backends: trusting(tls.addr, &tls.ca_file), ..brisk() }, vec![engine]).await;
    let id = stage.submit(1).await;
    assert_eq!(stage.until_completed(id).await.state, TaskState::Completed);
    stage.judge().await;

    for backends in [trusting(tls.addr, &other.ca_file), configured(&format!("[comfyui]\nurls = ['https://{}']", tls.addr))] {
        let folder = tempfile::tempdir().expect("a folder");
        let config = Config { backends, data: folder.path().into(), ..brisk() };
        let darkroom = darkroom_with(config).await;
        let mut page = Page::open(darkroom.addr).await;
        page.until(|state| state.backends.iter().any(|backend| matches!(backend.state, BackendState::Failed { .. }))).await;
        let BackendState::Failed { why } = &page.state.backends[0].state else { unreachable!("just seen") };
        assert!(why.contains("certificate is not trusted") && why.contains("ca_file"), "{why}");
    }
}
