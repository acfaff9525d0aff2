//! Repeats a recorded client's actions at the same points of the run, and records the results.

use std::collections::{BTreeMap, HashMap, HashSet};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::{
    canon::{Names, Shape, Story},
    client::{Frame, PATIENCE, Socket},
    engine::Engine,
};
use crate::{
    gateway_stage::GatewayStage,
    support::{Recording, recording},
};

/// Classes that the engine does not support: submissions with them are left out.
const UNSUPPORTED: [&str; 12] = [
    "TestAsyncError",
    "TestDynamicDependencyCycle",
    "SaveAnimatedWEBP",
    "SaveAnimatedPNG",
    "SaveWEBM",
    "SaveVideo",
    "SaveAudio",
    "SaveLatent",
    "TestForLoopOpen",
    "TestMakeListNode",
    "TestMixedExpansionReturns",
    "TestLazyMixImages",
];
const OUTPUTS: [&str; 5] = ["SaveImage", "PreviewImage", "PreviewAny", "MaskPreview", "SaveImageWebsocket"];

/// A request and its response, in comparable form.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    pub request: String,
    pub status: u64,
    pub content_type: Option<String>,
    pub body: Value,
}

/// The traffic of one side.
#[derive(Debug, Default)]
pub struct Side {
    pub stories: BTreeMap<String, Story>,
    /// Sockets dropped during a run: how much each received is random.
    pub dropped: HashSet<String>,
    pub exchanges: Vec<Exchange>,
}

pub struct Replay {
    recording: Recording,
    speed: f64,
    through_gateway: bool,
}

impl Replay {
    pub fn of(name: &str) -> Self {
        Self { recording: recording(name), speed: 20.0, through_gateway: false }
    }

    /// The engine's speed: slow enough that an action during a run still finds it running.
    pub fn speed(mut self, speed: f64) -> Self {
        self.speed = speed;
        self
    }

    /// A Darkroom stands before the engine.
    pub fn through_gateway(mut self) -> Self {
        self.through_gateway = true;
        self
    }

    /// Changes the recording to what is to be expected instead. Each change must find something to change.
    pub fn instead(mut self, changes: &[fn(&mut Vec<Value>)]) -> Self {
        for (number, change) in changes.iter().enumerate() {
            let before = self.recording.lines.clone();
            change(&mut self.recording.lines);
            assert!(before != self.recording.lines, "change {number} of {} changes nothing", self.recording.name);
        }
        self
    }

    /// Both sides: the recorded one and the engine's.
    pub async fn run(self) -> (Side, Side) {
        let skipped = self.skipped_ids();
        let lines = without(&self.recording.lines, &skipped);
        let engine = Engine::start(self.speed).await;
        let engine_addr: std::net::SocketAddr = engine.address.parse().expect("an address");
        let gateway = if self.through_gateway { Some(GatewayStage::before(engine_addr).await) } else { None };
        let address = gateway.as_ref().map_or_else(|| engine.address.clone(), |gateway| gateway.addr.to_string());
        let mut player = Player::new(address);
        player.raw.names.gaps = !skipped.is_empty();
        if let Some(prelude) = prelude(&lines) {
            player.prelude(prelude).await;
        }
        let mut actions: Vec<&Value> = lines.iter().copied().filter(|line| is_action(line)).collect();
        actions.sort_by(|a, b| began(a).total_cmp(&began(b)));
        for action in &actions {
            player.wait_for_what_came_before(&lines, began(action), !skipped.is_empty()).await;
            player.act(action, found_idle(&lines, action)).await;
        }
        player.wait_for_what_came_before(&lines, f64::INFINITY, !skipped.is_empty()).await;
        let ours = player.finish().await;
        if let Some(gateway) = gateway {
            gateway.darkroom.stop().await;
        }
        engine.stop().await;
        let mut recorded = recorded_side(&lines);
        recorded.names.gaps = !skipped.is_empty();
        let shapes = shapes(&lines);
        (recorded.into_side(&shapes), ours.into_side(&shapes))
    }

    fn skipped_ids(&self) -> HashSet<String> {
        let submissions = self.recording.lines.iter().filter(|line| is_submission(line));
        submissions
            .filter(|line| classes(line).any(|class| UNSUPPORTED.contains(&class)))
            .filter_map(|line| line["response_body"]["prompt_id"].as_str().map(str::to_owned))
            .collect()
    }
}

/// The raw traffic of one side.
#[derive(Default)]
struct Raw {
    frames: BTreeMap<String, Vec<Frame>>,
    exchanges: Vec<Exchange>,
    names: Names,
    dropped: HashSet<String>,
}

impl Raw {
    fn submitted(&mut self, answer: &Value, name: String) {
        if let Some(id) = answer["prompt_id"].as_str() {
            self.names.numbers.extend(answer["number"].as_i64().map(i64::unsigned_abs));
            self.names.prompts.push((id.to_owned(), name));
        }
    }

