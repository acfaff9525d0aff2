//! The sentences.

use leptos::{ev, prelude::*};

use super::super::page_data::PageData;
use crate::{
    base_path::with_base,
    components::{
        dom,
        icon::{Glyph, Icon},
        reactive::{Erased, listener, memo, part, rows},
        words::{ago, count},
    },
};
use proto::production::{
    Moment,
    views::{ActivityKind, ActivityLine, ActivityPage, ActivityQuery},
};

/// What is shown, and what came since. Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct ReadLines {
    pub shown: RwSignal<Vec<ActivityLine>>,
    of: StoredValue<Option<ActivityQuery>>,
    waiting: RwSignal<Vec<ActivityLine>>,
}

impl ReadLines {
    pub fn new() -> Self {
        Self { shown: RwSignal::default(), of: StoredValue::new(None), waiting: RwSignal::default() }
    }

    /// The lines as they are now. They are shown at once where nothing that is read would move: at the top, and of another part of the history.
    pub fn offer(self, of: ActivityQuery, lines: Vec<ActivityLine>, is_at_top: bool) {
        let is_same = self.of.get_value() == Some(of);
        self.of.set_value(Some(of));
        if is_same && !is_at_top && self.shown.with_untracked(|shown| !shown.is_empty()) {
            self.waiting.set(lines);
        } else {
            self.show(lines);
        }
    }

    fn show(self, lines: Vec<ActivityLine>) {
        self.waiting.set(Vec::new());
        if self.shown.with_untracked(|shown| *shown != lines) {
            self.shown.set(lines);
        }
    }

    /// How many came since.
    fn newer(self) -> usize {
        let newest = self.shown.with(|shown| shown.first().map(|line| line.number)).unwrap_or_default();
        self.waiting.with(|waiting| waiting.iter().filter(|line| line.number > newest).count())
    }
}

fn glyph(kind: ActivityKind) -> Glyph {
    match kind {
        ActivityKind::All | ActivityKind::Plan => Glyph::Lines,
        ActivityKind::Takes => Glyph::Picture,
        ActivityKind::Agents => Glyph::Spark,
        ActivityKind::Story => Glyph::Play,
        ActivityKind::Assets => Glyph::Brush,
        ActivityKind::Outside => Glyph::File,
    }
}

pub(super) fn lines(data: PageData<ActivityPage>, read: ReadLines) -> AnyView {
    let keys = memo(move || read.shown.with(|lines| lines.iter().map(|line| u128::from(line.number)).collect::<Vec<_>>()));
    let none = memo(move || keys.with(Vec::is_empty));
    let newer = memo(move || read.newer());
    let show = move |_: ev::MouseEvent| {
        let waiting = read.waiting.get_untracked();
        read.show(waiting);
        dom::scroll_to_top();
        dom::focus("activity-list");
    };
    let row = move |key: u128| {
        let line = read.shown.with_untracked(|lines| lines.iter().find(|line| u128::from(line.number) == key).cloned());
        line.map(|line| row(data, line)).into_any()
    };
    view! {
        <div class="activity-new" role="status">
            {part(move || match newer.get() {
                0 => ().into_any(),
                new => view! {
                    <button type="button" class="button" on:click=listener(show)>{format!("Show {}", count(new, "new event", "new events"))}</button>
                }.erased(),
            })}
        </div>
        {part(move || if none.get() {
            view! {
                <section class="card view-empty">
                    <h2>"Nothing of this kind happened"</h2>
                    <p class="note">"Events are kept for at least a day, and the newest 100,000 of a project for longer."</p>
                </section>
            }.erased()
        } else {
            ().into_any()
        })}
        <ol class="activity" id="activity-list" tabindex="-1" aria-label="What happened">{rows(keys, row)}</ol>
    }
    .into_any()
}

fn row(data: PageData<ActivityPage>, line: ActivityLine) -> AnyView {
    let ActivityLine { number, at, kind, sentence, href, is_bad } = line;
    let since = memo(move || ago(data.live.now().since(at)));
    let exact = Moment(at).to_string();
    view! {
        <li class="activity-line" data-tone=if is_bad { "bad" } else { "" }>
            <span class="badge"><Icon glyph=if is_bad { Glyph::Bang } else { glyph(kind) } /></span>
            <p class="activity-words">
                {match href {
                    Some(href) => view! { <a href=with_base(&href)>{sentence}</a> }.erased(),
                    None => view! { <span>{sentence}</span> }.erased(),
                }}
            </p>
            <p class="note"><time datetime=exact.clone() title=exact>{since}</time>" · "{number.to_string()}</p>
        </li>
    }
    .erased()
}
