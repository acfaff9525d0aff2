//! What a request says of where it comes from: the peer, the scheme, the host, and in a browser which page asked.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::ConnectInfo,
    http::{HeaderMap, Method, Uri, header, request::Parts},
};
use url::Host;

use super::Access;

/// What stands in a header, if it is text.
pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Why a request is not even looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stranger {
    /// Asked for by another site's page.
    OtherSite,
    /// Asked for under a name that is not Darkroom's.
    WrongHost,
}

impl Access {
    /// Who asked: the peer, or whom the proxy names.
    pub(crate) fn peer(&self, parts: &Parts) -> IpAddr {
        // The proxy adds who asked it as the last; what stands before that anybody may have written.
        let forwarded = || {
            let last = parts.headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
            let last = last.rsplit(',').next()?.trim();
            last.parse().ok().or_else(|| last.parse().map(|addr: SocketAddr| addr.ip()).ok())
        };
        let direct = parts.extensions.get::<ConnectInfo<SocketAddr>>().map_or(IpAddr::from([0, 0, 0, 0]), |info| info.0.ip());
        self.behind_proxy.then(forwarded).flatten().unwrap_or(direct)
    }

    /// The browser's own connection is encrypted, as far as is known.
    pub(crate) fn is_https(&self, headers: &HeaderMap) -> bool {
        let forwarded = text(headers, "x-forwarded-proto").and_then(|all| all.rsplit(',').next());
        self.behind_proxy && forwarded.is_some_and(|scheme| scheme.trim().eq_ignore_ascii_case("https"))
    }

    /// Whether a request may be looked at. A name that leads to this machine and belongs to somebody else (DNS rebinding) would make that one's
    /// pages ours, so without a token only known names are answered; what a page of another site asks for is refused at any rate.
    pub(crate) fn check(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Stranger> {
        let host = text(headers, header::HOST.as_str()).or_else(|| uri.authority().map(|authority| authority.as_str())).unwrap_or_default();
        if self.keys.is_none() && !self.insecure && !is_loopback(host) && !self.is_ours(host) {
            return Err(Stranger::WrongHost);
        }
        let origin = text(headers, header::ORIGIN.as_str());
        // One that is no text is nobody's.
        let known_origin = match (headers.contains_key(header::ORIGIN), origin) {
            (false, _) => None,
            (true, origin) => Some(origin.is_some_and(|origin| self.is_own(origin, host, self.is_https(headers)))),
        };
        let is_safe = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) && !headers.contains_key(header::UPGRADE);
        let may = match (text(headers, "sec-fetch-site"), known_origin) {
            // A link on another site may lead here; that page sees nothing of it.
            (Some("cross-site" | "same-site"), _) if is_safe && text(headers, "sec-fetch-mode") == Some("navigate") => true,
            (Some("cross-site"), _) => false,
            (Some("same-site"), known) => known == Some(true),
            (_, known) => is_safe || known != Some(false),
        };
        if may { Ok(()) } else { Err(Stranger::OtherSite) }
    }

    /// The page is Darkroom's own. Behind a proxy the scheme is known only when that says so.
    fn is_own(&self, origin: &str, host: &str, https: bool) -> bool {
        let same = origin
            .split_once("://")
            .is_some_and(|(scheme, of)| of.eq_ignore_ascii_case(host) && (scheme == "https" || (scheme == "http" && !https)));
        same || self.origins.iter().any(|known| known == origin)
    }

    fn is_ours(&self, host: &str) -> bool {
        let (host, _) = split(host);
        self.origins.iter().filter_map(|origin| origin.split_once("://")).any(|(_, known)| split(known).0.eq_ignore_ascii_case(host))
    }
}

/// Host and port.
fn split(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (name, Some(port)),
        _ => (host, None),
    }
}

