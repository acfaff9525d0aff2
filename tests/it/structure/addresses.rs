//! Below a base path an address that begins with a slash is another site's: in the pages' code each one is made by `with_base`.

use std::fs;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::LitStr;

use super::{root, short, sources};

/// What takes one of Darkroom's paths, and puts the base path before it, or compares it with one that has none.
const TAKE_PATHS: &[&str] =
    &["Path", "go", "go_to", "navigate", "path", "server", "split_once", "starts_with", "strip_prefix", "with_base", "without_base"];

/// Files with texts that begin with a slash and are none of this, with the reason.
const OTHERS: &[(&str, &str)] = &[
    ("web/base_path", "the base path is put before them here"),
    ("web/components/keys", "the key of that name"),
    ("web/components/gallery/compare/page", "the key of that name"),
    ("web/components/gallery/page", "the key of that name"),
    ("web/frontend", "the server's own routes; its layer puts the base path before what leads back (`server/routes/base_path.rs`)"),
    ("web/pages/load", "paths whose code is loaded"),
];

/// What the pages may have only from `base_path.rs`: the router's own knows nothing of the base path, or has it in the path.
const ONLY_THERE: &[&str] = &["hooks::use_navigate", "pathname"];
const MAY_HAVE_IT: &[&str] = &["web/base_path", "web/hydrate", "web/components/production/board/window"];

/// The places of texts that would lead out of the base path.
fn bare_addresses(stream: TokenStream) -> Vec<(usize, String)> {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let mut found = Vec::new();
    let word = |at: Option<usize>| at.and_then(|at| tokens.get(at)).map(ToString::to_string).unwrap_or_default();
    for (at, token) in tokens.iter().enumerate() {
        let before = |steps: usize| word(at.checked_sub(steps));
        match token {
            TokenTree::Group(group) => {
                // `#[cfg(test)] mod tests { … }`
                let is_for_tests = group.delimiter() == Delimiter::Brace && before(2) == "mod" && before(3).starts_with("[cfg (test");
                let caller = if before(1) == "!" { before(2) } else { before(1) };
                let takes_paths = group.delimiter() == Delimiter::Parenthesis && TAKE_PATHS.contains(&caller.as_str());
                if !is_for_tests && !takes_paths {
                    found.extend(bare_addresses(group.stream()));
                }
            }
            TokenTree::Literal(literal) => {
                let Ok(text) = syn::parse_str::<LitStr>(&literal.to_string()) else { continue };
                let mut chars = text.value().chars().collect::<Vec<_>>().into_iter();
                let is_address = chars.next() == Some('/') && chars.next().is_none_or(|c| c.is_ascii_alphabetic() || "{?".contains(c));
                // `== "/queue"`, and in patterns `"/queue" | "/settings" =>`.
                let is_compared =
                    before(1) == "=" && before(2) == "=" || before(1) == "|" || matches!(word(Some(at + 1)).as_str(), "|" | "=");
                if is_address && !is_compared {
                    found.push((literal.span().start().line, text.value()));
                }
            }
            _ => {}
        }
    }
    found
}

#[test]
fn pages_make_no_address_without_the_base_path() {
    let mut wrong = Vec::new();
    for file in sources(&root().join("src/web")) {
        let (name, text) = (short(&file), fs::read_to_string(&file).unwrap());
        if !OTHERS.iter().any(|(part, _)| name.starts_with(part)) {
            let found = bare_addresses(text.parse().unwrap());
            wrong.extend(found.into_iter().map(|(line, text)| format!("{name}:{line}: {text:?}: write with_base({text:?})")));
        }
        if !MAY_HAVE_IT.contains(&name.as_str()) {
            let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            let code = code.concat().replace([' ', '{'], "");
            let routers = ONLY_THERE.iter().filter(|name| code.contains(**name));
            wrong.extend(routers.map(|routers| format!("{name}: {routers}: take use_navigate or use_path of base_path.rs")));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn an_address_without_the_base_path_is_found() {
    let found = |code: &str| bare_addresses(code.parse().unwrap()).into_iter().map(|(_, text)| text).collect::<Vec<_>>();
    for (code, address) in [
        (r#"view! { <a class="button" href="/queue">"Queue"</a> }"#, "/queue"),
        (r#"view! { <A href="/gallery" exact=true>"Gallery"</A> }"#, "/gallery"),
        (r#"view! { <form method="post" action="/"></form> }"#, "/"),
        (r#"let href = format!("/tasks/{task}");"#, "/tasks/{task}"),
        (r#"Request::post("/api/uploads").body(body)"#, "/api/uploads"),
        (r#"view! { <a href=memo(move || format!("/{name}"))>{name}</a> }"#, "/{name}"),
    ] {
        assert_eq!(found(code), [address], "{code}");
    }
    for code in [
        r#"view! { <a href=with_base(&format!("/tasks/{task}"))>"/ of 7"</a><A href=with_base("/queue")>"Queue"</A> }"#,
        r#"match path { "/queue" | "/settings" => 1, "/gallery" => 2, path if path.starts_with("/tasks") => 3, _ => 4 }"#,
        r#"navigate("/", Default::default()); if path == "/" { go("/queue") }"#,
        r#"#[server(prefix = "/api/fn", endpoint = "task")] async fn task() {} #[cfg(test)] mod tests { const A: &str = "/a"; }"#,
        r#"view! { <Route path=path!("/tasks/:id") view=task_page() /> }"#,
    ] {
        assert_eq!(found(code), [""; 0], "{code}");
    }
}
