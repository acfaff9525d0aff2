//! The types of the gallery's rows.

use std::sync::Arc;

use proto::{
    comfy::Workflow,
    gallery::{GalleryFacets, GalleryId, OutputFacts, Search},
    ids::TaskId,
    task::Task,
    time::Timestamp,
};

use crate::store::{CopyKey, MediaFile};

/// A finished task with outputs that are kept, and that are not in the gallery yet.
#[derive(Clone, Debug)]
pub struct TaskToIndex {
    /// `None`: it cannot be read, so that nothing is known of its outputs.
    pub task: Option<(Task, Arc<Workflow>)>,
    pub outputs: Vec<OutputToIndex>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputToIndex {
    pub key: CopyKey,
    pub file: MediaFile,
}

/// An output that is to be in the gallery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGalleryItem {
    /// `None`: an imported file. Of those, each hash is taken once.
    pub key: Option<CopyKey>,
    pub created_at: Timestamp,
    /// The SHA-256 of its bytes, in hexadecimal digits: the name in the media store.
    pub hash: String,
    /// `None`: it cannot be in the gallery, and is not offered again.
    pub facts: Option<OutputFacts>,
}

/// An output of the gallery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GalleryItem {
    pub id: GalleryId,
    /// `None`: an imported file. The task may have been removed.
    pub task: Option<TaskId>,
    pub output: u32,
    pub attempt: u32,
    /// `bytes` is 0 while the file is missing and is to be copied again.
    pub file: MediaFile,
    pub created_at: Timestamp,
    pub facts: OutputFacts,
    pub star: bool,
    /// 0 (none) to 5.
    pub rating: u8,
    /// In alphabetical order.
    pub tags: Vec<String>,
    pub albums: Vec<String>,
    pub deleted_at: Option<Timestamp>,
}

/// A part of the results of a search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GalleryRange {
    /// The last output of the page before: only those after it, in the order of the list.
    pub after: Option<GalleryId>,
    /// Newer outputs are left out.
    pub upto: Option<GalleryId>,
    /// So many of these are passed over first.
    pub offset: u64,
    /// How many there are up to `upto`, where that is known: places in the second half are then reached from the end.
    pub total: Option<u64>,
}

/// The results of a search that are next to one of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GalleryNeighbours {
    pub newer: Option<GalleryId>,
    pub older: Option<GalleryId>,
}

/// Which outputs are to be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GalleryTarget {
    Ids(Vec<GalleryId>),
    /// All results of a search up to this output, except some.
    Results {
        search: Search,
        upto: GalleryId,
        except: Vec<GalleryId>,
    },
}

/// How many results of a search have each value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FacetTally {
    pub counts: GalleryFacets,
    /// All results, also those that were not tallied.
    pub total: u64,
}

/// What an output was made from and what was made from it, some steps back and forth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lineage {
    /// The output itself is the first. Each is there once, in the generation that is nearest to it; at most
    /// [`GALLERY_GENERATION`](proto::limits::GALLERY_GENERATION) of one.
    pub members: Vec<LineageMember>,
    /// From a source to what was made from it, as places in `members`. Each leads to a later generation, so that there is no circle.
    pub edges: Vec<(usize, usize)>,
    /// What the generations have more.
    pub left_out: Vec<LineageRest>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineageMember {
    /// 0: the output; below: what it was made from, so many steps before; above: what was made from it.
    pub generation: i8,
    pub source: GallerySource,
}

/// What a generation has more than its members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineageRest {
    pub generation: i8,
    pub count: u64,
    /// The newest of these outputs, at most [`GALLERY_LINEAGE`](proto::limits::GALLERY_LINEAGE).
    pub outputs: Vec<GalleryItem>,
}

/// A picture that an output was made from, or an output made from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GallerySource {
    /// Of several outputs of the same bytes, the newest before what was made from it.
    Output(Box<GalleryItem>),
    /// A picture that people gave, by its hash.
    Picture(String),
    /// It is not there any more.
    Gone(String),
}
