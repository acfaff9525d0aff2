//! Where a request comes from: the address of the peer, the scheme, the `Host`, and the origin of the page that sent it.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::ConnectInfo,
    http::{HeaderMap, Method, Uri, header, request::Parts},
};
use url::Host;

use super::control::Access;
use service::SHARE_PATH;

/// The value of a header, if it is there and is ASCII text.
pub(crate) fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Why a request is refused before authentication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OriginError {
    /// A page of another site sent it.
    OtherSite,
    /// Its `Host` is not a name of this server.
    WrongHost,
}

impl Access {
    /// The address of the client: that of the connection, or the one a trusted proxy reports.
    pub(crate) fn peer(&self, parts: &Parts) -> IpAddr {
        // The proxy appends the address of its own peer; entries before that can be forged by the client.
        let forwarded = || {
            let last = parts.headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
            let last = last.rsplit(',').next()?.trim();
            last.parse().ok().or_else(|| last.parse().map(|addr: SocketAddr| addr.ip()).ok())
        };
        let direct = parts.extensions.get::<ConnectInfo<SocketAddr>>().map_or(IpAddr::from([0, 0, 0, 0]), |info| info.0.ip());
        self.behind_proxy.then(forwarded).flatten().unwrap_or(direct)
    }

    /// The browser's connection is known to use https.
    pub(crate) fn is_https(&self, headers: &HeaderMap) -> bool {
        let forwarded = header_text(headers, "x-forwarded-proto").and_then(|all| all.rsplit(',').next());
        self.behind_proxy && forwarded.is_some_and(|scheme| scheme.trim().eq_ignore_ascii_case("https"))
    }

    /// Scheme and host by which the program reached Darkroom, and behind a proxy what that put before the path; without a slash at the end.
    pub(crate) fn base_url(&self, headers: &HeaderMap, uri: &Uri) -> String {
        let forwarded =
            |name: &str| header_text(headers, name).and_then(|all| all.rsplit(',').next()).map(str::trim).filter(|_| self.behind_proxy);
        let host = forwarded("x-forwarded-host").or_else(|| header_text(headers, header::HOST.as_str()));
        let host = host.or_else(|| uri.authority().map(|authority| authority.as_str())).unwrap_or("localhost");
        let prefix = forwarded("x-forwarded-prefix").filter(|prefix| prefix.starts_with('/')).unwrap_or_default();
        let scheme = if self.is_https(headers) { "https" } else { "http" };
        format!("{scheme}://{host}{}", prefix.trim_end_matches('/'))
    }

    /// The same for the gateway: pages of the sites of `[server] cors_origins` may use all of it, also its sockets. As ComfyUI does it, on this machine others may
    /// not even send what only reads.
    pub(crate) fn check_client_origin(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), OriginError> {
        let origin = header_text(headers, header::ORIGIN.as_str());
        let host = self.check_host(uri, headers)?;
        if origin.is_some_and(|origin| self.is_cors_origin(origin)) {
            return Ok(());
        }
        let is_foreign = |origin: &str| origin.contains("://") && !self.is_own_origin(origin, host, self.is_https(headers));
        if is_loopback(host) && origin.is_some_and(is_foreign) {
            return Err(OriginError::OtherSite);
        }
        self.check_origin(method, uri, headers)
    }

    fn check_host<'a>(&self, uri: &'a Uri, headers: &'a HeaderMap) -> Result<&'a str, OriginError> {
        let host =
            header_text(headers, header::HOST.as_str()).or_else(|| uri.authority().map(|authority| authority.as_str())).unwrap_or_default();
        if self.keys.is_none() && !self.insecure && !is_loopback(host) && !self.is_configured_host(host) {
            return Err(OriginError::WrongHost);
        }
        Ok(host)
    }

