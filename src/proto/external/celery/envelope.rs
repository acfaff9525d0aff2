//! kombu's envelope of everything that is published: JSON with the body in base64.

use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{error::CeleryError, inflate::inflate, value};
use crate::limits;

/// What a message of `/{db}.celeryev/…` or `/{db}.celery.pidbox` has around its body.
#[derive(Clone, Debug)]
pub struct KombuEnvelope {
    /// A list on `task.multi`, where workers send several events at once; an object elsewhere.
    pub body: Value,
    pub headers: Map<String, Value>,
    /// Different in each message. Where a message is published on two channels, it is the same in both.
    pub delivery_tag: Option<String>,
}

#[derive(Deserialize)]
struct RawKombuEnvelope<'a> {
    #[serde(borrow)]
    body: Cow<'a, str>,
    #[serde(rename = "content-type", default)]
    content_type: Option<String>,
    #[serde(default)]
    headers: Option<Map<String, Value>>,
    #[serde(default)]
    properties: Option<Map<String, Value>>,
}

impl KombuEnvelope {
    /// # Errors
    /// It is none, or its body is of a type that is not read.
    pub fn read(bytes: &[u8]) -> Result<Self, CeleryError> {
        if bytes.len() > limits::EXTERNAL_VALUE {
            return Err(CeleryError::TooLarge(limits::EXTERNAL_VALUE));
        }
        if let [0x80, 2..=5, ..] = bytes {
            return Err(CeleryError::Pickled);
        }
        let raw: RawKombuEnvelope = serde_json::from_slice(bytes).map_err(|_| CeleryError::Damaged("it is no envelope of kombu"))?;
        let (headers, properties) = (raw.headers.unwrap_or_default(), raw.properties.unwrap_or_default());
        let text = |fields: &Map<String, Value>, key: &str| fields.get(key).and_then(Value::as_str).map(str::to_owned);
        let mut body = match text(&properties, "body_encoding").as_deref() {
            Some("base64") => STANDARD.decode(raw.body.as_bytes()).map_err(|_| CeleryError::Damaged("its body is no base64"))?,
            _ => raw.body.into_owned().into_bytes(),
        };
        if let Some(compression) = text(&headers, "compression") {
            body = inflate(&compression, &body)?;
        }
        let body = match raw.content_type.as_deref().unwrap_or("application/json") {
            "application/json" => value::json(&body)?,
            "application/x-msgpack" | "application/msgpack" => value::msgpack(&body)?,
            "application/x-python-serialize" => return Err(CeleryError::Pickled),
            other => return Err(CeleryError::ContentType(other.chars().take(limits::EXTERNAL_WORD).collect())),
        };
        Ok(Self { body, headers, delivery_tag: text(&properties, "delivery_tag") })
    }
}
