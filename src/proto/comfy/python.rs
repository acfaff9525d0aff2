//! What ComfyUI does with JSON because it is written in Python.

use std::io;

use serde::Serialize;
use serde_json::{Value, ser::Formatter};

struct PythonFormat;

/// JSON as Python's `json.dumps` writes it: spaces after `,` and `:`, ASCII only (fact 25). Some clients search in the text.
#[must_use]
pub fn python_json(value: &Value) -> String {
    let mut bytes = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, PythonFormat);
    // Writing a value into memory cannot fail.
    if value.serialize(&mut serializer).is_err() {
        return value.to_string();
    }
    String::from_utf8(bytes).unwrap_or_else(|_| value.to_string())
}

impl Formatter for PythonFormat {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if fragment.is_ascii() {
            return writer.write_all(fragment.as_bytes());
        }
        for character in fragment.chars() {
            if character.is_ascii() {
                write!(writer, "{character}")?;
            } else {
                let mut units = [0; 2];
                for unit in character.encode_utf16(&mut units) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }
}

/// `bool(value)`.
#[must_use]
pub fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_is_written_as_python_does() {
        let value = json!({"a": ["🐈 \n猫", 1.0], "b": {}, "c": null, "d": 18_446_744_073_709_551_615_u64});
        assert_eq!(
            python_json(&value),
            "{\"a\": [\"\\ud83d\\udc08 \\n\\u732b\", 1.0], \"b\": {}, \"c\": null, \"d\": 18446744073709551615}"
        );
        assert_eq!(serde_json::from_str::<Value>(&python_json(&value)).unwrap(), value);
    }
}
