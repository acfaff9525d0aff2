//! The server's own OpenAPI document, to check responses against.

use serde_json::Value;

pub struct ApiDocument(pub Value);

impl ApiDocument {
    pub async fn of(base: &str) -> Self {
        Self::readable(base).await.expect("a document")
    }

    /// `None`: it cannot be read without a token.
    pub async fn readable(base: &str) -> Option<Self> {
        let response = reqwest::get(format!("{base}/api/openapi.json")).await.expect("answers");
        if response.status().is_success() { Some(Self(response.json().await.expect("JSON"))) } else { None }
    }

    /// Panics when a value does not conform to a schema.
    pub fn valid(&self, schema: &Value, value: &Value, said: &str) {
        let mut schema = schema.clone();
        schema["components"] = self.0["components"].clone();
        let validator = jsonschema::draft202012::options().should_validate_formats(true).build(&schema).expect("a schema");
        let errors: Vec<String> = validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?} in {said}");
    }

    /// What the document says of a request. `method`: in lower case.
    pub fn operation(&self, method: &str, path: &str) -> Option<&Value> {
        let fits = |template: &str| {
            let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
            template.len() == path.len() && template.iter().zip(&path).all(|(part, said)| part.starts_with('{') || part == said)
        };
        let paths = self.0["paths"].as_object()?;
        let item = paths.get(path).or_else(|| paths.iter().find(|(template, _)| fits(template)).map(|(_, item)| item))?;
        item.get(method)
    }
}