    fn into_side(mut self, shapes: &HashMap<String, Shape>) -> Side {
        for frame in self.frames.values().flatten() {
            if let Frame::Text(text) = frame {
                self.names.learn(text);
            }
        }
        for exchange in &self.exchanges {
            self.names.learn(&exchange.body.to_string());
        }
        let shape = |id: &str| shapes.get(id).copied().unwrap_or_default();
        let stories = self.frames.iter().map(|(sock, frames)| {
            let story = Story::new(frames, &self.names, shape);
            (sock.clone(), story)
        });
        let stories = stories.collect();
        let exchanges = self.exchanges.into_iter().map(|exchange| Exchange { body: self.names.canonical(exchange.body), ..exchange });
        Side { stories, dropped: self.dropped, exchanges: exchanges.collect() }
    }
}

fn recorded_side(lines: &[&Value]) -> Raw {
    let mut raw = Raw::default();
    let mut actions: Vec<&Value> = lines.iter().copied().filter(|line| is_action(line)).collect();
    actions.sort_by(|a, b| began(a).total_cmp(&began(b)));
    for action in actions {
        if action["kind"] == "http" {
            if is_submission(action) {
                let name = prompt_name(raw.names.prompts.len());
                raw.submitted(&action["response_body"], name);
            }
            raw.exchanges.push(Exchange {
                request: describe(action),
                status: action["status"].as_u64().unwrap_or_default(),
                content_type: action["content_type"].as_str().map(str::to_owned),
                body: match (&action["response_body"], &action["response_text"]) {
                    (Value::Null, text) => text.clone(),
                    (body, _) => body.clone(),
                },
            });
        }
    }
    for line in lines {
        let sock = line["sock"].as_str().unwrap_or_default().to_owned();
        let frame = match line["kind"].as_str() {
            Some("ws_open") => {
                raw.frames.entry(sock).or_default();
                continue;
            }
            Some("ws_text") => Frame::Text(line["text"].as_str().unwrap_or_default().to_owned()),
            Some("ws_binary") => {
                let bytes = STANDARD.decode(line["base64"].as_str().unwrap_or_default());
                Frame::Binary(bytes.expect("base64"))
            }
            Some("ws_close") if line["clean"] == false => {
                raw.dropped.insert(sock);
                continue;
            }
            _ => continue,
        };
        raw.frames.entry(sock).or_default().push(frame);
    }
    raw
}

/// The lines without those of the given prompts. A type 1 preview belongs to the text frame before it.
fn without<'a>(lines: &'a [Value], skipped: &HashSet<String>) -> Vec<&'a Value> {
    let mut mine = HashMap::new();
    let keep = |line: &&'a Value| {
        let sock = line["sock"].as_str().unwrap_or_default();
        if line["kind"] == "ws_binary" {
            return mine.get(sock).copied().unwrap_or(true);
        }
        let keep = !belongs_to(line, skipped);
        mine.insert(sock, keep);
        keep
    };
    lines.iter().filter(keep).collect()
}

/// Some recordings began with loader and texts in the cache: this submission, with another seed, fills the cache.
fn prelude(lines: &[&Value]) -> Option<Value> {
    let cached = lines.iter().find_map(|line| {
        let text = line["text"].as_str()?;
        text.contains("\"execution_cached\"").then_some(text)
    })?;
    if cached.contains("\"nodes\": []") {
        return None;
    }
    let mut submission = lines.iter().find(|line| is_submission(line))?["request_body"].clone();
    for (_, node) in submission["prompt"].as_object_mut()? {
        if !node["inputs"]["seed"].is_null() {
            node["inputs"]["seed"] = 1.into();
        }
    }
    Some(submission)
}

/// Whether the first `status` on a new socket reported an idle server.
fn found_idle(lines: &[&Value], open: &Value) -> bool {
    let later = lines.iter().skip_while(|line| !std::ptr::eq(**line, open));
    let greeting = later.filter(|line| line["sock"] == open["sock"]).find_map(|line| {
        let text = line["text"].as_str()?;
        text.contains("\"status\"").then_some(text)
    });
    greeting.is_some_and(|text| text.contains("\"queue_remaining\": 0"))
}

fn prompt_name(index: usize) -> String {
    format!("prompt {index}")
}