    /// Refuses requests of other sites' pages. Without a token also requests for unknown host names: by DNS rebinding another site's name can be
    /// made to lead to this machine, and its pages would then be of the same origin.
    pub(crate) fn check_origin(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), OriginError> {
        let host = self.check_host(uri, headers)?;
        let origin = header_text(headers, header::ORIGIN.as_str());
        if origin.is_some_and(|origin| self.allows_cors(origin, uri.path())) && !headers.contains_key(header::UPGRADE) {
            return Ok(());
        }
        // An origin that is not ASCII text matches none.
        let known_origin = match (headers.contains_key(header::ORIGIN), origin) {
            (false, _) => None,
            (true, origin) => Some(origin.is_some_and(|origin| self.is_own_origin(origin, host, self.is_https(headers)))),
        };
        let is_safe = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) && !headers.contains_key(header::UPGRADE);
        let may = match (header_text(headers, "sec-fetch-site"), known_origin) {
            // Another site may link here: its page cannot read the response.
            (Some("cross-site" | "same-site"), _) if is_safe && header_text(headers, "sec-fetch-mode") == Some("navigate") => true,
            (Some("cross-site"), _) => false,
            (Some("same-site"), known) => known == Some(true),
            // What is shared from another app with Darkroom's on a phone is sent by the browser itself, for no page: it names the origin "null". No
            // page can send such a request: what is made by one is never of the site "none".
            (Some("none"), _) if origin == Some("null") && *method == Method::POST && uri.path() == SHARE_PATH => true,
            (_, known) => is_safe || known != Some(false),
        };
        if may { Ok(()) } else { Err(OriginError::OtherSite) }
    }

    /// The page is of the server's own origin, or of a configured one. Without `X-Forwarded-Proto` the scheme is unknown, so both match.
    fn is_own_origin(&self, origin: &str, host: &str, https: bool) -> bool {
        let same = origin
            .split_once("://")
            .is_some_and(|(scheme, of)| of.eq_ignore_ascii_case(host) && (scheme == "https" || (scheme == "http" && !https)));
        same || self.origins.iter().any(|known| known == origin)
    }

    fn is_configured_host(&self, host: &str) -> bool {
        let (host, _) = split_port(host);
        self.origins.iter().filter_map(|origin| origin.split_once("://")).any(|(_, known)| split_port(known).0.eq_ignore_ascii_case(host))
    }
}

/// Splits `host:port`; the port is `None` when there is none.
fn split_port(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (name, Some(port)),
        _ => (host, None),
    }
}

