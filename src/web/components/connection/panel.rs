//! The panel behind the chip: the link's state and since when, the time to the next try, round trips, and every backend.

use leptos::prelude::*;

use super::{
    backends::Backends,
    sparkline::Sparkline,
    words::{meaning, quality, reload_label, retry_label, title, until_next_try},
};
use crate::components::reactive::{Erased, When, listener, memo};
use crate::{
    components::words::whole,
    live::{hooks::use_connection, use_live},
};
use proto::{link::LinkState, task::Backend};

/// The panel, shown under the chip.
#[component]
pub(crate) fn ConnectionPanel() -> impl IntoView {
    let live = use_live();
    let link = use_connection();
    let status = link.status;
    let connection = memo(move || live.connection());
    let head = memo(move || title(&status.state()));
    let means = memo(move || {
        let backends = live.backends();
        let is_stuck = matches!(status.state(), LinkState::Connected) && !backends.is_empty() && !backends.iter().any(Backend::takes_tasks);
        if is_stuck {
            return "Everything on this page is live, but no ComfyUI can be reached: tasks wait.".to_owned();
        }
        connection.with(|connection| meaning(connection, live.now(), live.preferences().poll_every_ms))
    });
    let since = memo(move || whole(live.now().since(status.since())));
    let heard = memo(move || whole(live.now().since(link.last_message())));
    let failed = memo(move || matches!(status.state(), LinkState::Failed { .. }));
    let waits = memo(move || matches!(status.state(), LinkState::Disconnected) || status.next_try().is_some());
    let old = memo(move || !matches!(status.state(), LinkState::Connected | LinkState::Polling { .. }));
    let trip = memo(move || {
        connection.with(|connection| {
            let last = connection.round_trips.last()?;
            Some(format!("{} ms, {}", last / 1000, quality(&connection.round_trips)?))
        })
    });

    view! {
        <section class="panel card" aria-label="Connection">
            <div class="panel-head">
                <div>
                    <h2>{head}</h2>
                    <p class="note">{means}</p>
                </div>
                <Countdown />
            </div>
            <When holds=waits>
                <button type="button" class="button" on:click=listener(move |_| link.retry_now())>
                    {memo(move || retry_label(&status.state()))}
                </button>
            </When>
            // Reloading instead of retrying: the same hello would be refused again.
            <When holds=failed><a class="button" href="" rel="external">{memo(move || connection.with(reload_label))}</a></When>
            <dl class="facts">
                <div><dt>"In this state for"</dt><dd>{since}</dd></div>
                <div><dt>"Last message"</dt><dd>{heard}" ago"</dd></div>
                <div>
                    <dt>"Round trip"</dt>
                    <dd class="trip">
                        {memo(move || trip.get().unwrap_or_else(|| "not measured yet".into()))}
                        <Sparkline values=Signal::derive(move || connection.with(|connection| connection.round_trips.clone())) />
                    </dd>
                </div>
            </dl>
            <When holds=old><p class="note">"As it was "{heard}" ago:"</p></When>
            <Backends />
        </section>
    }
    .erased()
}

/// A ring that empties until the next try, with the remaining seconds in it.
#[component]
fn Countdown() -> impl IntoView {
    let live = use_live();
    let left = memo(move || until_next_try(&live.connection(), live.now()));
    let share = memo(move || {
        let connection = live.connection();
        let all = connection.next_try.map_or(1, |at| at.since(connection.since)).max(1);
        let left = left.get().unwrap_or_default().min(all);
        format!("{} 100", left * 100 / all)
    });
    view! {
        <When holds=memo(move || left.get().is_some())>
            <div class="countdown" role="img" aria-label=memo(move || format!("Next try in {}", whole(left.get().unwrap_or_default())))>
                <svg viewBox="0 0 44 44" aria-hidden="true">
                    <circle class="track" cx="22" cy="22" r="19" />
                    <circle class="rest" cx="22" cy="22" r="19" pathLength="100" stroke-dasharray=share />
                </svg>
                <span aria-hidden="true">{memo(move || (left.get().unwrap_or_default() / 1000).to_string())}</span>
            </div>
        </When>
    }
    .erased()
}