/// Keyed by the name of each accepted prompt.
fn shapes(lines: &[&Value]) -> HashMap<String, Shape> {
    let accepted = lines.iter().copied().filter(|line| is_submission(line) && line["response_body"]["prompt_id"].is_string());
    let mut accepted: Vec<&Value> = accepted.collect();
    accepted.sort_by(|a, b| began(a).total_cmp(&began(b)));
    let interrupted = |id: &str| {
        lines.iter().any(|line| {
            let text = line["text"].as_str().unwrap_or_default();
            text.contains("execution_interrupted") && text.contains(id)
        })
    };
    let reconnects = lines.iter().any(|line| line["kind"] == "ws_close" && line["clean"] == false);
    let shape = |line: &Value| Shape {
        unordered: classes(line).filter(|class| OUTPUTS.contains(class)).count() > 1,
        loose: reconnects || interrupted(line["response_body"]["prompt_id"].as_str().unwrap_or_default()),
    };
    accepted.iter().enumerate().map(|(index, line)| (prompt_name(index), shape(line))).collect()
}

struct Player {
    address: String,
    http: reqwest::Client,
    sockets: BTreeMap<String, Socket>,
    raw: Raw,
    /// This side's prompt ids, keyed by the recorded ones.
    ids: HashMap<String, String>,
}

impl Player {
    fn new(address: String) -> Self {
        Self { address, http: reqwest::Client::new(), sockets: BTreeMap::new(), raw: Raw::default(), ids: HashMap::new() }
    }

    async fn prelude(&mut self, mut prompt: Value) {
        let mut socket = Socket::open(&format!("ws://{}/ws?clientId=prelude", self.address)).await;
        prompt["client_id"] = "prelude".into();
        let url = format!("http://{}/prompt", self.address);
        self.http.post(url).body(prompt.to_string()).send().await.expect("an answer");
        let over = |frame: &Frame| matches!(frame, Frame::Text(text) if text.contains("\"node\": null"));
        socket.until("the end of the prelude", |frames| frames.iter().any(over)).await;
        socket.close().await;
    }

    /// Everything that the recorded client had received when it acted.
    async fn wait_for_what_came_before(&mut self, lines: &[&Value], time: f64, loose: bool) {
        for (sock, socket) in &mut self.sockets {
            let before = |line: &&&Value| line["t"].as_f64().unwrap_or_default() < time && line["sock"] == **sock;
            let mut wanted: BTreeMap<String, usize> = BTreeMap::new();
            let mut tick = None;
            for line in lines.iter().filter(before).filter(|line| line["kind"] == "ws_text") {
                let frame: Value = serde_json::from_str(line["text"].as_str().unwrap_or_default()).expect("JSON");
                let kind = frame["type"].as_str().unwrap_or_default().to_owned();
                match kind.as_str() {
                    "status" if loose => {}
                    "progress_state" => {}
                    "progress" => tick = Some(frame["data"].clone()),
                    "execution_success" | "execution_error" | "execution_interrupted" => {
                        tick = None;
                        *wanted.entry(kind).or_default() += 1;
                    }
                    _ => *wanted.entry(kind).or_default() += 1,
                }
            }
            let tick = tick.map(|mut tick| {
                let id = tick["prompt_id"].as_str().unwrap_or_default();
                tick["prompt_id"] = self.ids.get(id).map_or(id, String::as_str).into();
                tick
            });
            let what = format!("{wanted:?} and {tick:?} on {sock} before {time}");
            socket.until(&what, |frames| has(frames, &wanted, tick.as_ref())).await;
        }
    }

    /// A socket that found the server idle must find it idle here too.
    async fn wait_for_quiet(&self, idle: bool) {
        if !idle {
            return;
        }
        let quiet = async {
            loop {
                let url = format!("http://{}/prompt", self.address);
                let answer = self.http.get(url).send().await.expect("an answer").text().await;
                if answer.expect("a body").contains("\"queue_remaining\": 0") {
                    break;
                }
            }
        };
        tokio::time::timeout(PATIENCE, quiet).await.expect("the end of the run");
    }

    async fn act(&mut self, action: &Value, idle: bool) {
        let sock = action["sock"].as_str().unwrap_or_default().to_owned();
        match action["kind"].as_str() {
            Some("ws_open") => {
                self.wait_for_quiet(idle).await;
                let url = action["url"].as_str().unwrap_or_default();
                let path = url.strip_prefix("ws://127.0.0.1:8188").expect("the recorded host");
                let socket = Socket::open(&format!("ws://{}{path}", self.address)).await;
                if let Some(older) = self.sockets.insert(sock.clone(), socket) {
                    let frames = older.abort().await;
                    self.raw.frames.entry(sock).or_default().extend(frames.iter().cloned());
                }
            }
            Some("ws_send") => {
                let socket = self.sockets.get_mut(&sock).expect("an open socket");
                socket.send(action["text"].as_str().unwrap_or_default()).await;
            }
            Some("ws_close") => {
                let mut socket = self.sockets.remove(&sock).expect("an open socket");
                if action["clean"] == true {
                    socket.close().await;
                }
                let frames = socket.abort().await;
                self.raw.frames.entry(sock).or_default().extend(frames.iter().cloned());
            }
            _ => self.request(action).await,
        }
    }

