//! The base URL of a ComfyUI, and its `Authorization` header.

use reqwest::header::{AUTHORIZATION, HeaderValue, InvalidHeaderValue};
use tokio_tungstenite::tungstenite::{self, client::IntoClientRequest, handshake::client::Request};
use url::Url;

/// Why a url cannot be used. The message never contains the password.
#[derive(Debug, thiserror::Error)]
pub enum UrlError {
    /// Contains only the host, not the whole url.
    #[error("{0}: a user or password does not belong into the url; use a token")]
    Userinfo(String),
    #[error("{0}")]
    Wrong(String),
}

/// An `http` or `https` url, with a path when ComfyUI is served below one; always ends in a slash.
pub fn base_url(text: &str) -> Result<Url, UrlError> {
    let wrong = |why: &str| UrlError::Wrong(why.to_owned());
    let mut url = Url::parse(text).map_err(|error| UrlError::Wrong(error.to_string()))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlError::Userinfo(url.host_str().unwrap_or_default().to_owned()));
    }
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("it must begin with http:// or https://"));
    }
    if url.host_str().is_none() {
        return Err(wrong("it has no host"));
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&format!("{path}/"));
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

/// `Bearer …`, marked as sensitive, so that it is not shown.
pub fn bearer(token: &str) -> Result<HeaderValue, InvalidHeaderValue> {
    let mut value = HeaderValue::try_from(format!("Bearer {token}"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// The url of the WebSocket at `ws` below `base`.
pub fn handshake(base: &Url, client_id: Option<&str>, authorization: Option<&HeaderValue>) -> Result<Request, Box<tungstenite::Error>> {
    let mut url = base.clone();
    url.set_path(&format!("{}ws", base.path()));
    let scheme = if url.scheme() == "https" { "wss" } else { "ws" };
    // Only fails between special and other schemes, and these are all special.
    let _ = url.set_scheme(scheme);
    if let Some(client_id) = client_id {
        url.query_pairs_mut().append_pair("clientId", client_id);
    }
    let mut request = url.as_str().into_client_request()?;
    if let Some(value) = authorization {
        request.headers_mut().insert(AUTHORIZATION, value.clone());
    }
    Ok(request)
}
