//! The value of an input, given as text: its type comes from the value in the file, else from the node's input at ComfyUI, else from its looks.

use serde_json::Value;

use super::{ClientError, InputPath};
use proto::{
    comfy::{Catalog, InputKind, NumberRange, Workflow},
    form::{LiteralType, read_as, read_boolean, read_by_looks, read_number},
};

impl InputPath {
    /// Whether the file alone does not determine the type of `text` here: then ComfyUI's description of the node is needed.
    #[must_use]
    pub fn needs_catalog(&self, workflow: &Workflow, text: &str) -> bool {
        let Some(node) = workflow.0.get(self.node()) else { return false };
        if link(workflow, text).is_some() {
            return false;
        }
        let kind = LiteralType::of(node.input(self.input()));
        match (kind, kind.read(text)) {
            (_, None) => true,
            // Perhaps a choice of which some options are numbers or booleans.
            (LiteralType::Text, _) => read_number(text).is_some() || read_boolean(text).is_some(),
            // Perhaps an input for whole numbers.
            (LiteralType::Number { whole: true }, Some(value)) => value.is_f64(),
            _ => false,
        }
    }

    /// The value that `text` means here. `catalog`: ComfyUI's description of the node, where it is known. A link `["node id", slot]` to a
    /// node of the workflow is possible for every input.
    ///
    /// # Errors
    /// [`ClientError::Usage`] with the node, the input and the type it takes.
    pub fn value(&self, workflow: &Workflow, text: &str, catalog: &Catalog) -> Result<Value, ClientError> {
        let Some(node) = workflow.0.get(self.node()) else { return Ok(Value::String(text.to_owned())) };
        if let Some(link) = link(workflow, text) {
            return Ok(link);
        }
        let kind = LiteralType::of(node.input(self.input()));
        let spec = catalog.class(node.class_type()).and_then(|class| class.input(self.input())).map(|input| &input.kind);
        if let Some(choice) = spec.and_then(|spec| spec.typed_choice(text)) {
            return Ok(choice.clone());
        }
        let wrong = |wanted: String| {
            let node = match node.title().filter(|title| *title != node.class_type()) {
                Some(title) => format!("{} \"{title}\" ({})", self.node(), node.class_type()),
                None => format!("{} ({})", self.node(), node.class_type()),
            };
            ClientError::Usage(format!("Node {node}: the input \"{}\" takes {wanted}, and {text:?} is not.", self.input()))
        };
        match (kind.read(text), spec) {
            (Some(Value::Number(number)), Some(InputKind::Number(NumberRange { whole: true, .. }))) if number.is_f64() => {
                Err(wrong("a whole number".into()))
            }
            (Some(value), _) => Ok(value),
            (None, Some(spec)) => match read_as(spec, text) {
                Some(Ok(value)) => Ok(value),
                Some(Err(wanted)) => Err(wrong(wanted)),
                None if kind == LiteralType::Unknown => Ok(read_by_looks(text)),
                None => Err(wrong(kind.name().into())),
            },
            (None, None) if kind == LiteralType::Unknown => Ok(read_by_looks(text)),
            (None, None) => Err(wrong(kind.name().into())),
        }
    }
}

