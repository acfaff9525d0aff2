//! The url of a webhook: its validation, and what is shown of it.

use url::{Host, Url};

use crate::{AllowList, ForbiddenAddress};
use proto::{limits, text::is_unseen};

/// A valid url of a webhook. Whether its address is allowed is checked again at each attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookUrl {
    pub url: Url,
    /// Host and port.
    pub host: String,
}

/// Why a text is not such a url. The message never contains the text, which may contain a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookUrlError {
    #[error("A webhook's url begins with http:// or https:// and has a host ({0}).")]
    Url(String),
    #[error("A webhook's url has at most {max} characters.", max = limits::WEBHOOK_URL)]
    Long,
    #[error("A webhook's url has no user or password in it. The signature tells the receiver who calls.")]
    Userinfo,
    #[error(transparent)]
    Forbidden(#[from] ForbiddenAddress),
}

impl WebhookUrl {
    /// # Errors
    /// Not an `http` or `https` url, too long, or with a user or password.
    pub fn parse(text: &str) -> Result<Self, WebhookUrlError> {
        if text.chars().count() > limits::WEBHOOK_URL {
            return Err(WebhookUrlError::Long);
        }
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(WebhookUrlError::Url("there is a space or control character in it".into()));
        }
        let mut url = Url::parse(text).map_err(|error| WebhookUrlError::Url(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(WebhookUrlError::Url(format!("not {}:", url.scheme())));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(WebhookUrlError::Userinfo);
        }
        url.set_fragment(None);
        let (host, port) = url.host_str().zip(url.port_or_known_default()).ok_or_else(|| WebhookUrlError::Url("no host".into()))?;
        let host = format!("{host}:{port}");
        Ok(Self { url, host })
    }

    /// Checks the host as written in the url. Host names are resolved and checked again when the webhook is sent.
    ///
    /// # Errors
    /// A webhook may not be sent to it.
    pub fn check(&self, allowed: &AllowList) -> Result<(), ForbiddenAddress> {
        match self.url.host() {
            Some(Host::Ipv4(address)) => allowed.check(address.into()),
            Some(Host::Ipv6(address)) => allowed.check(address.into()),
            Some(Host::Domain(name)) => allowed.check_name(name.trim_end_matches('.')),
            None => Ok(()),
        }
    }
}

/// The url without its query, which may contain a secret. To be shown.
#[must_use]
pub fn redacted_url(url: &str) -> String {
    match Url::parse(url) {
        Ok(mut url) => {
            let query = if url.query().is_some() { "?…" } else { "" };
            url.set_query(None);
            format!("{url}{query}")
        }
        Err(_) => String::new(),
    }
}

/// The beginning of a text from a receiver, in one line: no control characters, at most [`limits::WEBHOOK_EXCERPT`].
#[must_use]
pub fn excerpt(text: &str) -> String {
    let mut words = text.split(|c: char| c.is_control() || c.is_whitespace()).filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default().to_owned();
    let joined = words.fold(first, |text, word| text + " " + word);
    joined.chars().filter(|c| !is_unseen(*c)).take(limits::WEBHOOK_EXCERPT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_url_is_http_with_a_host_and_without_credentials() {
        let target = WebhookUrl::parse("https://Shop.example/hooks?key=hush#part").unwrap();
        assert_eq!(target.host.as_str(), "shop.example:443");
        assert_eq!(target.url.as_str(), "https://shop.example/hooks?key=hush");
        assert_eq!(redacted_url(target.url.as_str()), "https://shop.example/hooks?…");
        assert_eq!(redacted_url("http://a:81/b"), "http://a:81/b");
        for wrong in
            ["", "shop.example/x", "ftp://a/", "file:///etc/passwd", "http://", "http://a b/", "http://a\n.b/", "javascript:alert(1)"]
        {
            let error = WebhookUrl::parse(wrong).unwrap_err();
            assert!(matches!(error, WebhookUrlError::Url(_)), "{wrong}: {error}");
        }
        let error = WebhookUrl::parse("https://me:hush@a/").unwrap_err();
        assert_eq!(error, WebhookUrlError::Userinfo);
        assert_eq!(WebhookUrl::parse(&format!("http://a/{}", "x".repeat(2048))), Err(WebhookUrlError::Long));
    }

    #[test]
    fn equal_webhook_urls_are_recognized_in_any_spelling() {
        let none = AllowList::default();
        for url in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://[::1]/",
            "http://[::ffff:7f00:1]/",
            "http://localhost:9000/",
            "http://LOCALHOST./",
            "http://0/",
            "http://①②⑦.0.0.1/",
            "http://169.254.169.254/latest",
            "http://[fe80::1]/",
        ] {
            assert!(WebhookUrl::parse(url).unwrap().check(&none).is_err(), "{url}");
        }
        assert_eq!(WebhookUrl::parse("https://1.1.1.1/").unwrap().check(&none), Ok(()));
        assert_eq!(WebhookUrl::parse("https://example.com/").unwrap().check(&none), Ok(()));
    }

    #[test]
    fn the_answer_of_a_receiver_is_shown_in_one_line() {
        assert_eq!(excerpt(" <h1>\n\tno\u{1b}[31m \u{202e}way</h1>\0"), "<h1> no [31m way</h1>");
        assert_eq!(excerpt(&"ä".repeat(9_999)).chars().count(), limits::WEBHOOK_EXCERPT);
    }
}
