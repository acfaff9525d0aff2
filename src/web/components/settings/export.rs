//! Copying and downloading text, and local times. Does nothing on the server.

#[cfg(feature = "hydrate")]
use leptos::prelude::*;

/// Saves `text` as a file.
pub(super) fn download(name: &str, text: &str) {
    #[cfg(feature = "hydrate")]
    {
        use wasm_bindgen::JsCast;
        use web_sys::{Blob, HtmlAnchorElement, Url};
        let parts = js_sys::Array::of1(&text.into());
        let url = Blob::new_with_str_sequence(&parts).and_then(|blob| Url::create_object_url_with_blob(&blob));
        let link = document().create_element("a").ok().and_then(|element| element.dyn_into::<HtmlAnchorElement>().ok());
        if let (Ok(url), Some(link)) = (url, link) {
            link.set_href(&url);
            link.set_download(name);
            link.click();
            // By then the browser has started the download.
            set_timeout(move || drop(Url::revoke_object_url(&url)), std::time::Duration::from_secs(10));
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (name, text);
}

/// Minutes to add to UTC to get this browser's local time, at `ms` since 1970.
pub(super) fn utc_offset_minutes(ms: u64) -> i64 {
    #[cfg(feature = "hydrate")]
    {
        let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(ms as f64));
        -(date.get_timezone_offset() as i64)
    }
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = ms;
        0
    }
}

/// "2026-11-20T20:11:03.482Z".
pub(super) fn utc(ms: u64) -> String {
    #[cfg(feature = "hydrate")]
    {
        js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(ms as f64)).to_iso_string().into()
    }
    #[cfg(not(feature = "hydrate"))]
    ms.to_string()
}