fn link(workflow: &Workflow, text: &str) -> Option<Value> {
    let value: Value = serde_json::from_str(text).ok()?;
    match value.as_array()?.as_slice() {
        [Value::String(id), Value::Number(slot)] if slot.is_u64() && workflow.0.contains_key(id.as_str()) => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn workflow() -> Workflow {
        Workflow::from_value(json!({
            "3": {"class_type": "KSampler", "inputs": {
                "profile": "hq", "text": "a cat", "seed": 7, "cfg": 8, "denoise": 0.5, "on": false, "model": ["4", 0], "free": null,
                "sizes": [1, 2, 3], "extra": {"a": 1}, "level": ["4", 1], "mode": "auto", "flag": ["4", 2], "words": ["4", 3], "odd": ["4", 4],
                "count": ["4", 5],
            }, "_meta": {"title": "Main"}},
            "4": {"class_type": "Loader", "inputs": {}},
        }))
        .unwrap()
    }

    fn catalog() -> Catalog {
        Catalog::from_object_info(&json!({"KSampler": {"input": {"required": {
            "seed": ["INT", {}], "cfg": ["FLOAT", {}], "level": [[4, 8, 16], {}], "mode": ["COMBO", {"options": ["auto", 1, true]}],
            "flag": ["BOOLEAN", {}], "words": ["STRING", {}], "odd": ["SIGMAS", {}], "count": ["INT", {}], "model": ["MODEL"],
        }}}}))
    }

    fn value(input: &str, text: &str, catalog: &Catalog) -> Result<Value, String> {
        let workflow = workflow();
        let path = InputPath::find(&workflow, &format!("3.{input}")).unwrap();
        path.value(&workflow, text, catalog).map_err(|error| error.to_string())
    }

    #[test]
    fn the_value_in_the_file_gives_the_type() {
        let read = |input: &str, text: &str| value(input, text, &Catalog::default());
        assert_eq!(read("profile", "4444"), Ok(json!("4444")));
        assert_eq!(read("text", "2024"), Ok(json!("2024")));
        assert_eq!(read("text", "true"), Ok(json!("true")));
        assert_eq!(read("text", "\"quoted\""), Ok(json!("\"quoted\"")));
        assert_eq!(read("text", "[\"a\", 1]"), Ok(json!("[\"a\", 1]")), "no such node: a text");
        assert_eq!(read("text", ""), Ok(json!("")));
        assert_eq!(read("seed", "18446744073709551615"), Ok(json!(u64::MAX)));
        assert_eq!(read("seed", "-1"), Ok(json!(-1)));
        assert_eq!(read("cfg", "7.5"), Ok(json!(7.5)), "files have 8 for 8.0");
        assert_eq!(read("denoise", "1"), Ok(json!(1)));
        assert_eq!(read("on", "true"), Ok(json!(true)));
        assert_eq!(read("on", "True"), Ok(json!(true)));
        assert_eq!(read("sizes", "[4]"), Ok(json!([4])));
        assert_eq!(read("extra", "{\"a\": 2}"), Ok(json!({"a": 2})));
    }

    #[test]
    fn a_value_of_another_type_is_an_error_with_its_place() {
        for (input, text, wanted) in [
            ("seed", "abc", "a number"),
            ("seed", "", "a number"),
            ("seed", "NaN", "a number"),
            ("denoise", "inf", "a number"),
            ("seed", "true", "a number"),
            ("on", "1", "true or false"),
            ("sizes", "4", "a list as JSON"),
            ("extra", "[1]", "an object as JSON"),
        ] {
            let why = value(input, text, &Catalog::default()).unwrap_err();
            for part in ["3 \"Main\" (KSampler)", &format!("\"{input}\""), wanted, &format!("{text:?}")] {
                assert!(why.contains(part), "{part}: {why}");
            }
        }
    }

    #[test]
    fn where_the_file_gives_no_type_comfyui_does() {
        let read = |input: &str, text: &str| value(input, text, &catalog());
        assert_eq!(read("level", "8"), Ok(json!(8)));
        assert_eq!(read("flag", "true"), Ok(json!(true)));
        assert_eq!(read("words", "true"), Ok(json!("true")));
        assert_eq!(read("count", "12"), Ok(json!(12)));
        assert_eq!(read("odd", "12"), Ok(json!(12)), "left open");
        assert_eq!(read("odd", "twelve"), Ok(json!("twelve")));
        // An option of another type than the value in the file.
        assert_eq!(read("mode", "1"), Ok(json!(1)));
        assert_eq!(read("mode", "true"), Ok(json!(true)));
        assert_eq!(read("mode", "auto"), Ok(json!("auto")));
        assert_eq!(read("cfg", "7.5"), Ok(json!(7.5)));
        for (input, text, wanted) in [
            ("level", "7", "one of 4, 8, 16"),
            ("flag", "maybe", "true or false"),
            ("count", "1.5", "a whole number"),
            ("seed", "1.5", "a whole number"),
        ] {
            let why = read(input, text).unwrap_err();
            assert!(why.contains(wanted) && why.contains("KSampler") && why.contains(input), "{why}");
        }
    }

    #[test]
    fn without_a_known_type_the_text_decides() {
        let read = |text: &str| value("free", text, &Catalog::default());
        assert_eq!(read("42"), Ok(json!(42)));
        assert_eq!(read("\"42\""), Ok(json!("42")));
        assert_eq!(read("true"), Ok(json!(true)));
        assert_eq!(read("a = b, c"), Ok(json!("a = b, c")));
    }

    #[test]
    fn every_input_can_be_linked() {
        for input in ["text", "seed", "model", "free"] {
            assert_eq!(value(input, "[\"4\", 0]", &catalog()), Ok(json!(["4", 0])), "{input}");
        }
    }

    #[test]
    fn comfyui_is_asked_only_where_the_file_gives_no_type() {
        let workflow = workflow();
        let asks = |input: &str, text: &str| InputPath::find(&workflow, &format!("3.{input}")).unwrap().needs_catalog(&workflow, text);
        for (input, text) in [("text", "a dog"), ("seed", "4"), ("denoise", "0.3"), ("on", "true"), ("model", "[\"4\", 1]")] {
            assert!(!asks(input, text), "{input}={text}");
        }
        for (input, text) in [("text", "4"), ("mode", "true"), ("seed", "1.5"), ("seed", "x"), ("free", "x"), ("level", "8")] {
            assert!(asks(input, text), "{input}={text}");
        }
    }

    proptest! {
        #[test]
        fn a_text_input_gets_the_text_unchanged(text in any::<String>()) {
            prop_assume!(!text.contains('['));
            prop_assert_eq!(value("text", &text, &catalog()), Ok(Value::String(text)));
        }

        #[test]
        fn any_text_is_a_value_or_an_error(text in any::<String>(), at in 0_usize..16) {
            let inputs = ["profile", "seed", "cfg", "denoise", "on", "model", "free", "sizes", "extra", "level", "mode", "flag", "words", "odd", "count", "text"];
            for catalog in [catalog(), Catalog::default()] {
                let _ = value(inputs[at], &text, &catalog);
            }
        }
    }
}
