//! A production for other programs: its current takes as an edit list (CMX 3600), an OpenTimelineIO timeline, or a table.

mod cut;
mod edl;
mod otio;
mod table;
mod timecode;

pub use self::{
    cut::{CutClip, CutList, CutTake},
    edl::edl,
    otio::otio,
    table::table,
    timecode::FrameRate,
};
