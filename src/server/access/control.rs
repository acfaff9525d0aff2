//! Who may use Darkroom: identifies the caller of a request, signs people in and out, and limits rates.

use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    time::{Duration, Instant},
};

use axum::http::{HeaderMap, header};
use cookie::Cookie;
use tokio::sync::watch;

use super::{
    keys::{Keys, Session},
    limiter::Limiter,
};
use crate::{clock::now, config::AccessConfig, token_bucket::Rate};
use proto::{limits, time::Timestamp};

/// Access control; one instance is shared by all requests.
pub struct Access {
    /// `None`: no token is configured, and there is no sign-in.
    pub(super) keys: Option<Keys>,
    pub(super) origins: Vec<String>,
    /// Of other sites whose pages may use the API.
    pub(super) cors_origins: Vec<String>,
    pub(super) behind_proxy: bool,
    pub(super) insecure: bool,
    session_lifetime: Duration,
    /// Counts wrong tokens per address.
    guesses: Limiter,
    /// Counts mutating requests per address. `None`: no limit.
    requests: Option<Limiter>,
    /// Sessions that were signed out before they expired, with the time of expiry.
    signed_out: watch::Sender<HashMap<u128, Timestamp>>,
}

/// The authenticated sender of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// No token is configured, so callers are not distinguished.
    Anybody,
    /// A program with the token.
    Program,
    /// A browser that is signed in.
    Person(Session),
}

/// Why a request is not authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthError {
    /// No credentials, or the session expired or was signed out.
    Unauthenticated,
    WrongToken,
    /// The token is wrong, and too many wrong ones came from this address: the next guess is answered after this long.
    TooManyAttempts(Duration),
}

impl Access {
    #[must_use]
    pub fn new(config: &AccessConfig) -> Self {
        let rate = (config.requests_per_second > 0)
            .then(|| Rate::new(config.requests_per_second.saturating_mul(2), Duration::from_secs(1) / config.requests_per_second));
        Self {
            keys: config.token.as_ref().map(Keys::new),
            origins: config.origins.clone(),
            cors_origins: config.cors_origins.clone(),
            behind_proxy: config.behind_proxy,
            insecure: config.insecure,
            session_lifetime: config.session,
            guesses: Limiter::new(Rate::new(limits::TOKEN_GUESSES, limits::TOKEN_GUESS_EVERY)),
            requests: rate.map(Limiter::new),
            signed_out: watch::Sender::default(),
        }
    }

