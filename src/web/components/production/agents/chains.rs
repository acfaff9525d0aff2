//! To whom works were handed on.

use leptos::prelude::*;

use super::super::page_data::PageData;
use crate::components::{
    icon::{Glyph, Icon},
    reactive::{Erased, memo, part},
    words::ago,
};
use proto::production::views::{AgentsPage, HandoffChain};

const ARROW: Glyph = Glyph::Path("M4 10h11M11 6l4 4-4 4");

pub(super) fn chains(data: PageData<AgentsPage>) -> AnyView {
    let chains = memo(move || data.with(|page| page.chains.clone()));
    let step = |(nth, agent): (usize, String)| {
        view! {
            <li>
                {(nth > 0).then(|| view! { <Icon glyph=ARROW /> })}
                <span>{agent}</span>
            </li>
        }
        .erased()
    };
    let chain = move |HandoffChain { task_id, agents, at }: HandoffChain| {
        let since = memo(move || ago(data.live.now().since(at)));
        view! {
            <li class="handoff">
                <div class="handoff-head"><span class="mono">{task_id}</span><span class="note">{since}</span></div>
                <ol class="handoff-steps">{agents.into_iter().enumerate().map(step).collect_view()}</ol>
            </li>
        }
        .erased()
    };
    view! {
        <section class="card" aria-labelledby="handoffs-title">
            <h2 id="handoffs-title">"Handed on"</h2>
            <ul class="handoffs">{part(move || chains.get().into_iter().map(chain).collect_view().into_any())}</ul>
        </section>
    }
    .erased()
}
