//! The HTML of the sign-in pages.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use leptos::{nonce::Nonce, prelude::*};

use service::{BasePath, SignInError};

use super::policy;
use crate::app::head_start;

fn message(error: SignInError) -> &'static str {
    match error {
        SignInError::NoToken => "Enter the token.",
        SignInError::WrongToken => "This is not the token. Look at it once more: capitals count.",
        SignInError::TooManyAttempts => {
            "This is not the token, and too many wrong ones came from your address. Wait a few seconds before the next try."
        }
    }
}

/// The design tokens of the product, and the styles of these pages.
pub(super) fn style() -> &'static str {
    concat!(include_str!("../../../style/tokens.css"), include_str!("../../../style/plain.css"), include_str!("sign_in.css"))
}

/// The form that asks for the token. `next` is a path on this site.
pub(super) fn form(base: &BasePath, status: StatusCode, next: &str, error: Option<SignInError>) -> Response {
    let next = next.to_owned();
    let title = if error.is_some() { "Not signed in" } else { "Sign in" };
    let described_by = if error.is_some() { "error hint" } else { "hint" };
    let message = error.map(|error| view! { <p class="error" id="error" role="alert">{message(error)}</p> });
    let body = view! {
        <h1>"Sign in"</h1>
        <form method="post" action=base.join("/sign-in")>
            {message}
            <label r#for="token">"Token"</label>
            <input
                id="token"
                name="token"
                r#type="password"
                autocomplete="current-password"
                autocapitalize="none"
                spellcheck="false"
                required
                autofocus
                aria-invalid=error.map(|_| "true")
                aria-describedby=described_by
            />
            <p class="hint" id="hint">
                "Whoever set up this Darkroom has it ("<code>"--token-file"</code>")."
            </p>
            <input r#type="hidden" name="next" value=next />
            <button r#type="submit">"Sign in"</button>
        </form>
    };
    document(base, status, title, body)
}

/// The answer to a form that was sent while signed out: reloading it after signing in sends the form again, so nothing of it is lost.
pub(super) fn signed_out(base: &BasePath) -> Response {
    let body = view! {
        <h1>"You are signed out"</h1>
        <p>
            "Darkroom did not take what you sent, but nothing is lost: "
            <a href=base.join("/sign-in") target="_blank" rel="noopener">"sign in in a new tab"</a>
            ", then reload this page to send it again."
        </p>
    };
    document(base, StatusCode::UNAUTHORIZED, "You are signed out", body)
}

fn document(base: &BasePath, status: StatusCode, title: &'static str, body: impl IntoView + 'static) -> Response {
    let nonce = Nonce::new();
    let policy = policy::document(&nonce, "");
    let html = view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                {head_start(Some(nonce))}
                <meta name="robots" content="noindex" />
                <title>{format!("{title} · Darkroom")}</title>
                <link rel="stylesheet" href=base.join("/sign-in.css") />
            </head>
            <body>
                <main>
                    <p class="brand">"Darkroom"</p>
                    {body}
                </main>
            </body>
        </html>
    };
    let mut response = (status, Html(html.to_html())).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    #[tokio::test]
    async fn next_cannot_break_out_of_its_attribute() {
        let response = form(&BasePath::default(), StatusCode::UNPROCESSABLE_ENTITY, "/a\"><b>", Some(SignInError::WrongToken));
        let html = String::from_utf8(to_bytes(response.into_body(), usize::MAX).await.unwrap().into()).unwrap();
        assert!(html.starts_with("<!DOCTYPE html><html lang=\"en\"><head>"), "{html}");
        assert!(html.contains("role=\"alert\""), "{html}");
        assert!(html.contains("aria-invalid=\"true\" aria-describedby=\"error hint\""), "{html}");
        assert!(html.contains("value=\"/a&quot;"), "{html}");
        assert!(!html.contains("\"><b>"), "{html}");
    }
}