    async fn request(&mut self, action: &Value) {
        let mut path = action["path"].as_str().unwrap_or_default().to_owned();
        if let Some(query) = action["query"].as_str() {
            path = format!("{path}?{query}");
        }
        let mut body = match (&action["request_text"], &action["request_body"]) {
            (Value::String(text), _) => Some(text.clone()),
            (_, Value::Null) => None,
            (_, body) => Some(body.to_string()),
        };
        for (recorded, ours) in self.ids.iter().filter(|(recorded, _)| recorded.len() == 36) {
            path = path.replace(recorded, ours);
            body = body.map(|body| body.replace(recorded, ours));
        }
        let method = action["method"].as_str().unwrap_or_default().parse().expect("a method");
        let mut request = self.http.request(method, format!("http://{}{path}", self.address));
        for (name, value) in action["request_headers"].as_object().into_iter().flatten() {
            // The server's own origin.
            let value = value.as_str().unwrap_or_default();
            request = request.header(name, value.replace("127.0.0.1:8189", &self.address));
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = request.timeout(PATIENCE).send().await.expect("an answer");
        let status = response.status().as_u16().into();
        let content_type = response.headers().get("content-type");
        let content_type = content_type.map(|value| value.to_str().expect("text").to_owned());
        let bytes = response.bytes().await.expect("a body");
        let text = || Value::from(String::from_utf8_lossy(&bytes).into_owned());
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| text());
        if is_submission(action) {
            if let (Some(recorded), Some(ours)) = (action["response_body"]["prompt_id"].as_str(), body["prompt_id"].as_str()) {
                self.ids.insert(recorded.to_owned(), ours.to_owned());
            }
            let name = prompt_name(self.raw.names.prompts.len());
            self.raw.submitted(&body, name);
        }
        self.raw.exchanges.push(Exchange {
            request: describe(action),
            status,
            content_type,
            body: if bytes.is_empty() { Value::Null } else { body },
        });
    }

    async fn finish(mut self) -> Raw {
        for (sock, socket) in std::mem::take(&mut self.sockets) {
            let frames = socket.abort().await;
            self.raw.frames.entry(sock).or_default().extend(frames.iter().cloned());
        }
        self.raw
    }
}

fn has(frames: &[Frame], wanted: &BTreeMap<String, usize>, tick: Option<&Value>) -> bool {
    let parsed: Vec<Value> = frames
        .iter()
        .filter_map(|frame| match frame {
            Frame::Text(text) if !text.starts_with("{\"type\": \"progress_state\"") => serde_json::from_str(text).ok(),
            _ => None,
        })
        .collect();
    let count = |kind: &str| parsed.iter().filter(|frame| frame["type"] == *kind).count();
    let reached = |tick: &Value| {
        parsed.iter().any(|frame| {
            let data = &frame["data"];
            frame["type"] == "progress"
                && data["prompt_id"] == tick["prompt_id"]
                && data["node"] == tick["node"]
                && data["value"].as_f64() >= tick["value"].as_f64()
        })
    };
    wanted.iter().all(|(kind, wanted)| count(kind) >= *wanted) && tick.is_none_or(reached)
}

fn began(line: &Value) -> f64 {
    line["t_sent"].as_f64().or(line["t"].as_f64()).unwrap_or_default()
}

fn is_action(line: &Value) -> bool {
    match line["kind"].as_str() {
        Some("http") => !line["status"].is_null() && line["request_multipart"].is_null(),
        Some("ws_open" | "ws_send") => true,
        Some("ws_close") => line["by"] == "client",
        _ => false,
    }
}

fn is_submission(line: &Value) -> bool {
    line["kind"] == "http" && line["method"] == "POST" && line["path"].as_str().is_some_and(|path| path.ends_with("/prompt"))
}

fn classes(submission: &Value) -> impl Iterator<Item = &str> {
    let nodes = submission["request_body"]["prompt"].as_object();
    nodes.into_iter().flatten().filter_map(|(_, node)| node["class_type"].as_str())
}

fn describe(action: &Value) -> String {
    let text = |name: &str| action[name].as_str().unwrap_or_default().to_owned();
    format!("{} {} {} at {}", text("method"), text("path"), text("query"), action["t"])
}

fn belongs_to(line: &Value, ids: &HashSet<String>) -> bool {
    let text = line["text"].as_str().unwrap_or_default();
    let answer = line["response_body"]["prompt_id"].as_str().unwrap_or_default();
    let path = line["path"].as_str().unwrap_or_default();
    let query = line["query"].as_str().unwrap_or_default();
    ids.iter().any(|id| text.contains(id.as_str()) || answer == id || path.contains(id.as_str()))
        || (!ids.is_empty() && query.contains("subfolder=multi"))
}
