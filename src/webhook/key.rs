//! The secret that sender and receiver share.

use std::{fmt, io::Write, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use rand::{TryRngCore, rngs::OsRng};

/// Bytes of a key: what Standard Webhooks allow.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// Bytes of a key that is generated here.
const MADE: usize = 32;
const PREFIX: &str = "whsec_";

/// A key for signatures. Its `Debug` output hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey(Vec<u8>);

/// Why a key cannot be used. The message never contains the key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("a secret is {PREFIX} and 24 to 64 bytes in base64, such as `echo \"whsec_$(openssl rand -base64 32)\"` makes")]
    Wrong,
    #[error("{0} cannot be read: {1}")]
    Read(String, std::io::Error),
    #[error("{0} cannot be written: {1}")]
    Write(String, std::io::Error),
    #[error("the system has no random numbers: {0}")]
    Random(String),
}

impl SigningKey {
    /// Parses `whsec_` and base64.
    ///
    /// # Errors
    /// The text has another form.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let bytes = text.trim().strip_prefix(PREFIX).and_then(|text| STANDARD.decode(text).ok());
        bytes.filter(|bytes| BYTES.contains(&bytes.len())).map(Self).ok_or(KeyError::Wrong)
    }

    /// # Errors
    /// No such file, or not a key in it.
    pub fn read(path: &Path) -> Result<Self, KeyError> {
        let text = std::fs::read_to_string(path).map_err(|error| KeyError::Read(path.display().to_string(), error))?;
        Self::parse(&text)
    }

    /// Reads the key in this file. Without a file, generates a key and writes the file, readable only by its owner.
    ///
    /// # Errors
    /// The file cannot be read or written, or has something else in it.
    pub fn read_or_create(path: &Path) -> Result<Self, KeyError> {
        if path.exists() {
            return Self::read(path);
        }
        let mut bytes = vec![0; MADE];
        OsRng.try_fill_bytes(&mut bytes).map_err(|error| KeyError::Random(error.to_string()))?;
        let key = Self(bytes);
        key.save(path)?;
        Ok(key)
    }

    /// Writes a secret that is known elsewhere already into a file, unless it is there.
    ///
    /// # Errors
    /// It is no secret, or the file cannot be written.
    pub fn write(path: &Path, text: &str) -> Result<(), KeyError> {
        let key = Self::parse(text)?;
        if Self::read(path).is_ok_and(|known| known == key) { Ok(()) } else { key.save(path) }
    }

    /// As it is in the file.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(&self.0))
    }

    fn save(&self, path: &Path) -> Result<(), KeyError> {
        let failed = |error| KeyError::Write(path.display().to_string(), error);
        // A temporary file that is renamed: never half written, and with mode 0600 from the beginning.
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        writeln!(file, "{}", self.to_text()).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(path).map_err(|error| failed(error.error))?;
        Ok(())
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_24_to_64_bytes_in_base64() {
        let of = |bytes: usize| format!("{PREFIX}{}", STANDARD.encode(vec![7; bytes]));
        for bytes in [24, 32, 64] {
            assert_eq!(SigningKey::parse(&of(bytes)).unwrap().0.len(), bytes);
        }
        for wrong in [of(23), of(65), of(32).replace(PREFIX, ""), "whsec_".into(), "whsec_ä".into(), String::new()] {
            assert!(SigningKey::parse(&wrong).is_err(), "{wrong}");
        }
        assert_eq!(format!("{:?}", SigningKey::parse(&of(24)).unwrap()), "…");
    }

    #[test]
    fn a_key_file_is_created_once_and_readable_by_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("webhook-secret");
        let made = SigningKey::read_or_create(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(SigningKey::read_or_create(&path).unwrap(), made);
        assert_ne!(SigningKey::read_or_create(&folder.path().join("other")).unwrap(), made);
        // A damaged file is not replaced: receivers still use the old key.
        std::fs::write(&path, "nonsense").unwrap();
        assert!(SigningKey::read_or_create(&path).is_err());
    }
}
