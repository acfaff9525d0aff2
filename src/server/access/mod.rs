//! Who may use Darkroom: the token of programs, the sessions of browsers, and how often whoever was refused may try again.

mod asked;
mod keys;
mod limiter;

use std::{
    collections::HashMap,
    net::IpAddr,
    time::{Duration, Instant},
};

pub use asked::Stranger;
pub(super) use asked::text;
use axum::http::{HeaderMap, header};
use cookie::Cookie;
use keys::Keys;
pub use keys::Session;
use limiter::Limiter;
use tokio::sync::watch;

use super::{allowance::Rate, clock::now, config::AccessConfig};
use proto::{limits, time::Timestamp};

/// Shared by all requests.
pub struct Access {
    /// `None`: nobody has to sign in.
    keys: Option<Keys>,
    origins: Vec<String>,
    behind_proxy: bool,
    insecure: bool,
    session: Duration,
    /// Wrong tokens.
    guesses: Limiter,
    /// What changes something. `None`: no limit.
    requests: Option<Limiter>,
    /// Sessions that were ended before they were over, and when they would be.
    signed_out: watch::Sender<HashMap<u128, Timestamp>>,
}

/// Who asks, when that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Nobody has to say.
    Anybody,
    /// A program with the token.
    Program,
    /// A browser that is signed in.
    Person(Session),
}

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// They did not say who they are, or are no longer signed in.
    Unknown,
    WrongToken,
    /// There were too many wrong tokens from there; none is looked at for so long.
    TooMany(Duration),
}

impl Access {
    #[must_use]
    pub fn new(config: &AccessConfig) -> Self {
        let pace = (config.requests_per_second > 0)
            .then(|| Rate::new(config.requests_per_second.saturating_mul(2), Duration::from_secs(1) / config.requests_per_second));
        Self {
            keys: config.token.as_ref().map(Keys::new),
            origins: config.origins.clone(),
            behind_proxy: config.behind_proxy,
            insecure: config.insecure,
            session: config.session,
            guesses: Limiter::new(Rate::new(limits::TOKEN_GUESSES, limits::TOKEN_GUESS_EVERY)),
            requests: pace.map(Limiter::new),
            signed_out: watch::Sender::default(),
        }
    }

    /// Everybody has to say who they are.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.keys.is_some()
    }

    /// Who asks. A bearer token decides when there is one; other schemes are a proxy's business.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn identify(&self, headers: &HeaderMap, peer: IpAddr) -> Result<Caller, Refused> {
        let Some(keys) = &self.keys else { return Ok(Caller::Anybody) };
        if let Some(said) = bearer(headers) {
            return self.is_token(keys, said, peer).map(|()| Caller::Program);
        }
        self.session(headers).map(Caller::Person).ok_or(Refused::Unknown)
    }

    /// The session of the cookie that the browser sent.
    #[must_use]
    pub fn session(&self, headers: &HeaderMap) -> Option<Session> {
        let keys = self.keys.as_ref()?;
        let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let cookies = all.flat_map(Cookie::split_parse).filter_map(Result::ok);
        let found = cookies.filter(|cookie| cookie.name() == keys.cookie()).find_map(|cookie| keys.read(cookie.value(), now()))?;
        (!self.signed_out.borrow().contains_key(&found.id)).then_some(found)
    }

    /// A person says the token. Gives the name and the value of the cookie for it.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn sign_in(&self, said: &str, peer: IpAddr) -> Result<(&str, String), Refused> {
        let keys = self.keys.as_ref().ok_or(Refused::Unknown)?;
        self.is_token(keys, said, peer)?;
        let session = Session { id: rand::random(), expires: now().plus(self.session) };
        Ok((keys.cookie(), keys.sign(session)))
    }

    /// What the cookie is called, when there is one.
    #[must_use]
    pub fn cookie(&self) -> Option<&str> {
        self.keys.as_ref().map(Keys::cookie)
    }

    /// How long a session lasts.
    #[must_use]
    pub fn session_life(&self) -> Duration {
        self.session
    }

    /// Whoever goes on with this session's cookie is refused, and its connections end.
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

    /// Returns when `caller` may no longer stay: the session is over, or was ended.
    pub async fn until_over(&self, caller: Caller) {
        let Caller::Person(session) = caller else { return std::future::pending().await };
        let mut signed_out = self.signed_out.subscribe();
        tokio::select! {
            // The sender lives as long as we do.
            _ = signed_out.wait_for(|all| all.contains_key(&session.id)) => {}
            () = tokio::time::sleep(Duration::from_millis(session.expires.since(now()))) => {}
        }
    }

    /// Counts a request that changes something.
    ///
    /// # Errors
    /// How long `peer` must wait. This machine itself need not, as long as nobody has to sign in.
    pub fn pace(&self, peer: IpAddr) -> Result<(), Duration> {
        match &self.requests {
            Some(limiter) if self.is_on() || !peer.to_canonical().is_loopback() => limiter.take(peer, Instant::now()),
            _ => Ok(()),
        }
    }

    /// While there were too many wrong ones from an address, none is looked at: else guessing would go on.
    fn is_token(&self, keys: &Keys, said: &str, peer: IpAddr) -> Result<(), Refused> {
        let wait = self.guesses.wait(peer, Instant::now());
        if !wait.is_zero() {
            return Err(Refused::TooMany(wait));
        }
        if keys.is_token(said) {
            return Ok(());
        }
        tracing::warn!(%peer, "a wrong token");
        self.guesses.take(peer, Instant::now()).map_err(Refused::TooMany)?;
        Err(Refused::WrongToken)
    }
}

/// The word after `Bearer`, in whatever case that is written. What is no text is no token.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?;
    let (scheme, token) = value.to_str().unwrap_or("Bearer ?").split_once(' ').unwrap_or_default();
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests;