fn is_loopback(host: &str) -> bool {
    match Host::parse(split(host).0) {
        Ok(Host::Domain(name)) => name == "localhost",
        Ok(Host::Ipv4(address)) => address.is_loopback(),
        Ok(Host::Ipv6(address)) => address.is_loopback(),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue, Request};

    use super::*;
    use crate::config::{AccessConfig, Secret};

    fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        fields.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    fn with(change: impl FnOnce(&mut AccessConfig)) -> Access {
        let mut config = AccessConfig::default();
        change(&mut config);
        Access::new(&config)
    }

    fn asks(access: &Access, method: Method, fields: &[(&'static str, &'static str)]) -> Result<(), Stranger> {
        access.check(&method, &Uri::from_static("/"), &headers(fields))
    }

    const HERE: (&str, &str) = ("host", "127.0.0.1:3000");

    #[test]
    fn knows_its_own_pages_from_others() {
        let access = with(|_| {});
        let post = |fields: &[_]| asks(&access, Method::POST, &[&[HERE], fields].concat()).is_ok();
        assert!(post(&[]));
        assert!(post(&[("origin", "http://127.0.0.1:3000"), ("sec-fetch-site", "same-origin")]));
        for foreign in ["http://evil.example", "http://127.0.0.1:3001", "null", "", "ftp://127.0.0.1:3000", "http://127.0.0.1:3000/"] {
            assert!(!post(&[("origin", foreign)]), "{foreign}");
        }
        assert!(!post(&[("sec-fetch-site", "cross-site")]));
        assert!(!post(&[("sec-fetch-site", "same-site")]));
        assert!(!post(&[("origin", "http://evil.example"), ("sec-fetch-site", "same-origin")]));
        // A form of another site is a navigation, too.
        assert!(!post(&[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")]));
    }

    #[test]
    fn a_link_may_lead_here_and_nothing_else_of_another_site() {
        let access = with(|_| {});
        let get = |fields: &[_]| asks(&access, Method::GET, &[&[HERE], fields].concat()).is_ok();
        let cross = ("sec-fetch-site", "cross-site");
        assert!(get(&[]) && get(&[("sec-fetch-site", "none")]) && get(&[cross, ("sec-fetch-mode", "navigate")]));
        assert!(!get(&[cross, ("sec-fetch-mode", "no-cors")]) && !get(&[cross]));
        assert!(!get(&[("upgrade", "websocket"), ("origin", "http://evil.example")]));
        assert!(!get(&[("upgrade", "websocket"), cross, ("sec-fetch-mode", "navigate")]));
        assert!(get(&[("upgrade", "websocket"), ("origin", "http://127.0.0.1:3000"), ("sec-fetch-mode", "websocket")]));
    }

    #[test]
    fn without_a_token_only_known_names_are_answered() {
        let get = |access: &Access, host: &'static str| asks(access, Method::GET, &[("host", host)]).is_ok();
        let plain = with(|_| {});
        for ours in ["localhost", "LOCALHOST:80", "127.0.0.1:3000", "127.9.9.9", "[::1]:3000", "[::1]"] {
            assert!(get(&plain, ours), "{ours}");
        }
        for other in
            ["evil.example:3000", "localhost.evil.example", "127.0.0.1.evil.example", "192.168.1.2:3000", "", "[::2]", "a b", "localhost:x"]
        {
            assert_eq!(asks(&plain, Method::GET, &[("host", other)]), Err(Stranger::WrongHost), "{other}");
        }
        let known = with(|config| config.origins = vec!["https://studio.example".into()]);
        assert!(get(&known, "studio.example") && get(&known, "Studio.Example:443") && !get(&known, "other.example"));
        assert!(get(&with(|config| config.insecure = true), "anything.example"));
        assert!(get(&with(|config| config.token = Some(Secret::new("0123456789abcdef".into()))), "anything.example"));
    }

    #[test]
    fn an_address_in_the_settings_is_its_own() {
        let access = with(|config| config.origins = vec!["https://studio.example".into()]);
        let post = |fields: &[_]| asks(&access, Method::POST, &[&[HERE], fields].concat()).is_ok();
        assert!(post(&[("origin", "https://studio.example"), ("sec-fetch-site", "same-origin")]));
        assert!(!post(&[("origin", "http://studio.example")]) && !post(&[("origin", "https://studio.example.evil.example")]));
        assert!(!post(&[("origin", "https://studio.example"), ("sec-fetch-site", "cross-site")]));
    }

    #[test]
    fn a_proxy_is_believed_when_the_settings_say_so() {
        let parts = |fields: &[_]| {
            let mut request = Request::new(());
            *request.headers_mut() = headers(fields);
            request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 9))));
            request.into_parts().0
        };
        let said = parts(&[("x-forwarded-for", "6.6.6.6, 10.0.0.1"), ("x-forwarded-proto", "https")]);
        let (direct, proxied) = (with(|_| {}), with(|config| config.behind_proxy = true));
        assert_eq!((direct.peer(&said).to_string(), direct.is_https(&said.headers)), ("127.0.0.1".into(), false));
        assert_eq!((proxied.peer(&said).to_string(), proxied.is_https(&said.headers)), ("10.0.0.1".into(), true));
        assert_eq!(proxied.peer(&parts(&[("x-forwarded-for", "[2001:db8::1]:80")])).to_string(), "2001:db8::1");
        assert_eq!(proxied.peer(&parts(&[("x-forwarded-for", "nobody")])).to_string(), "127.0.0.1");
        // Over https a page that came without is not the same.
        let mut http = headers(&[("host", "studio.example"), ("origin", "http://studio.example"), ("x-forwarded-proto", "https")]);
        let proxied = with(|config| (config.behind_proxy, config.insecure) = (true, true));
        assert_eq!(proxied.check(&Method::POST, &Uri::from_static("/"), &http), Err(Stranger::OtherSite));
        http.insert("origin", HeaderValue::from_static("https://studio.example"));
        assert_eq!(proxied.check(&Method::POST, &Uri::from_static("/"), &http), Ok(()));
    }
}
