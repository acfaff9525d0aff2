//! The envelope itself.

use serde_json::{Map, Value};

/// An event with its context, as CloudEvents 1.0 defines it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CloudEvent {
    /// With `source` it names the event: a repetition has both.
    pub id: String,
    /// A URI reference to what sends it.
    pub source: String,
    pub kind: String,
    pub subject: Option<String>,
    /// RFC 3339.
    pub time: Option<String>,
    pub datacontenttype: Option<String>,
    pub dataschema: Option<String>,
    pub data: Option<Value>,
    /// Bytes, in base64; instead of `data`.
    pub data_base64: Option<String>,
    /// Attributes of extensions: texts, whole numbers and truth values.
    pub extensions: Map<String, Value>,
}

/// How the types of Darkroom's own events begin.
pub const DARKROOM_TYPES: &str = "studio.darkroom.";
/// How they end: the version of their data.
const VERSION: &str = ".v1";

/// The type of an event of Darkroom: `task.progress` is `studio.darkroom.task.progress.v1`.
#[must_use]
pub fn darkroom_type(name: &str) -> String {
    format!("{DARKROOM_TYPES}{name}{VERSION}")
}

/// The name without what Darkroom's types have around it: `task.progress`, however it is written.
#[must_use]
pub fn short_type(kind: &str) -> &str {
    kind.strip_prefix(DARKROOM_TYPES).and_then(|kind| kind.strip_suffix(VERSION)).unwrap_or(kind)
}

impl CloudEvent {
    /// In the structured form, attributes in the order of the specification.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut json = Map::new();
        json.insert("specversion".to_owned(), "1.0".into());
        let required = [("id", &self.id), ("source", &self.source), ("type", &self.kind)];
        json.extend(required.map(|(name, value)| (name.to_owned(), value.as_str().into())));
        let optional = [
            ("subject", &self.subject),
            ("time", &self.time),
            ("datacontenttype", &self.datacontenttype),
            ("dataschema", &self.dataschema),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                json.insert(name.to_owned(), value.as_str().into());
            }
        }
        json.extend(self.extensions.clone());
        if let Some(data) = &self.data {
            json.insert("data".to_owned(), data.clone());
        }
        if let Some(data) = &self.data_base64 {
            json.insert("data_base64".to_owned(), data.as_str().into());
        }
        Value::Object(json)
    }
}
