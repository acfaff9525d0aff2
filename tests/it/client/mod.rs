//! `darkroom::client` over real sockets: a workflow run to its end, straight at a ComfyUI and through a Darkroom, whatever goes wrong on
//! the way.

mod command;
mod direct;
mod link;
mod through;
mod watched;
