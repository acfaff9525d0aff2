//! Somebody who stars, tags, throws away, restores and undoes outputs of the gallery while everything is killed around them, and remembers every change
//! that was acknowledged.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    net::SocketAddr,
    time::Duration,
};

use rand::{Rng, rngs::SmallRng, seq::IndexedRandom};
use serde_json::{Value, json};
use tokio::{sync::watch, time::sleep};

const PATIENCE: Duration = Duration::from_secs(10);
const AGAIN: Duration = Duration::from_millis(100);
/// Between two changes.
const PAUSE: Duration = Duration::from_millis(20);
const TAGS: [&str; 4] = ["day", "night", "Éire", "to do"];

/// What people did with an output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    star: bool,
    tags: BTreeSet<String>,
    is_in_trash: bool,
}

/// The marks that are not as they were acknowledged.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct MarksVerdict {
    /// Changes that were acknowledged, with undos.
    pub changes: usize,
    pub stars_lost: usize,
    pub tags_lost: usize,
    pub trash_lost: usize,
    pub complaints: Vec<String>,
}

impl fmt::Display for MarksVerdict {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "changes={} stars_lost={} tags_lost={} trash_lost={}", self.changes, self.stars_lost, self.tags_lost, self.trash_lost)
    }
}

pub struct Organizer {
    base: String,
    http: reqwest::Client,
    /// As acknowledged; without those that were never changed.
    marks: BTreeMap<String, Marks>,
    changes: usize,
}

impl Organizer {
    pub fn new(addr: SocketAddr) -> Self {
        let http = reqwest::Client::builder().timeout(PATIENCE).build().expect("a client");
        Self { base: format!("http://{addr}"), http, marks: BTreeMap::new(), changes: 0 }
    }

    /// Makes changes until `is_over`.
    pub async fn organize(mut self, mut random: SmallRng, is_over: watch::Receiver<bool>) -> Self {
        while !*is_over.borrow() {
            sleep(PAUSE).await;
            let Some(known) = self.outputs("").await else { continue };
            let trash = self.outputs("in:trash").await.unwrap_or_default();
            let all: Vec<&String> = known.keys().chain(trash.keys()).collect();
            let Some(id) = all.choose(&mut random).map(|id| (*id).clone()) else { continue };
            self.change_one(&mut random, id).await;
        }
        self
    }

    async fn change_one(&mut self, random: &mut SmallRng, id: String) {
        let before = self.marks.get(&id).cloned().unwrap_or_default();
        let mut after = before.clone();
        let tag = (*TAGS.choose(random).expect("some")).to_owned();
        let change = match random.random_range(0..6) {
            0 | 1 => {
                after.star = random.random();
                json!({"star": after.star})
            }
            2 | 3 => {
                after.tags.insert(tag.clone());
                json!({"addTag": tag})
            }
            4 => {
                after.tags.remove(&tag);
                json!({"removeTag": tag})
            }
            _ => {
                after.is_in_trash = !before.is_in_trash;
                json!({"trash": after.is_in_trash})
            }
        };
        // Said again until it is acknowledged: an answer may be lost, and the change made.
        let body = json!({"select": {"ids": [id]}, "change": change});
        let result = self.acknowledged("/api/outputs/actions", &body).await;
        self.changes += 1;
        self.marks.insert(id.clone(), after);
        if random.random_range(0..3) == 0 {
            let action = result["actionId"].as_u64().expect("an action");
            self.acknowledged(&format!("/api/outputs/actions/{action}/undo"), &Value::Null).await;
            self.changes += 1;
            // Of a change whose first answer was lost, the second one changed nothing: undoing that gives back nothing.
            if result["changed"] == 1 {
                self.marks.insert(id, before);
            }
        }
    }

    async fn acknowledged(&self, path: &str, body: &Value) -> Value {
        loop {
            let answer = self.http.post(format!("{}{path}", self.base)).json(body).send().await;
            if let Ok(answer) = answer {
                let (status, text) = (answer.status(), answer.text().await);
                assert!(!status.is_client_error(), "{path}: {status} {text:?}");
                if let (true, Some(json)) = (status.is_success(), text.ok().and_then(|text| serde_json::from_str(&text).ok())) {
                    return json;
                }
            }
            sleep(AGAIN).await;
        }
    }

