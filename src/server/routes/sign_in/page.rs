//! The documents themselves.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use leptos::nonce::Nonce;

use crate::routes::{api::escaped, headers};
use web::app::theme_script;

/// What was wrong with what was entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignInError {
    NoToken,
    WrongToken,
    TooManyAttempts,
}

impl SignInError {
    fn words(self) -> &'static str {
        match self {
            Self::NoToken => "Enter the token.",
            Self::WrongToken => "This is not the token. Look at it once more: capitals count.",
            Self::TooManyAttempts => "There were too many wrong tokens from your address. Wait a few seconds and try again.",
        }
    }
}

/// The colours and sizes of the product, and what these pages need.
pub(in crate::routes) fn style() -> &'static str {
    concat!(include_str!("../../../../style/tokens.css"), include_str!("style.css"))
}

/// Asks for the token. `next` is a path on this site.
pub(super) fn answer(status: StatusCode, next: &str, said: Option<SignInError>) -> Response {
    let error = said.map_or_else(String::new, |said| format!("<p class=\"error\" id=\"error\" role=\"alert\">{}</p>", said.words()));
    let described = if said.is_some() { " aria-invalid=\"true\" aria-describedby=\"error hint\"" } else { " aria-describedby=\"hint\"" };
    let title = if said.is_some() { "Not signed in" } else { "Sign in" };
    let body = format!(
        "<h1>Sign in</h1><form method=\"post\" action=\"/sign-in\">{error}<label for=\"token\">Token</label>\
         <input id=\"token\" name=\"token\" type=\"password\" autocomplete=\"current-password\" autocapitalize=\"none\" spellcheck=\"false\" required autofocus{described}>\
         <p class=\"hint\" id=\"hint\">Whoever set up this Darkroom has it (<code>--token-file</code>).</p>\
         <input type=\"hidden\" name=\"next\" value=\"{}\"><button type=\"submit\">Sign in</button></form>",
        escaped(next)
    );
    document(status, title, &body)
}

/// To who sent a form while signed out: nothing of it is lost.
pub(in crate::routes) fn signed_out() -> Response {
    let body = "<h1>You are signed out</h1><p>Darkroom did not take what you sent, but nothing is lost: <a href=\"/sign-in\" target=\"_blank\" rel=\"noopener\">sign in in \
                a new tab</a>, then reload this page to send it again.</p>";
    document(StatusCode::UNAUTHORIZED, "You are signed out", body)
}

fn document(status: StatusCode, title: &str, body: &str) -> Response {
    let nonce = Nonce::new();
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"dark light\"><meta name=\"robots\" content=\"noindex\"><title>{title} · Darkroom</title>\
         <script nonce=\"{nonce}\">{}</script><link rel=\"stylesheet\" href=\"/sign-in.css\"></head>\
         <body><main><p class=\"brand\">Darkroom</p>{body}</main></body></html>",
        theme_script()
    );
    let mut response = (status, Html(html)).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, headers::document(&nonce));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
