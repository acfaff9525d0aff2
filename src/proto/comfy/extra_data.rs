//! `extra_data`: what a client submits beside a workflow, for ComfyUI and its nodes (fact 66). It may hold API keys.

use std::{borrow::Cow, fmt};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::parse_lenient;

/// The extra data of a prompt. All of it is confidential: it has no `Serialize`, and its `Debug` output hides it.
#[derive(Clone, Default, PartialEq)]
pub struct ExtraData(Map<String, Value>);

/// Why extra data cannot be used. The messages contain nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExtraDataError {
    #[error("extra_data must be an object, such as {{\"extra_pnginfo\": {{…}}}}.")]
    NotAnObject,
    #[error("extra_pnginfo in extra_data must be an object: nodes look things up in it.")]
    PngInfo,
}

const PNG_INFO: &str = "extra_pnginfo";
/// ComfyUI sets these itself.
const OF_COMFYUI: [&str; 2] = ["client_id", "create_time"];
/// Holds what a client of ComfyUI sent beside `extra_data` in the body of its `POST /prompt`, such as `partial_execution_targets`.
const BESIDE: &str = "darkroom_body";
/// What ComfyUI itself takes out of the extra data before it shows a prompt (`SENSITIVE_EXTRA_DATA_KEYS` in its `execution.py`).
const SENSITIVE: [&str; 2] = ["auth_token_comfy_org", "api_key_comfy_org"];
/// Parts of the names of members that hold secrets, such as `api_key_comfy_org` and `auth_token_comfy_org`.
const SECRET_NAMES: [&str; 8] = ["key", "token", "secret", "passw", "auth", "credential", "cookie", "bearer"];
/// Shorter values are not hidden: they would match ordinary text.
const SECRET_BYTES: usize = 8;
/// In place of a secret.
const HIDDEN: &str = "•••";

impl ExtraData {
    /// The extra data in the text of a file, if it is the body of a `POST /prompt`: `{"prompt": {…}, "extra_data": {…}}`.
    ///
    /// # Errors
    /// See [`ExtraDataError`]. Text that is no such body has no extra data.
    pub fn of_file(text: &str) -> Result<Self, ExtraDataError> {
        #[derive(Deserialize)]
        struct Body {
            prompt: Option<serde::de::IgnoredAny>,
            extra_data: Option<Value>,
        }
        // Most files are only a workflow, and large ones need not be parsed again.
        if !text.contains("extra_data") {
            return Ok(Self::default());
        }
        match parse_lenient(text.trim_start_matches('\u{feff}')) {
            Ok(Body { prompt: Some(_), extra_data: Some(extra_data) }) => Self::from_value(extra_data),
            _ => Ok(Self::default()),
        }
    }

