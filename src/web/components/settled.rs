//! Questions to the server about what a person is typing.

use std::{future::Future, time::Duration};

use leptos::{prelude::*, task::spawn_local};

/// After so long without a change the question is asked.
const PAUSE: Duration = Duration::from_millis(500);

/// Asks when what `follow` subscribes to has not changed for a moment. `ask` makes the request, or none where there is nothing to ask. `answered` gets the
/// answer to the newest question only, and none after the caller's part of the page is gone.
pub(crate) fn ask_when_settled<T: Send + Sync + 'static, F: Future<Output = T> + 'static>(
    follow: impl Fn() + 'static,
    ask: impl Fn() -> Option<F> + Clone + 'static,
    answered: Callback<T>,
) {
    let asked = StoredValue::new(0_u32);
    Effect::new(move |_| {
        follow();
        let number = asked.try_update_value(|asked| {
            *asked += 1;
            *asked
        });
        let ask = ask.clone();
        let when_settled = move || {
            let Some(request) = untrack(ask) else { return };
            spawn_local(async move {
                let answer = request.await;
                if asked.try_get_value() == number {
                    answered.try_run(answer);
                }
            });
        };
        if let Ok(timer) = set_timeout_with_handle(when_settled, PAUSE) {
            on_cleanup(move || timer.clear());
        }
    });
}
