//! A strict parser of OpenMetrics' text format.

use std::{collections::BTreeMap, net::SocketAddr};

/// All samples, by name and sorted labels: `name{a="1",b="2"}`.
pub struct Scrape(BTreeMap<String, f64>);

impl Scrape {
    /// # Panics
    /// On anything that the format or Prometheus' conventions forbid.
    pub fn parse(text: &str) -> Self {
        let body = text.strip_suffix("# EOF\n").expect("ends with # EOF");
        let mut families: BTreeMap<String, Family> = BTreeMap::new();
        let mut samples = BTreeMap::new();
        let mut current = String::new();
        for line in body.lines() {
            if let Some(comment) = line.strip_prefix("# ") {
                let mut words = comment.splitn(3, ' ');
                let (Some(what), Some(name), Some(rest)) = (words.next(), words.next(), words.next()) else { panic!("{line}") };
                assert!(name.starts_with("darkroom_") && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{line}");
                if what == "HELP" {
                    assert!(families.insert(name.to_owned(), Family::default()).is_none(), "twice: {line}");
                    assert!(rest.len() > 5 && !rest.ends_with(".."), "{line}");
                    current = name.to_owned();
                }
                assert_eq!(name, current, "{line}");
                let family = families.get_mut(name).expect("HELP comes first");
                match what {
                    "HELP" => {}
                    "TYPE" => family.kind = rest.to_owned(),
                    "UNIT" => assert!(name.ends_with(&format!("_{rest}")) && rest == "seconds", "{line}"),
                    _ => panic!("{line}"),
                }
                continue;
            }
            let (name, labels, value) = sample(line);
            let suffix = name.strip_prefix(&current).unwrap_or_else(|| panic!("not of {current}: {line}"));
            let allowed: &[&str] = match families[&current].kind.as_str() {
                "counter" => &["_total"],
                "gauge" => &[""],
                "histogram" => &["_bucket", "_sum", "_count"],
                other => panic!("type {other}"),
            };
            assert!(allowed.contains(&suffix), "{line}");
            assert!(value >= 0.0 && value.is_finite(), "{line}");
            let key = key(&name, &labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>());
            assert!(samples.insert(key, value).is_none(), "twice: {line}");
            if suffix == "_bucket" {
                families.get_mut(&current).expect("known").bucket(labels, value, line);
            }
        }
        let scrape = Self(samples);
        for (name, family) in &families {
            assert!(!family.kind.is_empty(), "{name} has no type");
            for (labels, total) in &family.totals {
                assert_eq!(scrape.get(&format!("{name}_count"), &borrowed(labels)), *total, "+Inf and count of {name}");
            }
        }
        scrape
    }

    pub async fn of(darkroom: SocketAddr) -> Self {
        let text = reqwest::get(format!("http://{darkroom}/metrics")).await.expect("answers").text().await.expect("text");
        Self::parse(&text)
    }

    /// # Panics
    /// The sample does not exist.
    pub fn get(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.find(name, labels).unwrap_or_else(|| panic!("no {} in {:#?}", key(name, labels), self.0))
    }

    pub fn find(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        self.0.get(&key(name, labels)).copied()
    }
}

#[derive(Default)]
struct Family {
    kind: String,
    /// The last bucket, by the other labels.
    totals: BTreeMap<Vec<(String, String)>, f64>,
    bound: Option<f64>,
}

impl Family {
    fn bucket(&mut self, mut labels: Vec<(String, String)>, value: f64, line: &str) {
        let at = labels.iter().position(|(name, _)| name == "le").expect("le");
        let (_, le) = labels.remove(at);
        let bound: f64 = if le == "+Inf" { f64::INFINITY } else { le.parse().expect("a bound") };
        let before = self.totals.insert(labels, value);
        assert!(before.is_none_or(|before| before <= value && self.bound.is_some_and(|last| last < bound)), "{line}");
        self.bound = Some(bound);
    }
}

fn borrowed(labels: &[(String, String)]) -> Vec<(&str, &str)> {
    labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn key(name: &str, labels: &[(&str, &str)]) -> String {
    let mut labels = labels.to_vec();
    labels.sort_unstable();
    format!("{name}{labels:?}")
}

/// Name, labels and value of `name{label="value",…} 1.5`.
fn sample(line: &str) -> (String, Vec<(String, String)>, f64) {
    let end = line.find(['{', ' ']).expect("a name");
    let (name, mut rest) = line.split_at(end);
    let mut labels = Vec::new();
    if let Some(inner) = rest.strip_prefix('{') {
        rest = inner;
        loop {
            let (label, after) = rest.split_once("=\"").expect("a label");
            assert!(!label.is_empty() && label.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{line}");
            let mut value = String::new();
            let mut chars = after.char_indices();
            rest = loop {
                match chars.next() {
                    Some((at, '"')) => break &after[at + 1..],
                    Some((_, '\\')) => match chars.next() {
                        Some((_, 'n')) => value.push('\n'),
                        Some((_, c @ ('"' | '\\'))) => value.push(c),
                        other => panic!("\\{other:?}: {line}"),
                    },
                    Some((_, c)) => value.push(c),
                    None => panic!("no end of {label}: {line}"),
                }
            };
            labels.push((label.to_owned(), value));
            match rest.split_at(1) {
                (",", more) => rest = more,
                ("}", more) => {
                    rest = more;
                    break;
                }
                _ => panic!("{line}"),
            }
        }
    }
    let value = rest.strip_prefix(' ').expect("a space").parse().unwrap_or_else(|_| panic!("no number: {line}"));
    (name.to_owned(), labels, value)
}