    /// The marks of all results of a search, by the ids of the outputs. `None`: no (whole) answer.
    async fn outputs(&self, search: &str) -> Option<BTreeMap<String, Marks>> {
        let (mut found, mut after) = (BTreeMap::new(), String::new());
        loop {
            let url = format!("{}/api/outputs?limit=200&q={search}{after}", self.base);
            let answer = self.http.get(url).send().await.ok()?.error_for_status().ok()?;
            let page: Value = serde_json::from_slice(&answer.bytes().await.ok()?).ok()?;
            for output in page["outputs"].as_array()? {
                let tags = output["tags"].as_array()?.iter().filter_map(|tag| tag.as_str().map(str::to_owned)).collect();
                let marks = Marks { star: output["star"] == true, tags, is_in_trash: !output["deletedAt"].is_null() };
                found.insert(output["outputId"].as_str()?.to_owned(), marks);
            }
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return Some(found),
            }
        }
    }

    /// After everything: compares all outputs with what was acknowledged.
    pub async fn judge(self) -> MarksVerdict {
        let mut there = BTreeMap::new();
        for search in ["", "in:trash"] {
            loop {
                match self.outputs(search).await {
                    Some(found) => break there.extend(found),
                    None => sleep(AGAIN).await,
                }
            }
        }
        MarksVerdict { changes: self.changes, ..compare(&self.marks, &there) }
    }
}

/// An output that nobody changed has no marks.
fn compare(acknowledged: &BTreeMap<String, Marks>, there: &BTreeMap<String, Marks>) -> MarksVerdict {
    let mut verdict = MarksVerdict::default();
    let ids: BTreeSet<&String> = acknowledged.keys().chain(there.keys()).collect();
    for id in ids {
        let wanted = acknowledged.get(id).cloned().unwrap_or_default();
        let Some(found) = there.get(id) else {
            verdict.stars_lost += usize::from(wanted.star);
            verdict.tags_lost += usize::from(!wanted.tags.is_empty());
            verdict.trash_lost += 1;
            verdict.complaints.push(format!("the output {id} is gone, with {wanted:?}"));
            continue;
        };
        verdict.stars_lost += usize::from(found.star != wanted.star);
        verdict.tags_lost += usize::from(found.tags != wanted.tags);
        verdict.trash_lost += usize::from(found.is_in_trash != wanted.is_in_trash);
        if *found != wanted {
            verdict.complaints.push(format!("the output {id} has {found:?}, and not {wanted:?}"));
        }
    }
    verdict
}

#[test]
fn marks_that_are_lost_or_came_from_nowhere_are_counted() {
    let marks = |star, tags: &[&str], is_in_trash| Marks { star, tags: tags.iter().map(|tag| (*tag).to_owned()).collect(), is_in_trash };
    let all = |marks: &[Marks]| marks.iter().enumerate().map(|(at, marks)| (at.to_string(), marks.clone())).collect::<BTreeMap<_, _>>();
    let counts = |acknowledged: &[Marks], there: &[Marks]| {
        let verdict = compare(&all(acknowledged), &all(there));
        [verdict.stars_lost, verdict.tags_lost, verdict.trash_lost, verdict.complaints.len()]
    };
    let marked = [marks(true, &["day"], true)];
    assert_eq!(counts(&marked, &[marked[0].clone(), Marks::default()]), [0; 4]);
    assert_eq!(counts(&marked, &[marks(false, &["day"], true)]), [1, 0, 0, 1]);
    assert_eq!(counts(&marked, &[marks(true, &["night"], true)]), [0, 1, 0, 1]);
    assert_eq!(counts(&marked, &[marks(true, &["day"], false)]), [0, 0, 1, 1]);
    assert_eq!(counts(&marked, &[]), [1, 1, 1, 1], "it is gone");
    assert_eq!(counts(&[], &marked), [1, 1, 1, 1], "nobody marked it");
}
