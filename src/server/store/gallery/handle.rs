//! The store's functions that fill the gallery and find outputs in it.

use futures::{StreamExt, TryStreamExt, future::try_join, stream};
use proto::{
    gallery::{Facet, GalleryId, GalleryOrder, Search},
    limits,
    time::Timestamp,
};

use super::{
    counting::BegunCount,
    facets, lineage,
    model::{FacetTally, GalleryItem, GalleryNeighbours, GalleryRange, Lineage, NewGalleryItem, TaskToIndex},
    news::{self, GalleryNewsPage},
    read, results, to_index, values, write,
};
use crate::store::{MediaFile, Store, StoreError, media::add_file};

/// Errors of all of these: the database cannot be read or written.
impl Store {
    /// At most `limit` kept outputs of finished tasks that are not in the gallery yet, by their tasks, the newest first. After an upgrade these are
    /// all there are.
    pub async fn outputs_to_index(&self, limit: usize) -> Result<Vec<TaskToIndex>, StoreError> {
        self.reading(move |connection| to_index::outputs(connection, limit)).await
    }

    /// Adds outputs in one transaction, so give at most [`limits::GALLERY_PORTION`]. One that is there already stays as it is; one of an earlier
    /// attempt of its task is replaced; one whose task was removed meanwhile is left out. Returns how many were added or replaced.
    pub async fn add_to_gallery(&self, items: Vec<NewGalleryItem>) -> Result<u64, StoreError> {
        self.write(move |transaction| write::add(transaction, &items)).await
    }

    /// Adds a file that no task made. Its bytes must be in the media store. Returns its id.
    pub async fn import_to_gallery(&self, file: MediaFile, item: NewGalleryItem, now: Timestamp) -> Result<Option<GalleryId>, StoreError> {
        let hash = file.hash.clone();
        self.write(move |transaction| {
            add_file(transaction, &file, now)?;
            write::add(transaction, std::slice::from_ref(&item)).map(drop)
        })
        .await?;
        self.gallery_with_file(hash).await
    }

    /// Those of these files that are in the gallery.
    pub async fn gallery_files(&self, hashes: Vec<String>) -> Result<Vec<String>, StoreError> {
        self.reading(move |connection| {
            let mut known = Vec::new();
            for hash in hashes {
                if read::with_file(connection, &hash)?.is_some() {
                    known.push(hash);
                }
            }
            Ok(known)
        })
        .await
    }

    /// The newest output with this file, also one in the trash.
    pub async fn gallery_with_file(&self, hash: String) -> Result<Option<GalleryId>, StoreError> {
        self.reading(move |connection| Ok(read::with_file(connection, &hash)?)).await
    }

    /// A part of the results of a search, at most `limit` and at most [`limits::GALLERY_TILES`].
    pub async fn gallery_page(
        &self,
        search: Search,
        order: GalleryOrder,
        range: GalleryRange,
        limit: usize,
    ) -> Result<Vec<GalleryItem>, StoreError> {
        let handle = self.0.clone();
        self.reading(move |connection| {
            // One state of the database for the numbers of results and for the page.
            let connection = connection.unchecked_transaction()?;
            let parts = match range {
                GalleryRange { offset: 0, .. } | GalleryRange { after: Some(_), .. } => None,
                _ => handle.gallery_counts.parts(&connection, &search, range.upto)?,
            };
            let ids = results::ids(&connection, &search, order, range, parts.as_deref(), limit.min(limits::GALLERY_TILES as usize))?;
            Ok(read::items(&connection, &ids)?)
        })
        .await
    }

    /// How many results a search has; with `upto`: without those that are newer.
    pub async fn gallery_count(&self, search: Search, upto: Option<GalleryId>) -> Result<u64, StoreError> {
        let (handle, readers) = (self.0.clone(), self.readers());
        let begun = self.reading(move |connection| Ok(handle.gallery_counts.begin(connection, &search, upto, readers)?)).await?;
        let (query, parts, known, all_but) = match begun {
            BegunCount::Known(total) => return Ok(total),
            BegunCount::Parts { query, parts, known, all_but } => (query, parts, known, all_but),
        };
        let counts = parts.into_iter().map(|ids| {
            let query = query.clone();
            self.reading(move |connection| Ok(query.count(connection, ids)?))
        });
        // Each holds a thread: no more of them than can read.
        let mut parts: Vec<_> = stream::iter(counts).buffer_unordered(readers).try_collect().await?;
        parts.extend(known);
        Ok(self.0.gallery_counts.finish(query, all_but, parts))
    }

    /// How many results of a search have each value of these facets: at most `limit` values of each, the most frequent first. Exact for a search for
    /// everything, and for at most [`limits::GALLERY_TALLY`] results; otherwise of so many of the newest.
    pub async fn gallery_facets(&self, search: Search, facets: Vec<Facet>, limit: usize) -> Result<FacetTally, StoreError> {
        let total = self.gallery_count(search.clone(), None);
        let counts = self.reading(move |connection| Ok(facets::facets(connection, &search, &facets, limit)?));
        let (total, counts) = try_join(total, counts).await?;
        Ok(facets::tally(counts, total))
    }

    /// An output, also one in the trash. `None`: it is not there (any more).
    pub async fn gallery_item(&self, id: GalleryId) -> Result<Option<GalleryItem>, StoreError> {
        self.reading(move |connection| Ok(read::item(connection, results::raw(id))?)).await
    }

    /// The results of a search that are next to an output, which need not be one of them.
    pub async fn gallery_neighbours(&self, search: Search, id: GalleryId) -> Result<GalleryNeighbours, StoreError> {
        self.reading(move |connection| Ok(read::neighbours(connection, &search, id)?)).await
    }

    /// What an output was made from and what was made from it, [`limits::GALLERY_ANCESTORS`] steps back and [`limits::GALLERY_DESCENDANTS`] forth. Of an
    /// output that is not there: nothing.
    pub async fn gallery_lineage(&self, id: GalleryId) -> Result<Lineage, StoreError> {
        self.reading(move |connection| Ok(lineage::lineage(connection, results::raw(id))?)).await
    }

    /// The values of a facet that begin with `prefix`, each with the number of outputs that have it and are not in the trash: at most `limit` and at
    /// most [`limits::GALLERY_VALUES`], the most frequent first. For models' files the prefix is that of the name without its folder.
    pub async fn gallery_values(&self, facet: Facet, prefix: String, limit: usize) -> Result<Vec<(String, u64)>, StoreError> {
        self.reading(move |connection| Ok(values::most_frequent(connection, facet, &prefix, limit.min(limits::GALLERY_VALUES))?)).await
    }

    /// What happened to outputs after the entry `after`, at most `limit`. `search`: of which they may be results.
    pub async fn gallery_news(&self, search: Search, after: u64, limit: u32) -> Result<GalleryNewsPage, StoreError> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        // One state of the database: otherwise an entry that gets a new number between two reads would be there twice.
        self.reading(move |connection| Ok(news::page(&*connection.unchecked_transaction()?, &search, after, limit)?)).await
    }

    /// The number of the newest entry of what happened, as it rises.
    #[must_use]
    pub fn watch_gallery(&self) -> tokio::sync::watch::Receiver<u64> {
        self.0.shared.gallery_news.subscribe()
    }
}
