//! The url of a ComfyUI: its base, and the query that every request to it carries.

use std::{net::Ipv6Addr, sync::Arc};

use rustls::ClientConfig;
use tokio_tungstenite::tungstenite::{self, client::IntoClientRequest, handshake::client::Request};
use url::Url;

use super::EndpointAccess;

/// Why a url cannot be used. The message contains neither a user, a password nor a query.
#[derive(Debug, thiserror::Error)]
pub enum UrlError {
    /// Contains only the host, not the whole url.
    #[error("{0}: a user or password does not belong into the url; give them by themselves")]
    Userinfo(String),
    /// Contains only the host.
    #[error("{0}: a query (?…) does not belong into this url")]
    Query(String),
    #[error("{0}")]
    Wrong(String),
}

/// The url of a ComfyUI, and the credentials for it. The query of its url may be a secret, and is never shown.
#[derive(Clone)]
pub struct Endpoint {
    base: Url,
    /// As it was given, still encoded.
    query: Option<String>,
    pub access: EndpointAccess,
}

impl Endpoint {
    /// # Errors
    /// See [`base_url`]; but a query is kept.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let (base, query) = parse(text)?;
        Ok(Self { base, query, access: EndpointAccess::default() })
    }

    /// Always ends in a slash. Has no user, password, query or fragment.
    #[must_use]
    pub fn base(&self) -> &Url {
        &self.base
    }

    #[must_use]
    pub fn has_query(&self) -> bool {
        self.query.is_some()
    }

    /// Whether requests to both go to the same server, judging by their urls.
    #[must_use]
    pub fn is_same_place(&self, other: &Self) -> bool {
        self.base == other.base && self.query == other.query
    }

    /// Appends the query of the ComfyUI's url to that of a request.
    pub(super) fn complete(&self, url: &mut Url) {
        let Some(query) = &self.query else { return };
        let merged = match url.query().filter(|own| !own.is_empty()) {
            // A redirect may have kept it.
            Some(own) if format!("&{own}&").contains(&format!("&{query}&")) => return,
            Some(own) => format!("{own}&{query}"),
            None => query.clone(),
        };
        url.set_query(Some(&merged));
    }

    /// How to open the WebSocket.
    ///
    /// # Errors
    /// Never for a url that was parsed here; the signature is the library's.
    pub fn handshake(&self, client_id: &str) -> Result<Handshake, Box<tungstenite::Error>> {
        let mut url = self.base.clone();
        url.set_path(&format!("{}ws", self.base.path()));
        let scheme = if url.scheme() == "https" { "wss" } else { "ws" };
        // Only fails between special and other schemes, and these are all special.
        let _ = url.set_scheme(scheme);
        url.query_pairs_mut().append_pair("clientId", client_id);
        self.complete(&mut url);
        let mut request = url.as_str().into_client_request()?;
        for (name, value) in self.access.headers() {
            request.headers_mut().insert(name, value.clone());
        }
        Ok(Handshake { request, tls: self.access.tls.clone() })
    }
}

/// The query is left out.
impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint")
            .field("base", &self.base.as_str())
            .field("has_query", &self.has_query())
            .field("access", &self.access)
            .finish()
    }
}

/// How to open a WebSocket.
#[derive(Clone)]
pub struct Handshake {
    pub(super) request: Request,
    /// `None`: the certificate must be signed by a public authority.
    pub(super) tls: Option<Arc<ClientConfig>>,
}

/// An `http` or `https` url, with a path when it is served below one; always ends in a slash. Without a scheme it is `http`.
///
/// # Errors
/// Not such a url, or one with a user, a password or a query.
pub fn base_url(text: &str) -> Result<Url, UrlError> {
    match parse(text)? {
        (base, None) => Ok(base),
        (base, Some(_)) => Err(UrlError::Query(base.host_str().unwrap_or_default().to_owned())),
    }
}

fn parse(text: &str) -> Result<(Url, Option<String>), UrlError> {
    let wrong = |why: &str| UrlError::Wrong(why.to_owned());
    let text = text.trim();
    let mut url = Url::parse(&with_scheme(text)?).map_err(|error| UrlError::Wrong(error.to_string()))?;
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
    let query = url.query().filter(|query| !query.is_empty()).map(str::to_owned);
    url.set_query(None);
    url.set_fragment(None);
    Ok((url, query))
}

