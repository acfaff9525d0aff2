//! Access settings: the token, the origins, and whether a proxy is in front.

use std::{num::NonZeroU32, path::Path, time::Duration};

use url::Url;

use super::{error::ConfigError, file::ServerSection, overrides::Overrides, secret::Secret};

/// Minimal length of a token: this many random characters cannot be guessed.
const MIN_TOKEN: usize = 16;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The keys of `[server]` for access control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessConfig {
    /// `--token` (`DARKROOM_TOKEN`) or `--token-file` (`DARKROOM_TOKEN_FILE`, `[server] token_file`): required of every caller. `None`:
    /// there is no sign-in.
    pub token: Option<Secret>,
    /// `[server] origins`: the origins at which people open Darkroom, where the `Host` header does not show them. In the form browsers send.
    pub origins: Vec<String>,
    /// `[server] cors_origins`: the origins of other sites whose pages may use the API. In the form browsers send.
    pub cors_origins: Vec<String>,
    /// `[server] behind_proxy`: `X-Forwarded-For` and `X-Forwarded-Proto` come from a proxy and are trusted.
    pub behind_proxy: bool,
    /// `--insecure`: requests for any `Host` are accepted although there is no sign-in.
    pub insecure: bool,
    /// `[server] session_days`: how long a browser stays signed in.
    pub session: Duration,
    /// `[server] requests_per_second`: the rate limit of mutating requests per address, with a burst of twice as many. 0 is no limit.
    pub requests_per_second: u32,
}

impl Default for AccessConfig {
    fn default() -> Self {
        Self {
            token: None,
            origins: Vec::new(),
            cors_origins: Vec::new(),
            behind_proxy: false,
            insecure: false,
            session: 30 * DAY,
            requests_per_second: 50,
        }
    }
}

impl AccessConfig {
    pub(super) fn of(overrides: &Overrides, section: &ServerSection) -> Result<Self, ConfigError> {
        let default = Self::default();
        let is_overridden = overrides.token.is_some() || overrides.token_file.is_some();
        let file = if is_overridden { overrides.token_file.as_deref() } else { section.token_file.as_deref() };
        Ok(Self {
            token: token(overrides.token.clone(), file)?,
            origins: section.origins.iter().map(|text| origin(text)).collect::<Result<_, _>>()?,
            cors_origins: section.cors_origins.iter().map(|text| origin(text)).collect::<Result<_, _>>()?,
            behind_proxy: section.behind_proxy,
            insecure: overrides.insecure,
            session: section.session_days.map_or(default.session, |days| DAY * NonZeroU32::get(days)),
            requests_per_second: section.requests_per_second.unwrap_or(default.requests_per_second),
        })
    }
}

fn token(flag: Option<Secret>, file: Option<&Path>) -> Result<Option<Secret>, ConfigError> {
    let wrong = |why: String| ConfigError::ServerToken(why);
    let token = match (flag, file) {
        (None, None) => return Ok(None),
        (Some(token), None) => token,
        (None, Some(path)) => {
            let text = std::fs::read_to_string(path).map_err(|error| wrong(format!("{} cannot be read ({error})", path.display())))?;
            Secret::new(text.trim().to_owned())
        }
        (Some(_), Some(_)) => return Err(wrong("give only one of --token (DARKROOM_TOKEN) and --token-file (DARKROOM_TOKEN_FILE)".into())),
    };
    if token.reveal().len() < MIN_TOKEN || !token.reveal().bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(wrong(format!("it must be one word of at least {MIN_TOKEN} visible ASCII characters")));
    }
    Ok(Some(token))
}

/// The origin in the form browsers send: in lower case, without the default port of the scheme.
fn origin(text: &str) -> Result<String, ConfigError> {
    let wrong = || ConfigError::Origin(text.to_owned());
    let url = Url::parse(text.trim()).map_err(|_| wrong())?;
    let bare =
        url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() || !bare {
        return Err(wrong());
    }
    Ok(url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_normalized_as_browsers_do() {
        assert_eq!(origin("https://Studio.example:443/").unwrap(), "https://studio.example");
        assert_eq!(origin("http://[::1]:3000").unwrap(), "http://[::1]:3000");
        for wrong in ["studio.example", "https://studio.example/a", "ftp://studio.example", "https://me@studio.example", "*", ""] {
            assert!(origin(wrong).is_err(), "{wrong}");
        }
    }
}
