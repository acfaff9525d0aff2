//! The gallery for pages and programs: searches, single outputs, and changes of many.

use std::sync::Arc;

use proto::{
    gallery::{
        Facet, GalleryActionResult, GalleryChange, GalleryFacets, GalleryId, GalleryOrder, GalleryQuery, GallerySelection, Search,
        SearchCompletion, SearchError, SearchSuggestion, Today, TypedPart, completion_at, fields_beginning,
    },
    limits,
    time::Timestamp,
};
use tokio::sync::Semaphore;

use super::{comfyui_imports::ComfyuiImports, error::GalleryError, names::label};
use crate::{
    clock::now,
    media::MediaLibrary,
    pool::Pool,
    store::{GalleryItem, GalleryNeighbours, GalleryRange, GalleryTarget, Lineage, Store},
};

/// Values that are suggested at once.
const SUGGESTIONS: usize = 12;
/// A word with so many characters may be the beginning of a value; and how many values of each facet are suggested then.
const VALUE_FROM: usize = 2;
const VALUES_OF_FACET: usize = 3;

pub struct Gallery {
    pub(super) store: Store,
    pub(super) media: Arc<MediaLibrary>,
    pub(super) pool: Arc<Pool>,
    /// How many files may be looked into at the same time when they are imported.
    pub(super) looks: Semaphore,
    pub(super) imports: ComfyuiImports,
}

impl Gallery {
    #[must_use]
    pub fn new(store: Store, media: Arc<MediaLibrary>, pool: Arc<Pool>) -> Self {
        Self { store, media, pool, looks: Semaphore::new(limits::IMPORTS), imports: ComfyuiImports::default() }
    }

    /// # Errors
    /// What is wrong in it.
    pub fn search(&self, query: &GalleryQuery) -> Result<Search, SearchError> {
        Search::parse(&query.text, Today { now: now(), utc_offset_minutes: query.utc_offset_minutes })
    }

    /// A part of the results.
    ///
    /// # Errors
    /// `Search` or `Store`.
    pub async fn page(&self, query: &GalleryQuery, range: GalleryRange, limit: u32) -> Result<Vec<GalleryItem>, GalleryError> {
        Ok(self.store.gallery_page(self.search(query)?, query.order, range, limit as usize).await?)
    }

    /// How many results there are up to this output; `None`: in all.
    ///
    /// # Errors
    /// `Search` or `Store`.
    pub async fn count(&self, query: &GalleryQuery, upto: Option<GalleryId>) -> Result<u64, GalleryError> {
        Ok(self.store.gallery_count(self.search(query)?, upto).await?)
    }

    /// The newest result. `None`: there is none.
    ///
    /// # Errors
    /// `Search` or `Store`.
    pub async fn newest(&self, query: &GalleryQuery) -> Result<Option<GalleryId>, GalleryError> {
        let newest = self.store.gallery_page(self.search(query)?, GalleryOrder::Newest, GalleryRange::default(), 1).await?;
        Ok(newest.first().map(|item| item.id))
    }

    /// How many results have each value of each facet, and how many there are in all.
    ///
    /// # Errors
    /// `Search` or `Store`.
    pub async fn facets(&self, query: &GalleryQuery) -> Result<(GalleryFacets, u64), GalleryError> {
        let tally = self.store.gallery_facets(self.search(query)?, Facet::ALL.to_vec(), limits::GALLERY_FACET_VALUES).await?;
        Ok((tally.counts, tally.total))
    }

    /// # Errors
    /// `Unknown` or `Store`.
    pub async fn item(&self, id: GalleryId) -> Result<GalleryItem, GalleryError> {
        self.store.gallery_item(id).await?.ok_or(GalleryError::Unknown)
    }

    /// The results next to one.
    ///
    /// # Errors
    /// `Search` or `Store`.
    pub async fn neighbours(&self, query: &GalleryQuery, id: GalleryId) -> Result<GalleryNeighbours, GalleryError> {
        Ok(self.store.gallery_neighbours(self.search(query)?, id).await?)
    }

    /// # Errors
    /// `Store`.
    pub async fn lineage(&self, id: GalleryId) -> Result<Lineage, GalleryError> {
        Ok(self.store.gallery_lineage(id).await?)
    }

    /// Changes outputs. All is on disk when this returns.
    ///
    /// # Errors
    /// `Change`, `Search` or `Store`.
    pub async fn change(&self, selection: GallerySelection, change: GalleryChange) -> Result<GalleryActionResult, GalleryError> {
        let change = checked(change)?;
        let target = match selection {
            GallerySelection::Ids(ids) if ids.len() > limits::GALLERY_SELECTED => {
                let most = limits::GALLERY_SELECTED;
                return Err(GalleryError::Change(format!(
                    "At most {most} outputs are named at once. Change the results of a search instead."
                )));
            }
            GallerySelection::Ids(ids) => GalleryTarget::Ids(ids),
            GallerySelection::Results { query, upto, except } => GalleryTarget::Results { search: self.search(&query)?, upto, except },
        };
        let is_trashed = change == GalleryChange::Trash;
        let mut result = self.store.change_gallery(target, change, now()).await?;
        if is_trashed {
            result.also_at = self.store.gallery_action_backends(result.action).await?;
        }
        Ok(result)
    }

