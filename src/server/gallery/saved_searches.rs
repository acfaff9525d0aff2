//! Searches that people keep under a name.

use proto::{
    gallery::{GalleryQuery, SavedSearch},
    limits,
};

use super::{error::GalleryError, library::Gallery, names::label};
use crate::clock::now;

impl Gallery {
    /// All of them, the oldest first.
    ///
    /// # Errors
    /// `Store`.
    pub async fn saved_searches(&self) -> Result<Vec<SavedSearch>, GalleryError> {
        Ok(self.store.gallery_searches().await?)
    }

    /// # Errors
    /// `Search`: it means nothing. `Change`: its name is of no use, it is empty, or there are too many. `Store`.
    pub async fn save_search(&self, name: String, text: String) -> Result<SavedSearch, GalleryError> {
        let (name, text) = (label(&name)?, text.trim().to_owned());
        if text.is_empty() {
            return Err(GalleryError::Change("Search for something first: this is everything.".into()));
        }
        self.search(&GalleryQuery { text: text.clone(), ..GalleryQuery::default() })?;
        if self.store.gallery_searches().await?.iter().any(|saved| saved.name == name) {
            return Err(GalleryError::Change(format!(
                "There is a saved search named {name} already. Choose another name, or remove that one first."
            )));
        }
        let full = || {
            let most = limits::GALLERY_SEARCHES;
            GalleryError::Change(format!("There are {most} saved searches already. Remove one first."))
        };
        self.store.add_gallery_search(name, text, now()).await?.ok_or_else(full)
    }

    /// Also when it is not there any more.
    ///
    /// # Errors
    /// `Store`.
    pub async fn remove_saved_search(&self, id: i64) -> Result<(), GalleryError> {
        self.store.remove_gallery_search(id).await?;
        Ok(())
    }
}
