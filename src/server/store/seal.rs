//! Encrypts the `extra_data` of tasks, because it may contain API keys: ChaCha20-Poly1305 with a key in a file
//! beside the database, which only its owner can read. Who gets a copy of the database alone gets no keys.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    Key, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use parking_lot::Mutex;
use proto::{comfy::ExtraData, ids::TaskId};
use rand::{TryRngCore, rngs::OsRng};

use super::StoreError;

/// In the data folder, where no other file is named.
pub(super) const FILE: &str = "secret-key";
const KEY_BYTES: usize = 32;
/// A random nonce of this size never repeats.
const NONCE_BYTES: usize = 24;

/// The key, as soon as there is one: it is made with the first extra data.
pub(super) struct Sealer {
    file: PathBuf,
    cipher: Mutex<Option<XChaCha20Poly1305>>,
}

/// The extra data of a task.
#[derive(Clone, Debug, PartialEq)]
pub enum StoredExtra {
    Readable(ExtraData),
    /// It was encrypted with a key that is no longer there.
    Lost,
}

/// What becomes of a task whose extra data is [`StoredExtra::Lost`].
pub const EXTRA_DATA_LOST: &str = "The extra data of this task (such as API keys) can no longer be read: secret-key in Darkroom's data folder is missing or another one. Hand the task in again.";

impl Default for StoredExtra {
    fn default() -> Self {
        Self::Readable(ExtraData::default())
    }
}

impl Sealer {
    /// # Errors
    /// There is a file, and no key in it.
    pub fn open(file: PathBuf) -> Result<Self, StoreError> {
        let cipher = match fs::read_to_string(&file) {
            Ok(text) => Some(cipher(&text).ok_or_else(|| StoreError::Key(file.clone()))?),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(error.into()),
        };
        Ok(Self { file, cipher: Mutex::new(cipher) })
    }

    /// Encrypted for this task only: the bytes are of no use with another. Waits for the disk, the first time.
    ///
    /// # Errors
    /// The key cannot be written.
    pub fn seal(&self, task: TaskId, extra_data: &ExtraData) -> Result<Vec<u8>, StoreError> {
        let plain = serde_json::to_vec(&extra_data.reveal())?;
        let mut nonce = [0; NONCE_BYTES];
        random(&mut nonce)?;
        let mut cipher = self.cipher.lock();
        let cipher = match &mut *cipher {
            Some(cipher) => cipher,
            none => none.insert(self.make()?),
        };
        let payload = Payload { msg: &plain, aad: task.0.as_bytes() };
        let sealed = cipher.encrypt(XNonce::from_slice(&nonce), payload).map_err(|_| StoreError::Sealing)?;
        Ok([&nonce[..], &sealed].concat())
    }

    pub fn unseal(&self, task: TaskId, sealed: &[u8]) -> StoredExtra {
        let plain = self.cipher.lock().as_ref().and_then(|cipher| {
            let (nonce, sealed) = sealed.split_at_checked(NONCE_BYTES)?;
            cipher.decrypt(XNonce::from_slice(nonce), Payload { msg: sealed, aad: task.0.as_bytes() }).ok()
        });
        let extra_data = plain.and_then(|plain| ExtraData::from_value(serde_json::from_slice(&plain).ok()?).ok());
        extra_data.map_or(StoredExtra::Lost, StoredExtra::Readable)
    }

    /// Makes the key and writes its file: never half written, and with mode 0600 from the beginning.
    fn make(&self) -> Result<XChaCha20Poly1305, StoreError> {
        let mut key = [0; KEY_BYTES];
        random(&mut key)?;
        let folder = self.file.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        writeln!(file, "{}", STANDARD.encode(key))?;
        file.as_file().sync_all()?;
        file.persist(&self.file).map_err(|error| error.error)?;
        Ok(XChaCha20Poly1305::new(Key::from_slice(&key)))
    }
}

fn cipher(text: &str) -> Option<XChaCha20Poly1305> {
    let key = STANDARD.decode(text.trim()).ok().filter(|key| key.len() == KEY_BYTES)?;
    Some(XChaCha20Poly1305::new(Key::from_slice(&key)))
}

fn random(bytes: &mut [u8]) -> Result<(), StoreError> {
    OsRng.try_fill_bytes(bytes).map_err(|error| std::io::Error::other(error.to_string()).into())
}
