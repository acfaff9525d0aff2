//! Outputs outlive their ComfyUI.

mod backup;
mod bucket;
mod delivery;
mod failing;
mod full_disk;
mod kept;
mod limits;
mod removal;
mod socket;
