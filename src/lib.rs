//! Darkroom: a web studio in front of ComfyUI that never loses a generation. Where things are: ARCHITECTURE.md.
//!
//! This package combines the crates below `src/`: the server binary (feature `ssr`) and the WASM client (feature `hydrate`).

pub use proto;
pub use web;
#[cfg(feature = "ssr")]
pub use {client, comfyui, demo, server, webhook};

/// Called by the page's script: the browser takes over the page that the server rendered.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate(base: String) {
    web::hydrate(base);
}

/// Bytes that nothing reads. The tool that splits the WASM lays out the data of each part anew, with padding between them. Where that becomes longer than
/// it was, it leaves the data of all parts in the first load (`DataEmitInfo::new` in `wasm_split_cli_support`). These bytes go into no part, and so make
/// room for the padding.
#[cfg(feature = "hydrate")]
#[used]
static ROOM_FOR_PADDING: [u8; 4096] = [b' '; 4096];
