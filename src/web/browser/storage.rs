//! What a page keeps in the browser, across reloads and shared by the tabs of one browser (`localStorage`).
//!
//! Nothing here fails: where the browser keeps nothing (a private window, storage that is full or forbidden) there is nothing to load,
//! and what is saved lasts as long as the page.

use web_sys::Storage;

/// What is kept under `key`.
pub(super) fn load(key: &str) -> Option<String> {
    storage()?.get_item(key).ok()?
}

/// Keeps `value` under `key`. Whether that could be done.
pub(super) fn save(key: &str, value: &str) -> bool {
    storage().is_some_and(|storage| storage.set_item(key, value).is_ok())
}

/// Forgets what is kept under `key`.
pub(super) fn remove(key: &str) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(key);
    }
}

/// All keys that begin with `prefix`, in no order.
pub(super) fn keys_with(prefix: &str) -> Vec<String> {
    let Some(storage) = storage() else { return Vec::new() };
    let keys = (0..storage.length().unwrap_or_default()).filter_map(|at| storage.key(at).ok()?);
    keys.filter(|key| key.starts_with(prefix)).collect()
}

/// Asking for it may throw where the person forbids sites to keep anything.
fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}
