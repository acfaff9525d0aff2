//! The outputs of a selection, part by part.

use std::collections::HashSet;

use proto::{
    gallery::{GalleryId, GalleryQuery, GallerySelection},
    limits,
};

use crate::{
    gallery::{Gallery, GalleryError},
    store::{GalleryItem, GalleryRange},
};

/// One of the selected outputs.
pub(super) enum SelectedOutput {
    Output(Box<GalleryItem>),
    /// It is not there (any more).
    Gone(GalleryId),
}

/// What of a selection is still to be read, the newest first.
pub(super) enum SelectedOutputs {
    Ids(std::vec::IntoIter<GalleryId>),
    Results { query: GalleryQuery, range: GalleryRange, except: HashSet<GalleryId> },
}

impl SelectedOutputs {
    pub(super) fn of(selection: GallerySelection) -> Self {
        match selection {
            GallerySelection::Ids(mut ids) => {
                ids.sort_unstable();
                ids.dedup();
                ids.reverse();
                Self::Ids(ids.into_iter())
            }
            GallerySelection::Results { query, upto, except } => {
                let range = GalleryRange { upto: Some(upto), ..GalleryRange::default() };
                Self::Results { query, range, except: except.into_iter().collect() }
            }
        }
    }

    /// The next outputs, at most [`limits::EXPORT_PORTION`]. None: there are no more.
    ///
    /// # Errors
    /// `Search` or `Store`.
    pub(super) async fn next(&mut self, gallery: &Gallery) -> Result<Vec<SelectedOutput>, GalleryError> {
        match self {
            Self::Ids(ids) => {
                let mut part = Vec::new();
                for id in ids.take(limits::EXPORT_PORTION as usize) {
                    part.push(match gallery.item(id).await {
                        Ok(item) => SelectedOutput::Output(Box::new(item)),
                        Err(GalleryError::Unknown) => SelectedOutput::Gone(id),
                        Err(error) => return Err(error),
                    });
                }
                Ok(part)
            }
            Self::Results { query, range, except } => loop {
                let items = gallery.page(query, *range, limits::EXPORT_PORTION).await?;
                let Some(last) = items.last() else { return Ok(Vec::new()) };
                range.after = Some(last.id);
                let part: Vec<_> = items.into_iter().filter(|item| !except.contains(&item.id)).collect();
                if !part.is_empty() {
                    return Ok(part.into_iter().map(|item| SelectedOutput::Output(Box::new(item))).collect());
                }
            },
        }
    }
}