    /// Makes undone what one change did.
    ///
    /// # Errors
    /// `UnknownAction` or `Store`.
    pub async fn undo(&self, action: u64) -> Result<GalleryActionResult, GalleryError> {
        self.store.undo_gallery(action).await?.ok_or(GalleryError::UnknownAction)
    }

    /// Removes an output that is in the trash, and its file, for good.
    ///
    /// # Errors
    /// `NotInTrash`, `Unknown` or `Store`.
    pub async fn remove(&self, id: GalleryId) -> Result<(), GalleryError> {
        if self.store.purge_gallery_output(id).await? {
            return Ok(());
        }
        self.item(id).await?;
        Err(GalleryError::NotInTrash)
    }

    /// Removes all that is in the trash now, for good. Returns how many outputs there were.
    ///
    /// # Errors
    /// `Store`.
    pub async fn empty_trash(&self) -> Result<u64, GalleryError> {
        Ok(self.store.purge_gallery(Timestamp(now().0 + 1)).await?)
    }

    /// Those of these files that are there, by the SHA-256 of their bytes.
    ///
    /// # Errors
    /// `Store`.
    pub async fn known(&self, hashes: Vec<String>) -> Result<Vec<String>, GalleryError> {
        Ok(self.store.gallery_files(hashes).await?)
    }

    /// What can be written at a place of a search.
    ///
    /// # Errors
    /// `Store`.
    pub async fn complete(&self, text: &str, cursor: u32) -> Result<SearchCompletion, GalleryError> {
        let at = text.char_indices().nth(cursor as usize).map_or(text.len(), |(at, _)| at);
        let completion = completion_at(text, at);
        let choices: Vec<(String, String)> = match &completion.part {
            TypedPart::Other => Vec::new(),
            TypedPart::Name { beginning } => {
                fields_beginning(beginning).map(|field| (field.name.to_owned(), field.help.to_owned())).collect()
            }
            TypedPart::Value { field, beginning } => match field.facet_of() {
                Some(facet) if field.values.is_empty() => {
                    let values = self.store.gallery_values(facet, beginning.clone(), SUGGESTIONS).await?;
                    values.into_iter().map(|(value, count)| (value, count.to_string())).collect()
                }
                _ => {
                    let beginning = beginning.to_lowercase();
                    field
                        .values
                        .iter()
                        .filter(|value| value.starts_with(&beginning))
                        .map(|value| ((*value).to_owned(), String::new()))
                        .collect()
                }
            },
        };
        let is_name = matches!(completion.part, TypedPart::Name { .. });
        let values = match &completion.part {
            TypedPart::Name { beginning } if beginning.chars().count() >= VALUE_FROM => self.values_beginning(beginning).await?,
            _ => Vec::new(),
        };
        let suggestion = |(value, note): (String, String)| {
            let (text, cursor) = completion.insert(text, &value);
            let cursor = u32::try_from(text.get(..cursor).unwrap_or_default().chars().count()).unwrap_or(u32::MAX);
            SearchSuggestion { label: if is_name { format!("{value}:") } else { value }, note, text, cursor }
        };
        let value = |(name, value, count): (&str, String, u64)| {
            let (text, cursor) = completion.insert_term(text, name, &value);
            let cursor = u32::try_from(text.get(..cursor).unwrap_or_default().chars().count()).unwrap_or(u32::MAX);
            SearchSuggestion { label: format!("{name}:{value}"), note: count.to_string(), text, cursor }
        };
        let names = choices.into_iter().map(suggestion);
        Ok(SearchCompletion { suggestions: names.chain(values.into_iter().map(value)).take(SUGGESTIONS).collect() })
    }

    /// What a word may be the beginning of: a field's name, a value, and how many outputs have it.
    async fn values_beginning(&self, beginning: &str) -> Result<Vec<(&'static str, String, u64)>, GalleryError> {
        let mut found = Vec::new();
        for (name, facet) in [("tag", Facet::Tag), ("album", Facet::Album), ("model", Facet::Model), ("lora", Facet::Lora)] {
            let values = self.store.gallery_values(facet, beginning.to_owned(), VALUES_OF_FACET).await?;
            found.extend(values.into_iter().map(|(value, count)| (name, value, count)));
        }
        Ok(found)
    }
}

/// A change that can be made, without spaces around names.
fn checked(change: GalleryChange) -> Result<GalleryChange, GalleryError> {
    Ok(match change {
        GalleryChange::Rating(rating) if rating > 5 => return Err(GalleryError::Change("A rating is a number from 0 to 5.".into())),
        GalleryChange::AddTag(tag) => GalleryChange::AddTag(label(&tag)?),
        GalleryChange::RemoveTag(tag) => GalleryChange::RemoveTag(label(&tag)?),
        GalleryChange::AddToAlbum(album) => GalleryChange::AddToAlbum(label(&album)?),
        GalleryChange::RemoveFromAlbum(album) => GalleryChange::RemoveFromAlbum(label(&album)?),
        change => change,
    })
}
