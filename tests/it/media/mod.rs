//! Outputs outlive their ComfyUI.

mod backup;
mod bucket;
mod delivery;
mod failing;
mod kept;
mod limits;
mod removal;
mod socket;
