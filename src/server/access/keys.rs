//! The token, and session cookies signed with a key made of it. All comparisons take constant time.

use std::fmt::Write;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::config::Secret;
use proto::time::Timestamp;

/// Block size of SHA-256. HMAC pads a shorter key with zeros to this size.
const BLOCK: usize = 64;
const VERSION: &str = "v1";

/// A signed-in browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// Random.
    pub id: u128,
    pub expires: Timestamp,
}

pub(super) struct Keys {
    key: [u8; BLOCK],
    token: Vec<u8>,
    cookie_name: String,
}

impl Keys {
    pub(super) fn new(token: &Secret) -> Self {
        let mut key = [0; BLOCK];
        key[..32].copy_from_slice(&Sha256::digest(token.reveal()));
        let mac = |purpose, text: &str| mac(&key, purpose, text).finalize().into_bytes();
        let name = mac("name", "");
        // Browsers do not separate cookies by port: two servers on one host need different names.
        let cookie_name = name.iter().take(4).fold("darkroom-".to_owned(), |mut name, byte| {
            let _ = write!(name, "{byte:02x}");
            name
        });
        Self { key, token: mac("token", token.reveal()).to_vec(), cookie_name }
    }

    /// The name of the session cookie.
    pub(super) fn cookie_name(&self) -> &str {
        &self.cookie_name
    }

    pub(super) fn is_token(&self, candidate: &str) -> bool {
        mac(&self.key, "token", candidate).verify_slice(&self.token).is_ok()
    }

    /// The value of the session cookie. It is valid only as long as the token stays the same.
    pub(super) fn sign(&self, Session { id, expires }: Session) -> String {
        let session = format!("{VERSION}.{}.{id:032x}", expires.0);
        let signature = URL_SAFE_NO_PAD.encode(mac(&self.key, "session", &session).finalize().into_bytes());
        format!("{session}.{signature}")
    }

    /// Verifies a cookie. `None` when it was not signed with this token, or is expired.
    pub(super) fn read(&self, text: &str, now: Timestamp) -> Option<Session> {
        let (session, signature) = text.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        mac(&self.key, "session", session).verify_slice(&signature).ok()?;
        let (expires, id) = session.strip_prefix(VERSION)?.strip_prefix('.')?.split_once('.')?;
        let session = Session { id: u128::from_str_radix(id, 16).ok()?, expires: Timestamp(expires.parse().ok()?) };
        (now < session.expires).then_some(session)
    }
}

/// `purpose` keeps a signature made for one purpose from being valid for another.
fn mac(key: &[u8; BLOCK], purpose: &str, text: &str) -> Hmac<Sha256> {
    Hmac::<Sha256>::new(key.into()).chain_update(purpose).chain_update([0]).chain_update(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(token: &str) -> Keys {
        Keys::new(&Secret::new(token.into()))
    }

    const SESSION: Session = Session { id: 7, expires: Timestamp(2_000) };

    #[test]
    fn only_the_exact_token_is_accepted() {
        let keys = keys("0123456789abcdef");
        assert!(keys.is_token("0123456789abcdef"));
        for wrong in ["", "0123456789abcde", "0123456789abcdeg", "0123456789abcdef "] {
            assert!(!keys.is_token(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn a_session_lasts_until_it_expires_or_the_token_changes() {
        let (ours, other) = (keys("0123456789abcdef"), keys("another-token-123"));
        let cookie = ours.sign(SESSION);
        assert_eq!(ours.read(&cookie, Timestamp(1_999)), Some(SESSION));
        assert_eq!(ours.read(&cookie, Timestamp(2_000)), None);
        assert_eq!(other.read(&cookie, Timestamp(0)), None);
        assert_ne!(ours.cookie_name(), other.cookie_name());
    }

    /// The MAC of the token does not verify as the MAC of a session.
    #[test]
    fn a_signature_is_valid_for_one_purpose() {
        let keys = keys("0123456789abcdef");
        let session = "v1.99999999999999.00000000000000000000000000000007";
        let of_token = URL_SAFE_NO_PAD.encode(mac(&keys.key, "token", session).finalize().into_bytes());
        assert_eq!(keys.read(&format!("{session}.{of_token}"), Timestamp(0)), None);
    }

    proptest! {
        #[test]
        fn a_changed_cookie_is_refused(at in 0_usize..90, byte in 33_u8..127) {
            let keys = keys("0123456789abcdef");
            let cookie = keys.sign(SESSION);
            let mut changed = cookie.clone().into_bytes();
            let at = at % changed.len();
            changed[at] = byte;
            let changed = String::from_utf8(changed).unwrap();
            prop_assume!(changed != cookie);
            prop_assert_eq!(keys.read(&changed, Timestamp(0)), None);
        }
    }
}
