//! What a ComfyUI behind a proxy gets with every request and with the WebSocket's handshake: credentials and other headers. And which
//! certificates it may have.

use std::{path::Path, sync::Arc};

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::{
    ClientBuilder,
    header::{self, HeaderMap, HeaderName, HeaderValue},
};
use rustls::ClientConfig;

use super::tls::{CaError, client_config};

/// Headers, all of them secret, and trusted certificates. The default: no headers, and the public certificate authorities.
#[derive(Clone, Default)]
pub struct EndpointAccess {
    headers: HeaderMap,
    pub(crate) tls: Option<Arc<ClientConfig>>,
}

/// Why a setting cannot be used. The message never contains a secret.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    #[error("a token is one word of visible ASCII characters")]
    Token,
    #[error("a user has at least one character, no colon and no control characters")]
    User,
    #[error("a password has no control characters")]
    Password,
    #[error("{0:?} is no name of a header; write it like X-API-Key")]
    HeaderName(String),
    #[error("the header {0} cannot be set: it belongs to the connection itself")]
    Reserved(HeaderName),
    #[error("the value of the header {0} must be visible ASCII characters and blanks")]
    HeaderValue(HeaderName),
    #[error("the header {0} is given twice")]
    Twice(HeaderName),
    #[error("only one of a token, a user and a header Authorization can be given")]
    Authorizations,
    #[error(transparent)]
    Ca(#[from] CaError),
}

/// Headers that HTTP and the handshake set themselves.
const RESERVED: [HeaderName; 9] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::EXPECT,
    header::HOST,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

impl EndpointAccess {
    /// `Authorization: Bearer …`.
    ///
    /// # Errors
    /// Not a single word of visible ASCII characters, or another authorization is set.
    pub fn bearer(&mut self, token: &str) -> Result<(), AccessError> {
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(AccessError::Token);
        }
        self.authorization(&format!("Bearer {token}"))
    }

    /// `Authorization: Basic …` (RFC 7617, in UTF-8).
    ///
    /// # Errors
    /// The user contains a colon, one of the two a control character, or there is another authorization.
    pub fn basic(&mut self, user: &str, password: &str) -> Result<(), AccessError> {
        if user.is_empty() || user.contains(':') || user.chars().any(char::is_control) {
            return Err(AccessError::User);
        }
        if password.chars().any(char::is_control) {
            return Err(AccessError::Password);
        }
        self.authorization(&format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}"))))
    }

    /// Any other header.
    ///
    /// # Errors
    /// Not a header, one that the connection sets itself, or one that is there already.
    pub fn header(&mut self, name: &str, value: &str) -> Result<(), AccessError> {
        let name = HeaderName::try_from(name.trim()).map_err(|_| AccessError::HeaderName(name.to_owned()))?;
        if RESERVED.contains(&name) || name.as_str().starts_with("sec-websocket-") {
            return Err(AccessError::Reserved(name));
        }
        if self.headers.contains_key(&name) {
            return Err(if name == header::AUTHORIZATION { AccessError::Authorizations } else { AccessError::Twice(name) });
        }
        let mut value = HeaderValue::try_from(value.trim()).map_err(|_| AccessError::HeaderValue(name.clone()))?;
        value.set_sensitive(true);
        self.headers.insert(name, value);
        Ok(())
    }

    /// Trusts only the certificates in this PEM file: certificate authorities, or certificates of servers themselves.
    ///
    /// # Errors
    /// The file cannot be read, or has no certificate.
    pub fn trust_only(&mut self, ca_file: &Path) -> Result<(), AccessError> {
        self.tls = Some(client_config(ca_file)?);
        Ok(())
    }

    /// Whether there are any credentials, or headers that may be some.
    #[must_use]
    pub fn has_headers(&self) -> bool {
        !self.headers.is_empty()
    }

    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// A client that sends these headers and trusts these certificates. It follows no redirect: another host must not get the headers.
    pub fn client(&self) -> ClientBuilder {
        let client = reqwest::Client::builder().default_headers(self.headers.clone()).redirect(reqwest::redirect::Policy::none());
        match &self.tls {
            Some(tls) => client.use_preconfigured_tls(ClientConfig::clone(tls)),
            None => client,
        }
    }

    fn authorization(&mut self, value: &str) -> Result<(), AccessError> {
        self.header(header::AUTHORIZATION.as_str(), value)
    }
}

/// Names, no values.
impl std::fmt::Debug for EndpointAccess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&HeaderName> = self.headers.keys().collect();
        f.debug_struct("EndpointAccess").field("headers", &names).field("own_certificates", &self.tls.is_some()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_one_header_and_never_shown() {
        let mut access = EndpointAccess::default();
        access.basic("me", "pässwörd").unwrap();
        assert_eq!(access.headers()[header::AUTHORIZATION], "Basic bWU6cMOkc3N3w7ZyZA==");
        access.header("X-API-Key", " hush ").unwrap();
        assert_eq!(access.headers()["x-api-key"], "hush");
        let shown = format!("{access:?} {:?}", access.headers());
        assert!(!shown.contains("hush") && !shown.contains("bWU6"), "{shown}");
        assert!(matches!(access.bearer("abc"), Err(AccessError::Authorizations)));
        assert!(matches!(access.header("authorization", "abc"), Err(AccessError::Authorizations)));
        assert!(matches!(access.header("x-api-key", "other"), Err(AccessError::Twice(_))));
    }

    #[test]
    fn invalid_credentials_are_refused_without_showing_the_secret() {
        let mut access = EndpointAccess::default();
        let refused = [
            access.bearer("hush hush"),
            access.bearer(""),
            access.basic("", "hush"),
            access.basic("a:b", "hush"),
            access.basic("a", "hush\n"),
            access.header("X API Key", "hush"),
            access.header("X-API-Key", "hush\u{7f}"),
            access.header("Host", "hush"),
            access.header("Sec-WebSocket-Key", "hush"),
        ];
        for result in refused {
            let error = result.unwrap_err().to_string();
            assert!(!error.contains("hush"), "{error}");
        }
        assert!(!access.has_headers(), "{access:?}");
    }
}
