//! `/api/docs`: the API document as an HTML page without JavaScript, rendered once at start.

mod html;
mod schema;

use serde_json::Value;

use self::html::escaped;
use self::html::words;
use super::kind::ProblemKind;

/// The design tokens of the product, and the styles of this page.
pub(super) const STYLE: &str =
    concat!(include_str!("../../../../style/tokens.css"), include_str!("../../../../style/plain.css"), include_str!("docs/style.css"));

/// A whole session: from submitting a prompt to downloading its picture.
const EXAMPLE: &str = "$ curl localhost:3000/api/tasks -H 'Content-Type: application/json' \\
    -d '{\"workflow\": \"text-to-image\", \"parameters\": {\"prompt\": \"a lighthouse at dusk\"}}'
{\"taskId\": \"0195e0a4-…\", \"status\": \"queued\", …}
$ curl -N localhost:3000/progress/0195e0a4-…
data: {\"status\": \"in-progress\", \"progress\": {\"percentage\": 42, \"currentStep\": \"Sampling image...\", …}, …}
$ curl localhost:3000/api/tasks/0195e0a4-…
{\"status\": \"completed\", \"outputs\": [{\"url\": \"/api/tasks/0195e0a4-…/outputs/0\", …}], …}
$ curl -o picture.png localhost:3000/api/tasks/0195e0a4-…/outputs/0";

const METHODS: [&str; 6] = ["get", "head", "post", "put", "patch", "delete"];

/// An operation of the document.
struct Operation<'a> {
    method: &'a str,
    path: &'a str,
    definition: &'a Value,
}

/// The whole page.
pub(super) fn page(document: &Value) -> String {
    let tags: Vec<&Value> = document["tags"].as_array().into_iter().flatten().collect();
    let operations = operations(document);
    let mut nav = String::new();
    let mut main = String::new();
    for tag in tags {
        let name = tag["name"].as_str().unwrap_or_default();
        let of_tag: Vec<&Operation> = operations.iter().filter(|operation| operation.definition["tags"][0] == *name).collect();
        nav += &format!("<h2>{}</h2><ul>", escaped(name));
        main += &format!("<section><h2>{}</h2>{}", escaped(name), words(&tag["description"]));
        for operation in of_tag {
            nav += &link(operation);
            main += &article(operation, document);
        }
        nav += "</ul>";
        main += "</section>";
    }
    nav += "<h2>More</h2><ul><li><a href=\"#problems\">Problems</a></li><li><a href=\"#schemas\">Schemas</a></li></ul>";
    let info = &document["info"];
    let title = escaped(info["title"].as_str().unwrap_or_default());
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"dark light\"><title>API · {title}</title><link rel=\"stylesheet\" href=\"docs.css\"></head><body>\
         <header><a class=\"home\" href=\"../\">{title}</a><span>API {}</span><a href=\"openapi.json\">openapi.json</a></header>\
         <nav aria-label=\"Routes\">{nav}</nav><main><h1>API</h1>{}<pre tabindex=\"0\">{}</pre>{main}{}{}</main></body></html>",
        escaped(info["version"].as_str().unwrap_or_default()),
        words(&info["description"]),
        escaped(EXAMPLE),
        problems(),
        schemas(document),
    )
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let of_path = |(path, item)| METHODS.iter().filter_map(move |method| Some((path, *method, Value::get(item, method)?)));
    paths.flat_map(of_path).map(|(path, method, definition): (&String, _, _)| Operation { method, path, definition }).collect()
}

impl Operation<'_> {
    fn anchor(&self) -> String {
        escaped(self.definition["operationId"].as_str().unwrap_or_default())
    }

    fn title(&self) -> String {
        escaped(self.definition["summary"].as_str().unwrap_or_default())
    }
}

fn link(operation: &Operation) -> String {
    format!("<li><a href=\"#{}\">{}</a></li>", operation.anchor(), operation.title())
}

fn article(operation: &Operation, document: &Value) -> String {
    let what = operation.definition;
    let mut out = format!(
        "<article id=\"{}\"><h3>{}</h3><p class=\"route\"><b class=\"{}\">{}</b> <code>{}</code></p>{}",
        operation.anchor(),
        operation.title(),
        operation.method,
        operation.method.to_uppercase(),
        escaped(operation.path),
        words(&what["description"]),
    );
    let parameters: Vec<&Value> = what["parameters"].as_array().into_iter().flatten().collect();
    if !parameters.is_empty() {
        out += "<h4>Parameters</h4><dl>";
        for parameter in parameters {
            let required = if parameter["required"] == true { " · required" } else { "" };
            out += &format!(
                "<dt><code>{}</code> <small>{} · {}{required}</small></dt><dd>{}</dd>",
                escaped(parameter["name"].as_str().unwrap_or_default()),
                escaped(parameter["in"].as_str().unwrap_or_default()),
                schema::kind(&parameter["schema"]),
                words(&parameter["description"]),
            );
        }
        out += "</dl>";
    }
    for (media_type, body) in what["requestBody"]["content"].as_object().into_iter().flatten() {
        out += &format!("<h4>Body <small>{}</small></h4>{}", escaped(media_type), schema::shown(&body["schema"], document));
    }
    out += "<h4>Answers</h4><dl>";
    for (status, answer) in what["responses"].as_object().into_iter().flatten() {
        let kinds: Vec<String> =
            answer["content"].as_object().into_iter().flatten().map(|(_, body)| schema::kind(&body["schema"])).collect();
        let kind = kinds.first().map(|kind| format!(" <small>{kind}</small>")).unwrap_or_default();
        out += &format!("<dt><code>{}</code>{kind}</dt><dd>{}</dd>", escaped(status), words(&answer["description"]));
    }
    out + "</dl></article>"
}

fn problems() -> String {
    let mut out = "<section id=\"problems\"><h2>Problems</h2><p>What goes wrong is told as RFC 9457 says, and <code>type</code> is the address of one of these.</p><dl>".to_owned();
    for kind in ProblemKind::ALL {
        let (slug, status) = (kind.slug(), kind.status().as_u16());
        out += &format!(
            "<dt id=\"{slug}\"><code>{status}</code> {} <small>{slug}</small></dt><dd>{}</dd>",
            kind.title(),
            words(&kind.words().into())
        );
    }
    out + "</dl></section>"
}

fn schemas(document: &Value) -> String {
    let mut out = "<section id=\"schemas\"><h2>Schemas</h2>".to_owned();
    for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
        let name = escaped(name);
        out +=
            &format!("<article id=\"schema-{name}\"><h3>{name}</h3>{}{}</article>", words(&schema["description"]), schema::fields(schema));
    }
    out + "</section>"
}
