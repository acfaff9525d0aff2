//! Reads and writes wildcards.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use parking_lot::Mutex;
use sha2::{Digest, Sha256};

use super::{
    WildcardError,
    scan::{ENDING, scan},
};
use proto::{
    limits,
    prompts::{PromptTemplate, WildcardFile, WildcardName, WildcardText, Wildcards},
};

/// The folder, on the disk.
#[derive(Clone)]
pub struct WildcardFolder {
    root: Arc<Path>,
    /// Held while one is changed: two changes of one text must not both begin at the same revision.
    changing: Arc<Mutex<()>>,
}

impl WildcardFolder {
    /// `data`: the data folder.
    #[must_use]
    pub fn new(data: &Path) -> Self {
        Self { root: data.join("wildcards").into(), changing: Arc::default() }
    }

    /// All, by name.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub async fn list(&self) -> Result<Vec<WildcardFile>, WildcardError> {
        self.blocking(|this| Ok(scan(&this.root)?)).await
    }

    /// One with its text.
    ///
    /// # Errors
    /// `Unknown`, `TooLarge` or `Io`.
    pub async fn read(&self, name: WildcardName) -> Result<WildcardText, WildcardError> {
        self.blocking(move |this| this.read_now(&name)).await
    }

    /// Writes one, if its text is still that of `revision`. `None`: it must not be there yet. Returns the new revision.
    ///
    /// # Errors
    /// See [`WildcardError`].
    pub async fn write(&self, name: WildcardName, text: String, revision: Option<String>) -> Result<WildcardText, WildcardError> {
        self.blocking(move |this| this.write_now(&name, text, revision.as_deref())).await
    }

    /// Removes one, and folders that are empty then.
    ///
    /// # Errors
    /// `Unknown` or `Io`.
    pub async fn remove(&self, name: WildcardName) -> Result<(), WildcardError> {
        self.blocking(move |this| {
            let _changing = this.changing.lock();
            let path = this.path(&name);
            fs::remove_file(&path).map_err(|error| not_there(error, &name))?;
            for folder in path.ancestors().skip(1).take_while(|folder| *folder != &*this.root) {
                // One that has other files stays.
                if fs::remove_dir(folder).is_err() {
                    break;
                }
            }
            Ok(())
        })
        .await
    }

    /// What these templates need. One that cannot be read as a template has none: that is found out when it is resolved.
    ///
    /// # Errors
    /// `TooMuch`, `TooLarge`, `Value` or `Io`.
    pub async fn for_templates(&self, templates: Vec<String>) -> Result<Wildcards, WildcardError> {
        if templates.iter().all(|text| !text.contains("__")) {
            return Ok(Wildcards::default());
        }
        self.blocking(move |this| {
            let mut wildcards = Wildcards::new(scan(&this.root)?.into_iter().map(|file| file.name));
            for template in templates.iter().filter_map(|text| PromptTemplate::parse(text).ok()) {
                wildcards.want(&template);
            }
            let mut left = limits::WILDCARDS_READ;
            while let Some(name) = wildcards.wanted() {
                let Ok(name) = name.parse::<WildcardName>() else { continue };
                let text = match this.read_now(&name) {
                    Ok(file) => file.text,
                    // Removed meanwhile.
                    Err(WildcardError::Unknown(_)) => continue,
                    Err(error) => return Err(error),
                };
                left = left.checked_sub(text.len() as u64).ok_or(WildcardError::TooMuch)?;
                wildcards.add(name.as_str(), &text)?;
            }
            Ok(wildcards)
        })
        .await
    }

    fn path(&self, name: &WildcardName) -> PathBuf {
        self.root.join(format!("{name}.{ENDING}"))
    }

    fn read_now(&self, name: &WildcardName) -> Result<WildcardText, WildcardError> {
        let path = self.path(name);
        let facts = fs::metadata(&path).map_err(|error| not_there(error, name))?;
        if !facts.is_file() {
            return Err(WildcardError::Unknown(name.to_string()));
        }
        if facts.len() > limits::WILDCARD {
            return Err(WildcardError::TooLarge);
        }
        let bytes = fs::read(&path).map_err(|error| not_there(error, name))?;
        let text = String::from_utf8_lossy(&bytes);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
        Ok(WildcardText { name: name.to_string(), revision: revision(&bytes), text })
    }

    fn write_now(&self, name: &WildcardName, text: String, read: Option<&str>) -> Result<WildcardText, WildcardError> {
        if text.len() as u64 > limits::WILDCARD {
            return Err(WildcardError::TooLarge);
        }
        Wildcards::default().add(name.as_str(), &text)?;
        let _changing = self.changing.lock();
        let now = match self.read_now(name) {
            Ok(file) => Some(file.revision),
            Err(WildcardError::Unknown(_)) => None,
            Err(error) => return Err(error),
        };
        if now.as_deref() != read {
            return Err(match now {
                None => WildcardError::Unknown(name.to_string()),
                Some(_) => WildcardError::Conflict(name.to_string()),
            });
        }
        if now.is_none() && scan(&self.root)?.len() >= limits::WILDCARDS {
            return Err(WildcardError::Full);
        }
        let path = self.path(name);
        let folder = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder)?;
        // Complete under its name, or as it was.
        let file = tempfile::NamedTempFile::new_in(folder)?;
        fs::write(file.path(), &text)?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|error| error.error)?;
        Ok(WildcardText { name: name.to_string(), revision: revision(text.as_bytes()), text })
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, WildcardError> + Send + 'static,
    ) -> Result<T, WildcardError> {
        let this = self.clone();
        tokio::task::spawn_blocking(move || work(&this)).await.unwrap_or(Err(WildcardError::Stopping))
    }
}

fn not_there(error: io::Error, name: &WildcardName) -> WildcardError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => WildcardError::Unknown(name.to_string()),
        _ => error.into(),
    }
}

fn revision(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
