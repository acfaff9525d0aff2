//! Signing out, on servers that require signing in.

use leptos::prelude::*;

use crate::first_paint::FirstPaint;
use crate::{base_path::with_base, components::reactive::Erased};

/// Nothing on servers without sign-in. A plain form, which works without JavaScript.
#[component]
pub(super) fn SessionPanel() -> impl IntoView {
    let signed_in = with_context::<FirstPaint, _>(|first| first.signed_in).unwrap_or_default();
    signed_in.then(|| {
        view! {
            <form class="card session" method="post" action=with_base("/sign-out") aria-labelledby="settings-session">
                <h2 id="settings-session">"Session"</h2>
                <p class="note">"This browser is signed in. Signing out ends that in all of its tabs; what waits to be sent is kept."</p>
                <button type="submit" class="button">"Sign out"</button>
            </form>
        }
        .erased()
    })
}
