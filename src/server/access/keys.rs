//! The token, and what is signed with it. Comparing takes equally long whatever is wrong.

use std::fmt::Write;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::config::Secret;
use proto::time::Timestamp;

/// SHA-256's block: a shorter key is filled up with zeros, as HMAC has it.
const BLOCK: usize = 64;
const VERSION: &str = "v1";

/// One browser that is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// Random.
    pub id: u128,
    pub expires: Timestamp,
}

pub(super) struct Keys {
    key: [u8; BLOCK],
    token: Vec<u8>,
    cookie: String,
}

impl Keys {
    pub(super) fn new(token: &Secret) -> Self {
        let mut key = [0; BLOCK];
        key[..32].copy_from_slice(&Sha256::digest(token.reveal()));
        let mac = |what, text: &str| mac(&key, what, text).finalize().into_bytes();
        let name = mac("name", "");
        // Cookies are of a host, whatever the port: two Darkrooms on one machine must not take each other's.
        let cookie = name.iter().take(4).fold("darkroom-".to_owned(), |mut name, byte| {
            let _ = write!(name, "{byte:02x}");
            name
        });
        Self { key, token: mac("token", token.reveal()).to_vec(), cookie }
    }

    /// What the cookie is called.
    pub(super) fn cookie(&self) -> &str {
        &self.cookie
    }

    pub(super) fn is_token(&self, said: &str) -> bool {
        mac(&self.key, "token", said).verify_slice(&self.token).is_ok()
    }

    /// What the browser keeps. Another token, and it is worth nothing.
    pub(super) fn sign(&self, Session { id, expires }: Session) -> String {
        let session = format!("{VERSION}.{}.{id:032x}", expires.0);
        let signature = URL_SAFE_NO_PAD.encode(mac(&self.key, "session", &session).finalize().into_bytes());
        format!("{session}.{signature}")
    }

    /// `None` when it was not signed with this token, or is over.
    pub(super) fn read(&self, text: &str, now: Timestamp) -> Option<Session> {
        let (session, signature) = text.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        mac(&self.key, "session", session).verify_slice(&signature).ok()?;
        let (expires, id) = session.strip_prefix(VERSION)?.strip_prefix('.')?.split_once('.')?;
        let session = Session { id: u128::from_str_radix(id, 16).ok()?, expires: Timestamp(expires.parse().ok()?) };
        (now < session.expires).then_some(session)
    }
}

/// `what`: one signature is not good for another thing.
fn mac(key: &[u8; BLOCK], what: &str, text: &str) -> Hmac<Sha256> {
    Hmac::<Sha256>::new(key.into()).chain_update(what).chain_update([0]).chain_update(text)
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
    fn only_the_token_is_the_token() {
        let keys = keys("0123456789abcdef");
        assert!(keys.is_token("0123456789abcdef"));
        for wrong in ["", "0123456789abcde", "0123456789abcdeg", "0123456789abcdef "] {
            assert!(!keys.is_token(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn a_session_lasts_until_it_is_over_or_the_token_is_another() {
        let (ours, other) = (keys("0123456789abcdef"), keys("another-token-123"));
        let cookie = ours.sign(SESSION);
        assert_eq!(ours.read(&cookie, Timestamp(1_999)), Some(SESSION));
        assert_eq!(ours.read(&cookie, Timestamp(2_000)), None);
        assert_eq!(other.read(&cookie, Timestamp(0)), None);
        assert_ne!(ours.cookie(), other.cookie());
    }

    /// A signature of something else: the tag of the token itself is none of a session.
    #[test]
    fn a_signature_is_good_for_one_thing() {
        let keys = keys("0123456789abcdef");
        let session = "v1.99999999999999.00000000000000000000000000000007";
        let of_token = URL_SAFE_NO_PAD.encode(mac(&keys.key, "token", session).finalize().into_bytes());
        assert_eq!(keys.read(&format!("{session}.{of_token}"), Timestamp(0)), None);
    }

    proptest! {
        #[test]
        fn whatever_is_changed_is_refused(at in 0_usize..90, byte in 33_u8..127) {
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
