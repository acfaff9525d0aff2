//! Notifications of the system about tasks that end while the page is hidden.

use std::sync::atomic::{AtomicU32, Ordering};

use leptos::prelude::*;

use crate::live::{Live, LiveMessage, ToastKind};
use proto::task::{Change, TaskState};

/// Shows them from now on, as long as the preference is on. Asks for the permission of the browser first; without it the preference goes off.
pub fn start_notices(live: Live) {
    // Ends since the page was seen last: several are one notification.
    let ends = AtomicU32::new(0);
    live.on_notices(move |message| {
        if !system::is_hidden() {
            ends.store(0, Ordering::Relaxed);
            return;
        }
        let LiveMessage::Change(numbered) = message else { return };
        let Change::TaskEnded { task, .. } = &numbered.change else { return };
        if !live.preferences_untracked().notify {
            return;
        }
        let count = ends.fetch_add(1, Ordering::Relaxed) + 1;
        let one = untrack(|| live.with_task(*task, |task| (task.name.clone(), task.state)));
        if let Some((name, state)) = one {
            system::notify(&title(count, &name, state), &if count > 1 { title(1, &name, state) } else { String::new() });
        }
    });
    system::ask(move |granted| {
        if !granted {
            live.set_preferences(proto::preferences::Preferences { notify: false, ..live.preferences_untracked() });
            let why = "This browser does not allow Darkroom to show them. Allow notifications for this address, and switch them on again.";
            live.toast(ToastKind::Bad, "No notifications", why, None);
        }
    });
}

fn title(count: u32, name: &str, state: TaskState) -> String {
    match (count, state) {
        (2.., _) => format!("{count} tasks have ended"),
        (_, TaskState::Completed) => format!("{name} is done"),
        (_, TaskState::Failed) => format!("{name} failed"),
        _ => format!("{name} was cancelled"),
    }
}

#[cfg(feature = "hydrate")]
mod system {
    use leptos::{task::spawn_local, web_sys};
    use wasm_bindgen::JsCast;
    use web_sys::{Notification, NotificationOptions, NotificationPermission};

    /// A newer notification takes the place of an older one.
    const TAG: &str = "darkroom";

    pub fn is_hidden() -> bool {
        leptos::prelude::document().hidden()
    }

    /// `then` is called with whether notifications may be shown.
    pub fn ask(then: impl FnOnce(bool) + 'static) {
        // Browsers have none outside of HTTPS.
        if js_sys::Reflect::get(&leptos::prelude::window(), &"Notification".into()).is_ok_and(|class| class.is_undefined()) {
            return then(false);
        }
        match Notification::permission() {
            NotificationPermission::Granted => then(true),
            NotificationPermission::Denied => then(false),
            _ => {
                let Ok(asked) = Notification::request_permission() else { return then(false) };
                spawn_local(async move {
                    let answer = wasm_bindgen_futures::JsFuture::from(asked).await;
                    then(answer.ok().and_then(|answer| answer.as_string()).as_deref() == Some("granted"));
                });
            }
        }
    }

    pub fn notify(title: &str, body: &str) {
        let options = NotificationOptions::new();
        options.set_tag(TAG);
        options.set_body(body);
        // Some browsers on phones take none from a page: the title of the page shows it nevertheless.
        let Ok(shown) = Notification::new_with_options(title, &options) else { return };
        let clicked = wasm_bindgen::closure::Closure::once_into_js(|| {
            let _ = leptos::prelude::window().focus();
        });
        shown.set_onclick(clicked.dyn_ref());
    }
}

#[cfg(not(feature = "hydrate"))]
mod system {
    pub fn is_hidden() -> bool {
        false
    }

    pub fn ask(_then: impl FnOnce(bool) + 'static) {}

    pub fn notify(_title: &str, _body: &str) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_task_is_named_and_several_are_counted() {
        assert_eq!(title(1, "Lighthouse", TaskState::Completed), "Lighthouse is done");
        assert_eq!(title(1, "Lighthouse", TaskState::Failed), "Lighthouse failed");
        assert_eq!(title(3, "Lighthouse", TaskState::Completed), "3 tasks have ended");
    }
}