    /// A token is configured, so callers must authenticate.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.keys.is_some()
    }

    /// Identifies the caller: by the bearer token, else by the session cookie. A wrong token is ignored beside a valid cookie, like the
    /// other schemes of `Authorization`: a proxy may have added it.
    ///
    /// # Errors
    /// See [`AuthError`].
    pub fn identify(&self, headers: &HeaderMap, peer: IpAddr) -> Result<Caller, AuthError> {
        let Some(keys) = &self.keys else { return Ok(Caller::Anybody) };
        let token = bearer(headers);
        if token.is_some_and(|token| keys.is_token(token)) {
            return Ok(Caller::Program);
        }
        match (self.session(headers), token) {
            (Some(session), _) => Ok(Caller::Person(session)),
            (None, Some(_)) => Err(self.wrong_token(peer)),
            (None, None) => Err(AuthError::Unauthenticated),
        }
    }

    /// The session of the request's cookie, if that is valid and not signed out.
    #[must_use]
    pub fn session(&self, headers: &HeaderMap) -> Option<Session> {
        let keys = self.keys.as_ref()?;
        let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let cookies = all.flat_map(Cookie::split_parse).filter_map(Result::ok);
        let found = cookies.filter(|cookie| cookie.name() == keys.cookie_name()).find_map(|cookie| keys.read(cookie.value(), now()))?;
        (!self.signed_out.borrow().contains_key(&found.id)).then_some(found)
    }

    /// Exchanges the token for a session: the name and the value of its cookie.
    ///
    /// # Errors
    /// See [`AuthError`].
    pub fn sign_in(&self, token: &str, peer: IpAddr) -> Result<(&str, String), AuthError> {
        let keys = self.keys.as_ref().ok_or(AuthError::Unauthenticated)?;
        if !keys.is_token(token) {
            return Err(self.wrong_token(peer));
        }
        let session = Session { id: rand::random(), expires: now().plus(self.session_lifetime) };
        Ok((keys.cookie_name(), keys.sign(session)))
    }

    /// The name of the session cookie; `None` without a sign-in.
    #[must_use]
    pub fn cookie_name(&self) -> Option<&str> {
        self.keys.as_ref().map(Keys::cookie_name)
    }

    /// How long a session lasts.
    #[must_use]
    pub fn session_lifetime(&self) -> Duration {
        self.session_lifetime
    }

    /// Revokes a session: its cookie is refused from now on, and its open connections end.
    pub fn sign_out(&self, session: Session) {
        self.signed_out.send_modify(|all| {
            let now = now();
            all.retain(|_, expires| now < *expires);
            if all.len() >= limits::SIGNED_OUT
                && let Some(next) = all.iter().min_by_key(|(_, expires)| **expires).map(|(id, _)| *id)
            {
                all.remove(&next);
            }
            all.insert(session.id, session.expires);
        });
    }

    /// The sessions that were signed out, as a text for [`Access::merge_signed_out`].
    #[must_use]
    pub fn signed_out(&self) -> String {
        let all: BTreeMap<String, u64> = self.signed_out.borrow().iter().map(|(id, expires)| (format!("{id:x}"), expires.0)).collect();
        serde_json::to_string(&all).unwrap_or_default()
    }

    /// Revokes the sessions that were signed out at another Darkroom with the same database, or before the start of this one.
    pub fn merge_signed_out(&self, text: &str) {
        let all: BTreeMap<String, u64> = serde_json::from_str(text).unwrap_or_else(|error| {
            tracing::warn!(%error, "which sessions were signed out before cannot be read");
            BTreeMap::new()
        });
        let now = now();
        let valid = all.into_iter().filter_map(|(id, expires)| Some((u128::from_str_radix(&id, 16).ok()?, Timestamp(expires))));
        let valid: Vec<_> = valid.filter(|(_, expires)| now < *expires).collect();
        self.signed_out.send_if_modified(|known| {
            let before = known.len();
            known.extend(valid);
            known.len() != before
        });
    }

    /// Resolves when the caller's session expires or is signed out; never for callers without a session.
    pub async fn session_ended(&self, caller: Caller) {
        let Caller::Person(session) = caller else { return std::future::pending().await };
        let mut signed_out = self.signed_out.subscribe();
        tokio::select! {
            // Fails only when the sender is dropped, and `self` owns it.
            _ = signed_out.wait_for(|all| all.contains_key(&session.id)) => {}
            () = tokio::time::sleep(Duration::from_millis(session.expires.since(now()))) => {}
        }
    }

    /// Counts a mutating request of `peer`. Loopback addresses are not limited while there is no sign-in.
    ///
    /// # Errors
    /// How long `peer` must wait, if it is above the limit.
    pub fn limit_rate(&self, peer: IpAddr) -> Result<(), Duration> {
        match &self.requests {
            Some(limiter) if self.is_on() || !peer.to_canonical().is_loopback() => limiter.acquire(peer, Instant::now()),
            _ => Ok(()),
        }
    }

    /// Counts a wrong token of `peer`. Only wrong tokens are limited, never the right one or a session: several people may share an address,
    /// and none of them must be able to lock out the others. A token is too long to be guessed at any rate (see `config::access`); the limit
    /// keeps guesses from filling the log.
    fn wrong_token(&self, peer: IpAddr) -> AuthError {
        match self.guesses.acquire(peer, Instant::now()) {
            Ok(()) => {
                tracing::warn!(%peer, "a wrong token");
                AuthError::WrongToken
            }
            Err(wait) => AuthError::TooManyAttempts(wait),
        }
    }
}

/// The token after `Bearer`, whose case does not matter. A header that is not ASCII text counts as a wrong token rather than as none. Not
/// `TypedHeader<Authorization<Bearer>>`, which takes such a header and another scheme for the same error.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?;
    let (scheme, token) = value.to_str().unwrap_or("Bearer ?").split_once(' ').unwrap_or_default();
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests;
