//! `darkroom::client` over real sockets: runs a workflow directly on a ComfyUI and through a Darkroom, with all kinds of faults.

mod command;
mod link;
mod locked;
mod outputs;
mod via_comfyui;
mod via_darkroom;
mod watched;
