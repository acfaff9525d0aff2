//! Signatures of Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::SigningKey;

/// A message whose timestamp is further from now than this is refused, to prevent replays.
pub const TOLERANCE: Duration = Duration::from_secs(300);
const VERSION: &str = "v1,";

/// The headers of a message that its signature covers.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// `webhook-id`
    pub id: &'a str,
    /// `webhook-timestamp`: seconds since the Unix epoch.
    pub timestamp: &'a str,
    /// `webhook-signature`: one or several, with spaces between.
    pub signature: &'a str,
}

/// Why a message is not verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("the webhook-timestamp is no number of seconds")]
    Timestamp,
    #[error("the webhook-timestamp is more than 5 minutes ago")]
    Old,
    #[error("the webhook-timestamp is more than 5 minutes ahead")]
    Early,
    #[error("no signature fits this secret and body")]
    Signature,
}

/// The value of `webhook-signature`. `timestamp`: seconds since the Unix epoch.
#[must_use]
pub fn sign(key: &SigningKey, id: &str, timestamp: u64, body: &[u8]) -> String {
    let tag = mac(key, id, &timestamp.to_string(), body).map(|mac| STANDARD.encode(mac.finalize().into_bytes()));
    format!("{VERSION}{}", tag.unwrap_or_default())
}

/// Verifies that the message was signed with the key, and recently. `now`: seconds since the Unix epoch.
///
/// # Errors
/// See [`SignatureError`].
pub fn verify(key: &SigningKey, signed: Signed<'_>, body: &[u8], now: u64) -> Result<(), SignatureError> {
    let at: u64 = signed.timestamp.parse().map_err(|_| SignatureError::Timestamp)?;
    if at.saturating_add(TOLERANCE.as_secs()) < now {
        return Err(SignatureError::Old);
    } else if at > now.saturating_add(TOLERANCE.as_secs()) {
        return Err(SignatureError::Early);
    }
    let fits = |signature: &str| {
        let tag = signature.strip_prefix(VERSION).and_then(|text| STANDARD.decode(text).ok());
        // In constant time.
        tag.zip(mac(key, signed.id, signed.timestamp, body)).is_some_and(|(tag, mac)| mac.verify_slice(&tag).is_ok())
    };
    if signed.signature.split(' ').any(fits) { Ok(()) } else { Err(SignatureError::Signature) }
}

/// Never `None`: HMAC accepts keys of any length.
fn mac(key: &SigningKey, id: &str, timestamp: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.bytes()).ok()?;
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example that the libraries of Standard Webhooks are tested with.
    const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const AT: u64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn verified(signature: &str, at: &str, body: &[u8], now: u64) -> Result<(), SignatureError> {
        verify(&SigningKey::parse(KEY).unwrap(), Signed { id: ID, timestamp: at, signature }, body, now)
    }

    #[test]
    fn signatures_equal_those_of_the_standard_webhooks_libraries() {
        assert_eq!(sign(&SigningKey::parse(KEY).unwrap(), ID, AT, BODY), SIGNATURE);
    }

    #[test]
    fn only_a_matching_signature_verifies() {
        let at = AT.to_string();
        assert_eq!(verified(SIGNATURE, &at, BODY, AT), Ok(()));
        // Of several, as while a secret is changed.
        assert_eq!(verified(&format!("v1,AAAA v2,x {SIGNATURE}"), &at, BODY, AT), Ok(()));
        for wrong in ["", "v1,", "v1,AAAA", "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", &SIGNATURE[3..]] {
            assert_eq!(verified(wrong, &at, BODY, AT), Err(SignatureError::Signature), "{wrong}");
        }
        assert_eq!(verified(SIGNATURE, &at, b"{}", AT), Err(SignatureError::Signature));
        assert_eq!(verified(SIGNATURE, "1614265331", BODY, AT), Err(SignatureError::Signature));
        assert_eq!(verified(SIGNATURE, "soon", BODY, AT), Err(SignatureError::Timestamp));
        assert_eq!(verified(SIGNATURE, &at, BODY, AT + 300), Ok(()));
        assert_eq!(verified(SIGNATURE, &at, BODY, AT + 301), Err(SignatureError::Old));
        assert_eq!(verified(SIGNATURE, &at, BODY, AT - 300), Ok(()));
        assert_eq!(verified(SIGNATURE, &at, BODY, AT - 301), Err(SignatureError::Early));
    }
}