/// `h:8188` alone would be a url of the scheme `h`.
fn with_scheme(text: &str) -> Result<String, UrlError> {
    let wrong = |why: &str| Err(UrlError::Wrong(why.to_owned()));
    let before = |end: &str| text.split_once(end).map(|(before, _)| before);
    let is_word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    if text.is_empty() {
        return wrong("it is empty");
    }
    if before("://").is_some_and(is_word) {
        return Ok(text.to_owned());
    }
    if before(":").is_some_and(|scheme| matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https")) {
        return wrong("after http: or https: come two slashes");
    }
    if text.split(['/', '?', '#']).next().is_some_and(|host| host.parse::<Ipv6Addr>().is_ok()) {
        return wrong("an IPv6 address is written in brackets, like [::1]:8188");
    }
    Ok(format!("http://{text}"))
}

/// A url as it was typed, without what may be secret in it: for messages about one that cannot be read.
#[must_use]
pub fn redacted(text: &str) -> String {
    if text.contains('@') {
        // Without a valid url it is unknown where a password ends.
        return text.split_once("://").map_or_else(|| "…".to_owned(), |(scheme, _)| format!("{scheme}://…"));
    }
    text.find(['?', '#']).map_or_else(|| text.to_owned(), |end| format!("{}?…", &text[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_without_a_scheme_is_http() {
        for (text, base) in [
            ("h:8188", "http://h:8188/"),
            ("localhost:8188", "http://localhost:8188/"),
            ("pod", "http://pod/"),
            ("pod.example/comfy", "http://pod.example/comfy/"),
            ("127.0.0.1", "http://127.0.0.1/"),
            ("10.0.0.7:8188/", "http://10.0.0.7:8188/"),
            ("[::1]:8188", "http://[::1]:8188/"),
            ("[::1]", "http://[::1]/"),
            (" h:8188?next=http://x ", "http://h:8188/"),
            ("//h:8188", "http://h:8188/"),
            ("https://h", "https://h/"),
            ("HTTP://H:8188", "http://h:8188/"),
        ] {
            assert_eq!(Endpoint::parse(text).unwrap().base().as_str(), base, "{text}");
        }
    }

    #[test]
    fn an_invalid_url_is_refused_with_the_reason() {
        for (text, says) in [
            ("", "empty"),
            ("http:/h:8188", "two slashes"),
            ("https:h", "two slashes"),
            ("::1", "brackets"),
            ("fe80::1/comfy", "brackets"),
            ("ftp://h", "http://"),
            ("ws://h:8188", "http://"),
            ("h:port", "port"),
            ("http://", "host"),
            ("http://me:hush@h", "h: a user or password"),
            ("me:hush@h:8188", "h: a user or password"),
        ] {
            let error = Endpoint::parse(text).unwrap_err().to_string();
            assert!(error.contains(says) && !error.contains("hush"), "{text}: {error}");
        }
        assert!(matches!(base_url("http://h/?token=hush"), Err(UrlError::Query(host)) if host == "h"));
    }

    #[test]
    fn a_query_is_sent_unchanged_with_every_request_and_is_not_shown() {
        let endpoint = Endpoint::parse("https://pod.example/comfy?token=a%2Bb&x").unwrap();
        assert_eq!(endpoint.base().as_str(), "https://pod.example/comfy/");
        let completed = |text: &str| {
            let mut url = Url::parse(text).unwrap();
            endpoint.complete(&mut url);
            // Nothing is appended twice.
            endpoint.complete(&mut url);
            url.to_string()
        };
        assert_eq!(completed("https://a/queue"), "https://a/queue?token=a%2Bb&x");
        let view = "https://a/view?filename=a+b.png&type=temp";
        assert_eq!(completed(view), format!("{view}&token=a%2Bb&x"));
        let handshake = endpoint.handshake("me").unwrap();
        assert_eq!(handshake.request.uri(), "wss://pod.example/comfy/ws?clientId=me&token=a%2Bb&x");
        assert!(!format!("{endpoint:?}").contains("a%2Bb"), "{endpoint:?}");
    }

    #[test]
    fn a_url_that_cannot_be_read_is_shown_without_its_secrets() {
        assert_eq!(redacted("http://h:80x/?token=hush"), "http://h:80x/?…");
        assert_eq!(redacted("http://me:hu?sh@h:80x#hush"), "http://…");
        assert_eq!(redacted("me:hu@sh@h"), "…");
        assert_eq!(redacted("ftp://h"), "ftp://h");
    }
}
