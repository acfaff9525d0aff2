//! What is said of the take that is shown: approved, or made again, with a note and a drawing.

use leptos::{ev, prelude::*};
use serde_json::Value;

use super::{
    super::{
        page_data::{PageData, send, trouble_part},
        words::take_review_words,
    },
    drawing::color_word,
    player::Player,
    review_draft::ReviewDrafts,
};
use crate::{
    api::change_production,
    base_path::with_base,
    components::{
        icon::{Glyph, Icon},
        reactive::{Erased, When, listener, memo, part, truth},
        words::{capitalized, count},
    },
    live::ToastKind,
};
use proto::production::{DrawnColor, ProjectId, Take, TakeReview, views::DailiesPage};

/// A review as it is shown: its tone, icon and words.
pub(super) fn review_look(review: TakeReview) -> (&'static str, Glyph, &'static str) {
    let (tone, glyph) = match review {
        TakeReview::Neutral => ("", Glyph::Minus),
        TakeReview::Approved => ("good", Glyph::Check),
        TakeReview::Rejected => ("bad", Glyph::Cross),
        TakeReview::Retake => ("waiting", Glyph::Again),
    };
    (tone, glyph, take_review_words(review))
}

pub(super) fn review(player: Player, project: ProjectId, drafts: ReviewDrafts) -> AnyView {
    let has_take = memo(move || drafts.take.with(Option::is_some));
    view! {
        <section class="card dailies-review with-script" aria-labelledby="review-title">
            <h2 id="review-title">{memo(move || player.shot.with(|shot| match shot {
                Some(shot) => match &shot.take {
                    Some(take) => format!("{} {}, take {}", shot.scene, shot.code, take.number),
                    None => format!("{} {}", shot.scene, shot.code),
                },
                None => String::new(),
            }))}</h2>
            <p class="note">
                <a href=memo(move || player.shot.with(|shot| shot.as_ref().map(|shot| with_base(&format!("/projects/{project}/shots/{}", shot.shot))).unwrap_or_default()))>
                    {memo(move || player.shot.with(|shot| shot.as_ref().map(|shot| if shot.title.is_empty() { "The shot".to_owned() } else { shot.title.clone() }).unwrap_or_default()))}
                </a>
            </p>
            <When holds=has_take>{form(player.data, player, project, drafts)}</When>
        </section>
    }
    .erased()
}

fn form(data: PageData<DailiesPage>, player: Player, project: ProjectId, drafts: ReviewDrafts) -> AnyView {
    let look = memo(move || review_look(drafts.take.with(|take| take.as_ref().map(|take| take.review)).unwrap_or_default()).2);
    let tone = memo(move || review_look(drafts.take.with(|take| take.as_ref().map(|take| take.review)).unwrap_or_default()).0);
    let glyph = memo(move || review_look(drafts.take.with(|take| take.as_ref().map(|take| take.review)).unwrap_or_default()).1);
    // What was wanted last: it is wanted still when it overwrites what somebody else wrote.
    let wanted = StoredValue::new(None::<TakeReview>);
    let save = move |review: Option<TakeReview>| {
        wanted.set_value(review);
        let Some((take, change)) = drafts.save(project, review) else { return };
        send(data.busy, change_production(change), move |done| match done {
            Ok(_) => {
                drafts.forget(take);
                data.refresh();
            }
            Err(problem) => drafts.trouble.set(problem.into()),
        });
    };
    let retake = move |_: ev::MouseEvent| {
        if untrack(|| drafts.note().trim().is_empty()) {
            data.live.toast(
                ToastKind::Waiting,
                "Say what is to be different",
                "Write a note first: whoever makes the next take reads it.",
                None,
            );
            return crate::components::dom::focus("dailies-note");
        }
        save(Some(TakeReview::Retake));
    };
    let take_theirs = move |_: u32, theirs: Take| {
        drafts.forget(theirs.id);
        data.refresh();
    };
    let overwrite = move |version: u32| {
        drafts.change(|draft| draft.version = version);
        save(wanted.get_value());
    };
    let yours = move || drafts.save(project, wanted.get_value()).map(|(_, change)| change.fields().to_owned()).unwrap_or_default();
    let busy = truth(move || data.busy.get());
    view! {
        <p class="beat-state" data-tone=tone><span class="badge"><Icon glyph /></span>{look}</p>
        <div class="field">
            <label for="dailies-note">"Note"</label>
            <textarea
                id="dailies-note"
                rows="3"
                prop:value=memo(move || drafts.note())
                on:input=listener(move |event| {
                    let text = event_target_value(&event);
                    drafts.change(|draft| draft.note = text);
                })
            ></textarea>
        </div>
        {tools(player, drafts)}
        {trouble_part(drafts.trouble, yours, review_value_words, take_theirs, overwrite)}
        <div class="review-buttons">
            <button type="button" class="button primary" aria-disabled=busy on:click=listener(move |_: ev::MouseEvent| save(Some(TakeReview::Approved)))>
                <Icon glyph=Glyph::Check />"Approve"
            </button>
            <button type="button" class="button" aria-disabled=busy on:click=listener(retake)><Icon glyph=Glyph::Again />"Retake"</button>
            <button type="button" class="button" aria-disabled=busy on:click=listener(move |_: ev::MouseEvent| save(Some(TakeReview::Rejected)))>
                <Icon glyph=Glyph::Cross />"Reject"
            </button>
            {part(move || if drafts.is_changed() {
                view! {
                    <button type="button" class="button" aria-disabled=busy on:click=listener(move |_: ev::MouseEvent| save(None))>"Save the note"</button>
                }.erased()
            } else {
                ().into_any()
            })}
        </div>
    }
    .into_any()
}

fn review_value_words(field: &str, value: &Value) -> Option<String> {
    match field {
        "review" => Some(take_review_words(value.as_str()?.parse().ok()?).to_owned()),
        "drawing" => Some(count(value.as_array()?.len(), "line", "lines")),
        _ => None,
    }
}

/// Drawing on or off, its colour, and back.
fn tools(player: Player, drafts: ReviewDrafts) -> AnyView {
    let toggle = move |_: ev::MouseEvent| {
        player.stop();
        drafts.draws.update(|draws| *draws = !*draws);
    };
    let has_lines = memo(move || !drafts.drawing().is_empty());
    let undo = move |_: ev::MouseEvent| drafts.change(|draft| drop(draft.drawing.pop()));
    let clear = move |_: ev::MouseEvent| drafts.change(|draft| draft.drawing.clear());
    let color = move |color: DrawnColor| {
        let is_it = truth(move || drafts.color.get() == color);
        let word = color_word(color);
        let label = capitalized(word);
        view! {
            <button
                type="button"
                class="color-button"
                data-color=word
                aria-label=label
                aria-pressed=is_it
                on:click=listener(move |_: ev::MouseEvent| drafts.color.set(color))
            ></button>
        }
        .erased()
    };
    view! {
        <div class="draw-tools" role="group" aria-label="Drawing">
            <button type="button" class="button" aria-pressed=truth(move || drafts.draws.get()) on:click=listener(toggle)>
                <Icon glyph=Glyph::Brush />"Draw"
            </button>
            <When holds=drafts.draws>{[DrawnColor::Red, DrawnColor::Yellow, DrawnColor::Blue].into_iter().map(color).collect_view()}</When>
            <When holds=has_lines>
                <button type="button" class="button quiet" on:click=listener(undo)>"Undo the last line"</button>
                <button type="button" class="button quiet" on:click=listener(clear)>"Remove all lines"</button>
            </When>
        </div>
    }
    .erased()
}
