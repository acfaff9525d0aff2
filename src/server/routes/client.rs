//! `/client/…`: the JavaScript client for pages of others, and an example page.

use axum::{
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::headers::PLAIN_DOCUMENT;

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";

const FILES: [(&str, &str, &str); 6] = [
    ("darkroom.js", JAVASCRIPT, include_str!("../../../client/darkroom.js")),
    // Type declarations, for editors and compilers only.
    ("darkroom.d.ts", "text/plain; charset=utf-8", include_str!("../../../client/darkroom.d.ts")),
    ("example.html", "text/html; charset=utf-8", include_str!("../../../client/example.html")),
    ("example.js", JAVASCRIPT, include_str!("../../../client/example.js")),
    ("example.css", CSS, include_str!("../../../client/example.css")),
    ("tokens.css", CSS, include_str!("../../../style/tokens.css")),
];

pub(super) async fn serve(Path(name): Path<String>) -> Response {
    match FILES.iter().find(|(file, ..)| *file == name) {
        Some((_, content_type, text)) => {
            // The name does not change with the version, so it must be revalidated.
            let fields = [
                (header::CONTENT_TYPE, *content_type),
                (header::CACHE_CONTROL, "no-cache"),
                (header::CONTENT_SECURITY_POLICY, PLAIN_DOCUMENT),
            ];
            (fields, *text).into_response()
        }
        None => (StatusCode::NOT_FOUND, "There is no such file. There are: darkroom.js, darkroom.d.ts, example.html.\n").into_response(),
    }
}
