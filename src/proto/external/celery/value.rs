//! JSON or MessagePack as one value.

use rmpv::{Value as MsgPack, decode::read_value_with_max_depth};
use serde_json::{Map, Number, Value};

use super::{error::CeleryError, extras};
use crate::limits;

/// How deep values may be nested; `serde_json` has the same limit.
const DEPTH: u16 = 128;

/// Reads JSON, in which kombu's own types become plain values.
///
/// # Errors
/// It is none.
pub(super) fn json(bytes: &[u8]) -> Result<Value, CeleryError> {
    serde_json::from_slice(bytes).map(extras::plain).map_err(|_| CeleryError::Damaged("it is no JSON"))
}

/// Reads MessagePack. Keys that are no text become text, bytes become text where they are some.
///
/// # Errors
/// It is none, or more follows.
pub(super) fn msgpack(mut bytes: &[u8]) -> Result<Value, CeleryError> {
    let value = read_value_with_max_depth(&mut bytes, DEPTH.into()).map_err(|_| CeleryError::Damaged("it is no MessagePack"))?;
    if !bytes.is_empty() {
        return Err(CeleryError::Damaged("more follows after the MessagePack"));
    }
    Ok(of(value))
}

fn of(value: MsgPack) -> Value {
    match value {
        MsgPack::Nil => Value::Null,
        MsgPack::Boolean(value) => value.into(),
        MsgPack::Integer(number) => {
            number.as_u64().map(Number::from).or_else(|| number.as_i64().map(Number::from)).map_or(Value::Null, Value::Number)
        }
        MsgPack::F32(number) => Number::from_f64(number.into()).map_or(Value::Null, Value::Number),
        MsgPack::F64(number) => Number::from_f64(number).map_or(Value::Null, Value::Number),
        MsgPack::String(text) => String::from_utf8_lossy(text.as_bytes()).into_owned().into(),
        MsgPack::Binary(bytes) => extras::bytes(&bytes),
        MsgPack::Ext(kind, _) => format!("<ext {kind}>").into(),
        MsgPack::Array(items) => Value::Array(items.into_iter().map(of).collect()),
        MsgPack::Map(pairs) => {
            let pair = |(key, value)| {
                let key = match of(key) {
                    Value::String(key) => key,
                    key => key.to_string(),
                };
                (key, of(value))
            };
            Value::Object(pairs.into_iter().map(pair).collect::<Map<_, _>>())
        }
    }
}

/// By its first byte: JSON, or MessagePack.
///
/// # Errors
/// Pickled, too large, or none of both.
pub(super) fn by_first_byte(bytes: &[u8]) -> Result<Value, CeleryError> {
    if bytes.len() > limits::EXTERNAL_VALUE {
        return Err(CeleryError::TooLarge(limits::EXTERNAL_VALUE));
    }
    match bytes {
        [] => Err(CeleryError::Damaged("it is empty")),
        // A pickle begins with its protocol: 0x80 and 2 to 5. As MessagePack that would be an empty map, and more after it.
        [0x80, 2..=5, ..] | [b'(' | b'c', ..] => Err(CeleryError::Pickled),
        [0x80..=0x8f | 0xde | 0xdf, ..] => msgpack(bytes),
        _ => json(bytes),
    }
}
