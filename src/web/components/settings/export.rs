//! Taking text out of the page, and times as this browser tells them. On the server there is nothing to take.

#[cfg(feature = "hydrate")]
use leptos::prelude::*;

/// Puts `text` on the clipboard. `then` is told whether that could be done: a browser may forbid it, and does so outside of HTTPS.
pub(super) fn copy(text: String, then: impl FnOnce(bool) + 'static) {
    #[cfg(feature = "hydrate")]
    {
        let navigator = window().navigator();
        if js_sys::Reflect::get(&navigator, &"clipboard".into()).is_ok_and(|clipboard| clipboard.is_object()) {
            let copied = navigator.clipboard().write_text(&text);
            leptos::task::spawn_local(async move { then(wasm_bindgen_futures::JsFuture::from(copied).await.is_ok()) });
        } else {
            then(false);
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (text, then);
}

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
            // The browser has taken it by then.
            set_timeout(move || drop(Url::revoke_object_url(&url)), std::time::Duration::from_secs(10));
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (name, text);
}

/// Minutes to add to UTC for the time of this browser, at `ms` since 1970.
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
