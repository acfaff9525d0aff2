//! How the link to Redis is.

use leptos::prelude::*;

use super::super::page_data::PageData;
use crate::components::{
    icon::{Glyph, Icon},
    reactive::{Erased, memo, part},
    words::ago,
};
use proto::production::views::{ExternalPage, RedisLink, RedisPart};

fn look(link: RedisLink) -> (&'static str, Glyph, &'static str) {
    match link {
        RedisLink::Off => ("", Glyph::Minus, "Redis is not configured"),
        RedisLink::Connecting => ("waiting", Glyph::Clock, "Connecting to Redis"),
        RedisLink::Connected => ("good", Glyph::Check, "Redis is connected"),
        RedisLink::Reconnecting => ("waiting", Glyph::Again, "Redis is away, trying again"),
        RedisLink::Failed => ("bad", Glyph::Bang, "Redis refuses"),
    }
}

pub(super) fn redis_card(data: PageData<ExternalPage>) -> AnyView {
    let redis = memo(move || data.with(|page| Some(page.redis.clone())));
    part(move || {
        let Some(RedisPart { link, address, why, since }) = redis.get() else { return ().into_any() };
        let (tone, glyph, words) = look(link);
        let since = memo(move || ago(data.live.now().since(since)));
        view! {
            <section class="card redis" data-tone=tone aria-labelledby="redis-title">
                <div class="agent-head">
                    <span class="badge"><Icon glyph /></span>
                    <h2 id="redis-title">{words}</h2>
                    {address.map(|address| view! { <span class="mono">{address}</span> }.erased())}
                </div>
                {match link {
                    RedisLink::Off => how().into_any(),
                    _ => view! { <p class="note">"Since "{since}{why.map(|why| format!(": {why}"))}</p> }.erased(),
                }}
            </section>
        }
        .erased()
    })
}

/// What to do where nothing is configured.
fn how() -> AnyView {
    view! {
        <p class="note">
            "Tasks of Celery are seen when Darkroom may read the Redis that its workers use. Write into Darkroom's settings, and start it again:"
        </p>
        <pre class="view-code">"[redis]\nurl = \"redis://127.0.0.1:6379/0\""</pre>
        <p class="note">"Programs without Redis report what they do to "<code>"POST /api/events"</code>", as CloudEvents."</p>
    }
    .into_any()
}