    /// Without what is null or empty, and what ComfyUI sets itself: nodes take an empty `extra_pnginfo` for one with a workflow in it.
    ///
    /// # Errors
    /// See [`ExtraDataError`].
    pub fn from_value(value: Value) -> Result<Self, ExtraDataError> {
        let mut members = match value {
            Value::Null => Map::new(),
            Value::Object(members) => members,
            _ => return Err(ExtraDataError::NotAnObject),
        };
        members.retain(|name, value| !value.is_null() && !OF_COMFYUI.contains(&name.as_str()));
        if let Some(info) = members.get_mut(PNG_INFO) {
            let Value::Object(info) = info else { return Err(ExtraDataError::PngInfo) };
            info.retain(|_, value| !value.is_null());
            if info.is_empty() {
                members.shift_remove(PNG_INFO);
            }
        }
        Ok(Self(members))
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What ComfyUI gets: this, and the setting of previews where the client has none (fact 48).
    #[must_use]
    pub fn for_comfyui(&self, previews: bool) -> Value {
        let mut members = self.0.clone();
        members.shift_remove(BESIDE);
        members.entry("preview_method").or_insert_with(|| json!(if previews { "auto" } else { "none" }));
        Value::Object(members)
    }

    /// Adds members of the body of a `POST /prompt` that ComfyUI gets as they are, beside the prompt.
    #[must_use]
    pub fn with_beside(mut self, beside: Map<String, Value>) -> Self {
        if !beside.is_empty() {
            self.0.insert(BESIDE.to_owned(), beside.into());
        }
        self
    }

    /// See [`ExtraData::with_beside`].
    pub fn beside(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.0.get(BESIDE).and_then(Value::as_object).into_iter().flatten()
    }

    /// As ComfyUI shows it to everybody: without the keys of its own services, and with other secrets hidden.
    #[must_use]
    pub fn shown(&self) -> Map<String, Value> {
        let mut members = self.0.clone();
        members.retain(|name, _| name != BESIDE && !SENSITIVE.contains(&name.as_str()));
        members.values_mut().for_each(|value| self.hide_in(value));
        members
    }

    /// The client chose how previews are made, or that there are none.
    #[must_use]
    pub fn chooses_previews(&self) -> bool {
        self.0.contains_key("preview_method")
    }

    /// The workflow in the editor's format that ComfyUI writes into pictures (`extra_pnginfo.workflow`), if the client sent it.
    #[must_use]
    pub fn editor_file(&self) -> Option<&Value> {
        self.0.get(PNG_INFO)?.get("workflow")
    }

    /// With all secrets. Must be encrypted before it is written anywhere.
    #[must_use]
    pub fn reveal(&self) -> Value {
        Value::Object(self.0.clone())
    }

    /// Whether there is anything that [`ExtraData::hide`] would hide.
    #[must_use]
    pub fn has_secrets(&self) -> bool {
        !self.secrets().is_empty()
    }

    fn secrets(&self) -> Vec<&str> {
        let mut secrets = Vec::new();
        for (name, value) in self.0.iter().filter(|(name, _)| *name != PNG_INFO) {
            collect(name, value, false, &mut secrets);
        }
        // The longest first: one may be a part of another.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets
    }

    /// A text of ComfyUI without the secrets: an error message of a node may contain one. Works on JSON, too.
    #[must_use]
    pub fn hide<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut hidden = Cow::Borrowed(text);
        for secret in self.secrets() {
            let escaped = Value::from(secret).to_string();
            let inner = escaped.get(1..escaped.len() - 1).unwrap_or(secret);
            for form in [secret, inner, &ascii(inner)] {
                if hidden.contains(form) {
                    hidden = Cow::Owned(hidden.replace(form, HIDDEN));
                }
            }
        }
        hidden
    }

    /// The same for all texts in a value.
    pub fn hide_in(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Cow::Owned(hidden) = self.hide(text) {
                    *text = hidden;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.hide_in(item)),
            Value::Object(members) => members.values_mut().for_each(|value| self.hide_in(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// As Python escapes it (fact 25).
fn ascii(text: &str) -> String {
    let mut escaped = String::new();
    for unit in text.encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii() => escaped.push(char::from(byte)),
            _ => escaped.push_str(&format!("\\u{unit:04x}")),
        }
    }
    escaped
}

/// The texts in `value` that are secrets: those under a name that denotes a secret, at any depth.
fn collect<'a>(name: &str, value: &'a Value, is_secret: bool, secrets: &mut Vec<&'a str>) {
    let name = name.to_ascii_lowercase();
    let is_secret = is_secret || SECRET_NAMES.iter().any(|word| name.contains(word));
    match value {
        Value::String(text) if is_secret && text.len() >= SECRET_BYTES => secrets.push(text),
        Value::Array(items) => items.iter().for_each(|item| collect("", item, is_secret, secrets)),
        Value::Object(members) => members.iter().for_each(|(name, value)| collect(name, value, is_secret, secrets)),
        _ => {}
    }
}

impl fmt::Debug for ExtraData {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.0.is_empty() { "{}" } else { "{…}" })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(value: Value) -> ExtraData {
        ExtraData::from_value(value).unwrap()
    }

