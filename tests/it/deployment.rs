//! The files in `deploy/`: each setting in them is one that the binary takes, and what belongs together fits.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

use darkroom::server::config::{Config, Overrides};
use serde_yaml_ng::Value;

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy")
}

fn read(name: &str) -> String {
    fs::read_to_string(deploy().join(name)).unwrap()
}

fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// The binary without settings of the person who runs the tests.
fn darkroom() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_darkroom"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("DARKROOM_")) {
        command.env_remove(name);
    }
    command.current_dir(std::env::temp_dir());
    command
}

/// The secrets as `make-secrets.sh` makes them.
fn secrets(folder: &Path) -> PathBuf {
    let secrets = folder.join("secrets");
    let made = run(Command::new(deploy().join("make-secrets.sh")).arg(&secrets));
    assert!(made.status.success(), "{made:?}");
    secrets
}

/// With its anchors merged in, and with these values of variables.
fn compose(variables: &[(&str, &str)]) -> Value {
    let mut text = String::new();
    let file = read("compose.yaml");
    let mut rest = file.as_str();
    // `${NAME:-default}` and `${NAME:?message}`.
    while let Some((before, after)) = rest.split_once("${") {
        let (expression, after) = after.split_once('}').unwrap();
        let (name, default) = expression.split_once(":-").or_else(|| expression.split_once(":?")).unwrap();
        let given = variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| *value);
        assert!(given.is_some() || expression.contains(":-"), "{expression} has to be given");
        text += before;
        text += given.unwrap_or(default);
        rest = after;
    }
    let mut value: Value = serde_yaml_ng::from_str(&(text + rest)).unwrap();
    value.apply_merge().unwrap();
    value
}

fn setup() -> Value {
    compose(&[("PUBLIC_URL", "https://studio.example"), ("COMFYUI_IMAGE", "comfyui")])
}

fn services(compose: &Value) -> BTreeMap<String, Value> {
    let services = compose["services"].as_mapping().unwrap();
    services.iter().map(|(name, service)| (name.as_str().unwrap().to_owned(), service.clone())).collect()
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_sequence().into_iter().flatten().filter_map(Value::as_str).collect()
}

#[test]
fn both_darkrooms_of_the_compose_file_accept_their_settings() {
    let folder = tempfile::tempdir().unwrap();
    let secrets = secrets(folder.path());
    let of_container = |text: &str| text.replace("/run/secrets", secrets.to_str().unwrap());
    let settings = folder.path().join("darkroom.toml");
    fs::write(&settings, of_container(&read("darkroom.toml"))).unwrap();
    let known: BTreeSet<String> = <Overrides as clap::Args>::augment_args(clap::Command::new("darkroom"))
        .get_arguments()
        .filter_map(|argument| Some(argument.get_env()?.to_string_lossy().into_owned()))
        .chain(["DARKROOM_CONFIG".into()])
        .collect();
    let darkrooms: Vec<_> = services(&setup()).into_iter().filter(|(name, _)| name.starts_with("darkroom-")).collect();
    assert_eq!(darkrooms.len(), 2);
    for (name, service) in darkrooms {
        let environment = service["environment"].as_mapping().unwrap();
        let mut command = darkroom();
        // Nobody listens there: that is all that is wrong.
        command.arg("healthcheck").env("DARKROOM_ADDR", "127.0.0.1:9").env("DARKROOM_DATA", folder.path().join("data"));
        for (variable, value) in environment {
            let (variable, value) = (variable.as_str().unwrap(), value.as_str().unwrap());
            assert!(known.contains(variable) || variable == "RUST_LOG", "{name}: {variable} is no variable of Darkroom: {known:?}");
            let value = if variable == "DARKROOM_CONFIG" { settings.to_str().unwrap().to_owned() } else { of_container(value) };
            command.env(variable, value);
        }
        let asked = run(&mut command);
        let said = String::from_utf8_lossy(&asked.stderr);
        assert!(asked.status.code() == Some(1) && said.contains("no answer at http://127.0.0.1:9/healthz"), "{name}: {said}");
    }
}

/// Each secret, volume and other file that a service names is declared, made, and there.
#[test]
fn what_services_of_the_compose_file_name_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let made: BTreeSet<String> =
        fs::read_dir(secrets(folder.path())).unwrap().map(|file| file.unwrap().file_name().to_string_lossy().into_owned()).collect();
    let compose = setup();
    let declared = |kind: &str| {
        let members = compose[kind].as_mapping().unwrap();
        members.keys().map(|name| name.as_str().unwrap().to_owned()).collect::<BTreeSet<String>>()
    };
    let (mut used_secrets, mut used_volumes) = (BTreeSet::new(), BTreeSet::new());
    for (name, service) in services(&compose) {
        used_secrets.extend(texts(&service["secrets"]).into_iter().map(str::to_owned));
        used_volumes.extend(texts(&service["volumes"]).into_iter().filter_map(|volume| Some(volume.split_once(':')?.0.to_owned())));
        let after = service["depends_on"].as_mapping().into_iter().flat_map(|after| after.keys().filter_map(Value::as_str));
        for other in after.chain(texts(&service["depends_on"])) {
            assert!(compose["services"].get(other).is_some(), "{name} depends on {other}");
        }
        // What its settings name below /run/secrets, it is given.
        let mut whole = serde_yaml_ng::to_string(&service).unwrap();
        if name.starts_with("darkroom-") {
            whole += &read("darkroom.toml");
        }
        for (_, secret) in whole.match_indices("/run/secrets/").map(|(at, start)| whole.split_at(at + start.len())) {
            let secret = secret.split(|c: char| !c.is_ascii_alphanumeric() && !"-._".contains(c)).next().unwrap();
            assert!(texts(&service["secrets"]).contains(&secret), "{name} is not given {secret}");
        }
    }
    assert_eq!(used_secrets, declared("secrets"));
    assert_eq!(made, declared("secrets"));
    assert_eq!(used_volumes, declared("volumes"));
    for (name, file) in compose["configs"].as_mapping().unwrap() {
        assert!(deploy().join(file["file"].as_str().unwrap()).is_file(), "{name:?}");
    }
}