fn is_loopback(host: &str) -> bool {
    match Host::parse(split_port(host).0) {
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

    fn check(access: &Access, method: Method, fields: &[(&'static str, &'static str)]) -> Result<(), OriginError> {
        access.check_origin(&method, &Uri::from_static("/"), &headers(fields))
    }

    const HERE: (&str, &str) = ("host", "127.0.0.1:3000");

    #[test]
    fn only_pages_of_its_own_origin_may_post() {
        let access = with(|_| {});
        let post = |fields: &[_]| check(&access, Method::POST, &[&[HERE], fields].concat()).is_ok();
        assert!(post(&[]));
        assert!(post(&[("origin", "http://127.0.0.1:3000"), ("sec-fetch-site", "same-origin")]));
        for foreign in ["http://evil.example", "http://127.0.0.1:3001", "null", "", "ftp://127.0.0.1:3000", "http://127.0.0.1:3000/"] {
            assert!(!post(&[("origin", foreign)]), "{foreign}");
        }
        assert!(!post(&[("sec-fetch-site", "cross-site")]));
        assert!(!post(&[("sec-fetch-site", "same-site")]));
        assert!(!post(&[("origin", "http://evil.example"), ("sec-fetch-site", "same-origin")]));
        // Sending a form of another site is a navigation, too.
        assert!(!post(&[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")]));
    }

    #[test]
    fn a_browser_may_share_a_picture_and_no_other_site_may() {
        let access = with(|_| {});
        let post = |path: &'static str, fields: &[_]| {
            access.check_origin(&Method::POST, &Uri::from_static(path), &headers(&[&[HERE], fields].concat())).is_ok()
        };
        let (null, none) = (("origin", "null"), ("sec-fetch-site", "none"));
        assert!(post(SHARE_PATH, &[null, none, ("sec-fetch-mode", "navigate")]), "by the browser itself");
        assert!(post(SHARE_PATH, &[("origin", "http://127.0.0.1:3000"), ("sec-fetch-site", "same-origin")]));
        // A page in a sandbox has the origin "null", too.
        for site in ["cross-site", "same-site", "same-origin"] {
            assert!(!post(SHARE_PATH, &[null, ("sec-fetch-site", site)]), "{site}");
        }
        assert!(!post(SHARE_PATH, &[null]) && !post(SHARE_PATH, &[("origin", "http://evil.example"), none]));
        assert!(!post("/", &[null, none]) && !post("/api/tasks", &[null, none]), "nothing else");
    }

    #[test]
    fn another_site_may_only_link_here() {
        let access = with(|_| {});
        let get = |fields: &[_]| check(&access, Method::GET, &[&[HERE], fields].concat()).is_ok();
        let cross = ("sec-fetch-site", "cross-site");
        assert!(get(&[]) && get(&[("sec-fetch-site", "none")]) && get(&[cross, ("sec-fetch-mode", "navigate")]));
        assert!(!get(&[cross, ("sec-fetch-mode", "no-cors")]) && !get(&[cross]));
        assert!(!get(&[("upgrade", "websocket"), ("origin", "http://evil.example")]));
        assert!(!get(&[("upgrade", "websocket"), cross, ("sec-fetch-mode", "navigate")]));
        assert!(get(&[("upgrade", "websocket"), ("origin", "http://127.0.0.1:3000"), ("sec-fetch-mode", "websocket")]));
    }

    #[test]
    fn without_a_token_unknown_hosts_are_refused() {
        let get = |access: &Access, host: &'static str| check(access, Method::GET, &[("host", host)]).is_ok();
        let plain = with(|_| {});
        for ours in ["localhost", "LOCALHOST:80", "127.0.0.1:3000", "127.9.9.9", "[::1]:3000", "[::1]"] {
            assert!(get(&plain, ours), "{ours}");
        }
        for other in
            ["evil.example:3000", "localhost.evil.example", "127.0.0.1.evil.example", "192.168.1.2:3000", "", "[::2]", "a b", "localhost:x"]
        {
            assert_eq!(check(&plain, Method::GET, &[("host", other)]), Err(OriginError::WrongHost), "{other}");
        }
        let known = with(|config| config.origins = vec!["https://studio.example".into()]);
        assert!(get(&known, "studio.example") && get(&known, "Studio.Example:443") && !get(&known, "other.example"));
        assert!(get(&with(|config| config.insecure = true), "anything.example"));
        assert!(get(&with(|config| config.token = Some(Secret::new("0123456789abcdef".into()))), "anything.example"));
    }

    #[test]
    fn a_configured_origin_is_accepted() {
        let access = with(|config| config.origins = vec!["https://studio.example".into()]);
        let post = |fields: &[_]| check(&access, Method::POST, &[&[HERE], fields].concat()).is_ok();
        assert!(post(&[("origin", "https://studio.example"), ("sec-fetch-site", "same-origin")]));
        assert!(!post(&[("origin", "http://studio.example")]) && !post(&[("origin", "https://studio.example.evil.example")]));
        assert!(!post(&[("origin", "https://studio.example"), ("sec-fetch-site", "cross-site")]));
    }

    #[test]
    fn clients_of_comfyui_may_not_even_read_from_other_sites_on_this_machine() {
        let access = with(|config| (config.insecure, config.cors_origins) = (true, vec!["https://shop.example".into()]));
        let get = |host: &'static str, origin: &'static str| {
            access.check_client_origin(&Method::GET, &Uri::from_static("/"), &headers(&[("host", host), ("origin", origin)])).is_ok()
        };
        assert!(get("127.0.0.1:3000", "http://127.0.0.1:3000") && get("127.0.0.1:3000", "https://shop.example"));
        assert!(!get("127.0.0.1:3000", "http://evil.example") && !get("localhost:3000", "http://localhost:3001"));
        assert!(get("127.0.0.1:3000", "null"), "a file; it cannot read the answer");
        assert!(get("gpu.lan:3000", "http://evil.example"), "ComfyUI asks only on this machine; it cannot read the answer");
        assert!(access.check_origin(&Method::GET, &Uri::from_static("/"), &headers(&[HERE, ("origin", "http://evil.example")])).is_ok());
    }

    #[test]
    fn forwarded_headers_count_only_behind_a_proxy() {
        let parts = |fields: &[_]| {
            let mut request = Request::new(());
            *request.headers_mut() = headers(fields);
            request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 9))));
            request.into_parts().0
        };
        let forwarded = parts(&[("x-forwarded-for", "6.6.6.6, 10.0.0.1"), ("x-forwarded-proto", "https")]);
        let (direct, proxied) = (with(|_| {}), with(|config| config.behind_proxy = true));
        assert_eq!(direct.peer(&forwarded).to_string(), "127.0.0.1");
        assert!(!direct.is_https(&forwarded.headers));
        assert_eq!(proxied.peer(&forwarded).to_string(), "10.0.0.1");
        assert!(proxied.is_https(&forwarded.headers));
        assert_eq!(proxied.peer(&parts(&[("x-forwarded-for", "[2001:db8::1]:80")])).to_string(), "2001:db8::1");
        assert_eq!(proxied.peer(&parts(&[("x-forwarded-for", "nobody")])).to_string(), "127.0.0.1");
        // The https server is another origin than the http one of the same host.
        let mut http = headers(&[("host", "studio.example"), ("origin", "http://studio.example"), ("x-forwarded-proto", "https")]);
        let proxied = with(|config| (config.behind_proxy, config.insecure) = (true, true));
        assert_eq!(proxied.check_origin(&Method::POST, &Uri::from_static("/"), &http), Err(OriginError::OtherSite));
        http.insert("origin", HeaderValue::from_static("https://studio.example"));
        assert_eq!(proxied.check_origin(&Method::POST, &Uri::from_static("/"), &http), Ok(()));
    }
}