    #[test]
    fn our_extra_data_is_merged_with_that_of_the_request() {
        let theirs = json!({"extra_pnginfo": {"workflow": {"id": "x"}}, "api_key_comfy_org": "comfyui-abc", "client_id": "theirs", "create_time": 1});
        let wanted = json!({"extra_pnginfo": {"workflow": {"id": "x"}}, "api_key_comfy_org": "comfyui-abc", "preview_method": "auto"});
        assert_eq!(of(theirs).for_comfyui(true), wanted);
        assert_eq!(of(json!({"preview_method": "none"})).for_comfyui(true), json!({"preview_method": "none"}));
        assert_eq!(ExtraData::default().for_comfyui(false), json!({"preview_method": "none"}));
    }

    #[test]
    fn an_empty_extra_pnginfo_is_left_out() {
        for empty in [json!({}), json!(null), json!({"workflow": null})] {
            assert_eq!(of(json!({"extra_pnginfo": empty})).for_comfyui(true), json!({"preview_method": "auto"}));
        }
    }

    #[test]
    fn extra_data_that_nodes_cannot_use_is_refused_without_showing_it() {
        let wrong = [json!("sk-secret"), json!([1]), json!({"extra_pnginfo": "sk-secret"}), json!({"extra_pnginfo": []})];
        for error in wrong.map(|value| ExtraData::from_value(value).unwrap_err()) {
            assert!(!error.to_string().contains("sk-secret"), "{error}");
        }
    }

    #[test]
    fn extra_data_is_read_from_a_request_body() {
        let body = "\u{feff}{\"prompt\": {\"1\": {\"class_type\": \"A\"}}, \"extra_data\": {\"a\": NaN, \"b\": 1}}";
        assert_eq!(ExtraData::of_file(body).unwrap(), of(json!({"b": 1})));
        for none in
            ["{\"1\": {\"class_type\": \"extra_data\"}}", "extra_data", "{\"extra_data\": {\"class_type\": \"A\"}}", "{\"prompt\": {}}"]
        {
            assert!(ExtraData::of_file(none).unwrap().is_empty(), "{none}");
        }
        assert!(ExtraData::of_file("{\"prompt\": {}, \"extra_data\": 5}").is_err());
    }

    #[test]
    fn secrets_are_hidden_wherever_they_come_back() {
        let extra = of(json!({
            "api_key_comfy_org": "comfyui-0123456789",
            "AUTH_TOKEN_comfy_org": "a\"b\\c-longer",
            "mine": {"password": ["longer than eight"], "depth": 3},
            "extra_pnginfo": {"token": "not a secret"},
        }));
        let text = r#"{"a": "comfyui-0123456789", "b": "a\"b\\c-longer", "c": "longer than eight, not a secret"}"#;
        assert_eq!(extra.hide(text), r#"{"a": "•••", "b": "•••", "c": "•••, not a secret"}"#);
        let mut value = json!(["x comfyui-0123456789 y", {"k": ["a\"b\\c-longer"]}]);
        extra.hide_in(&mut value);
        assert_eq!(value, json!(["x ••• y", {"k": ["•••"]}]));
        assert_eq!(format!("{extra:?} {:?}", ExtraData::default()), "{…} {}");
        assert!(extra.has_secrets() && !of(json!({"preview_method": "taesd-long"})).has_secrets());
    }

    proptest! {
        #[test]
        fn no_secret_is_left_after_hiding(secret in "[ -~é🐈]{8,30}", before in ".{0,10}", after in ".{0,10}") {
            let extra = of(json!({"api_key_comfy_org": secret}));
            let said = format!("{before}{secret}{after}");
            prop_assert!(!extra.hide(&said).contains(&secret));
            let frame = json!({"text": said}).to_string();
            let heard = extra.hide(&frame);
            let heard: Value = serde_json::from_str(&heard).unwrap_or_default();
            prop_assert!(!heard["text"].as_str().unwrap_or_default().contains(&secret));
        }
    }
}