#[test]
fn the_balancer_knows_every_darkroom_of_the_compose_file() {
    let balancer = read("haproxy.cfg");
    let servers: BTreeSet<&str> =
        balancer.lines().filter_map(|line| line.trim().strip_prefix("server ")?.split(' ').nth(1)?.strip_suffix(":3000")).collect();
    let all = services(&setup());
    assert_eq!(servers, all.keys().map(String::as_str).filter(|name| name.starts_with("darkroom-")).collect());
    let checked = run(Command::new("haproxy").args(["-c", "-q", "-f"]).arg(deploy().join("haproxy.cfg")));
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}

#[test]
fn what_systemd_starts_is_a_darkroom_with_settings_of_its_own() {
    let unit = read("darkroom.service");
    let value = |key: &str| unit.lines().filter_map(|line| line.strip_prefix(&format!("{key}="))).collect::<Vec<_>>();
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("credentials")).unwrap();
    let token = folder.path().join("credentials/token");
    fs::write(&token, "a-token-for-these-tests").unwrap();
    // As README's "Deploying" writes it.
    let readme = include_str!("../../README.md");
    let (_, settings) = readme.split_once("printf '").unwrap();
    let (settings, _) = settings.split_once("' > /etc/darkroom/darkroom.toml").unwrap();
    let toml = folder.path().join("darkroom.toml");
    fs::write(&toml, settings.replace("\\n", "\n")).unwrap();
    assert_eq!(value("LoadCredential"), ["token:/etc/darkroom/token"]);
    let start = value("ExecStart")[0].replace("/etc/darkroom/darkroom.toml", toml.to_str().unwrap());
    let mut words = start.split(' ');
    assert_eq!((words.next(), words.next()), (Some("/usr/local/bin/darkroom"), Some("serve")));
    let mut command = darkroom();
    command.arg("healthcheck").args(words).args(["--addr", "127.0.0.1:9"]);
    for (name, value) in value("Environment").into_iter().map(|pair| pair.split_once('=').unwrap()) {
        let value = value.replace("%S", "/var/lib").replace("%d", folder.path().join("credentials").to_str().unwrap());
        command.env(name, value);
    }
    let asked = run(&mut command);
    let said = String::from_utf8_lossy(&asked.stderr);
    assert!(asked.status.code() == Some(1) && said.contains("no answer at http://127.0.0.1:9/healthz"), "{said}");
    // Darkroom's own file is read as it is printed: it is where a person looks up what else can be set.
    assert!(Config::load(Some(&Path::new(env!("CARGO_MANIFEST_DIR")).join("Leptos.toml")), Overrides::default()).is_ok());
}

/// A binary with libraries would not start in an empty image: the script says so instead.
#[test]
fn the_image_is_made_of_a_static_binary_alone() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("rootfs");
    let refused = run(Command::new(deploy().join("rootfs.sh")).arg(env!("CARGO_BIN_EXE_darkroom")).arg(&root));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.status.code() == Some(2) && said.contains("make static") && !root.exists(), "{said}");
}

#[tokio::test]
async fn a_healthcheck_follows_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = crate::support::process::darkroom_standing_by(folder.path(), &[], "[server]\nbase_path = 'studio/'").await;
    let addr = server.addr.to_string();
    let asks = |more: &[&str]| {
        let mut command = darkroom();
        command.args(["healthcheck", "--addr", &addr]).args(more);
        run(&mut command)
    };
    // It gets ready while it is asked.
    let mut tries = 0;
    while !asks(&["--base-path", "/studio", "--ready"]).status.success() {
        tries += 1;
        assert!(tries < 600, "never ready");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let asked = asks(&["--base-path", "/studio"]);
    assert!(asked.status.success() && asked.stderr.is_empty(), "{asked:?}");
    let elsewhere = asks(&["--base-path", "/other"]);
    let said = String::from_utf8_lossy(&elsewhere.stderr);
    assert!(elsewhere.status.code() == Some(1) && said.contains("404") && said.contains("/studio/"), "{said}");
    assert_eq!(asks(&["--base-path", "a b"]).status.code(), Some(2));
    assert!(server.terminate().await.success());
    assert_eq!(asks(&["--base-path", "/studio"]).status.code(), Some(1));
}
