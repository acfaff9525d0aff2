//! Values that JSON does not have, as kombu writes them: `{"__type__": "datetime", "__value__": "…"}` (`kombu/utils/json.py`). They become plain texts.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};
use uuid::Uuid;

/// The value with all of kombu's own types in it as plain values.
pub(super) fn plain(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(plain).collect()),
        Value::Object(fields) => typed(&fields)
            .unwrap_or_else(|| Value::Object(fields.into_iter().map(|(key, value)| (key, plain(value))).collect::<Map<_, _>>())),
        value => value,
    }
}

/// `None`: it is an ordinary object.
fn typed(fields: &Map<String, Value>) -> Option<Value> {
    let kind = fields.get("__type__")?.as_str()?;
    let value = fields.get("__value__").filter(|_| fields.len() == 2)?;
    Some(match (kind, value) {
        ("uuid", Value::Object(uuid)) => {
            let hex = uuid.get("hex")?.as_str()?;
            hex.parse::<Uuid>().map_or_else(|_| hex.into(), |uuid| uuid.to_string().into())
        }
        ("base64", Value::String(text)) => STANDARD.decode(text).map_or_else(|_| text.as_str().into(), |bytes| self::bytes(&bytes)),
        // datetime, date, time, decimal, bytes (which are text then), and what others registered.
        (_, value) => plain(value.clone()),
    })
}

/// Bytes are text where they are UTF-8, and otherwise named by their number.
pub(super) fn bytes(bytes: &[u8]) -> Value {
    str::from_utf8(bytes).map_or_else(|_| format!("<{} bytes>", bytes.len()).into(), Value::from)
}
