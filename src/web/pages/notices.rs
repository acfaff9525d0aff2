//! Notifications of the system. Their code is loaded when they are switched on.

use futures::FutureExt;
use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};

use crate::{
    components::{memo, start_notices},
    live::{Live, use_live},
};

/// Starts them when the preference is switched on.
pub fn provide_notices() {
    let live = use_live();
    let wanted = memo(move || live.preferences().notify);
    Effect::new(move |_| {
        if wanted.get() {
            spawn_local(async move {
                if load_notices().await.is_ok()
                    && let Some(Ok(start)) = start().now_or_never()
                {
                    start(live);
                }
            });
        }
    });
}

#[wasm_split(notices, wasm_split_path = leptos::wasm_split, preload(load_notices), fallible)]
fn start() -> Result<fn(Live), SplitLoaderError> {
    Ok(start_notices)
}
