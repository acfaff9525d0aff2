//! localStorage: kept across reloads, shared by the tabs of a browser.
//!
//! Nothing here fails. Where storage is full or forbidden (a private window), `load` gives nothing and `save` returns false.

use web_sys::Storage;

/// The value of `key`.
pub(crate) fn load(key: &str) -> Option<String> {
    storage()?.get_item(key).ok()?
}

/// Returns whether the value was stored.
pub(crate) fn save(key: &str, value: &str) -> bool {
    storage().is_some_and(|storage| storage.set_item(key, value).is_ok())
}

pub(crate) fn remove(key: &str) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(key);
    }
}

/// All keys that begin with `prefix`, in no order.
pub(crate) fn keys_with(prefix: &str) -> Vec<String> {
    let Some(storage) = storage() else { return Vec::new() };
    let keys = (0..storage.length().unwrap_or_default()).filter_map(|at| storage.key(at).ok()?);
    keys.filter(|key| key.starts_with(prefix)).collect()
}

/// Access may throw where the person forbids sites to store data.
fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}
