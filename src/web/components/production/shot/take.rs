//! One take.

use leptos::{ev, prelude::*};
use proto::production::{Take, TakeId, TakeReview, TakeState};
use serde_json::json;

use super::{
    generate,
    model::ShotModel,
    review::ReviewForm,
    take_keys::{self, take_button_id},
    viewer::file_of,
};
use crate::{
    base_path::with_base,
    components::{
        icon::{Glyph, Icon},
        production::{
            address::shot_url,
            form::{button_form, fields},
            words::{quality_words, take_review_words, take_state_words},
        },
        reactive::{Erased, When, listener, memo, part},
        words::{ago, took},
    },
    live::use_live,
};

#[component]
pub(super) fn TakeCard(model: ShotModel, take: TakeId) -> impl IntoView {
    let live = use_live();
    let this = memo(move || model.take(take));
    let with = move |read: fn(&Take) -> String| memo(move || this.with(|take| take.as_ref().map(read).unwrap_or_default()));
    let number = with(|take| format!("T{:03}", take.take_number));
    let state = memo(move || this.with(|take| take.as_ref().map_or(TakeState::Cancelled, |take| take.state)));
    let is_current = memo(move || {
        let number = this.with(|take| take.as_ref().map(|take| take.take_number));
        number.is_some() && model.node().and_then(|node| node.run.current_take) == number
    });
    let is_shown = memo(move || model.shown().is_some_and(|shown| shown.id == take));
    let is_trashed = memo(move || this.with(|take| take.as_ref().is_some_and(|take| take.stamp.deleted_at.is_some())));
    let is_compared = memo(move || model.compared.with(|compared| compared.contains(&take)));
    let is_finished = memo(move || state.get() == TakeState::Completed && !is_trashed.get());
    let thumbnail =
        memo(move || this.with(|take| take.as_ref().and_then(|take| take.thumbnail.as_deref().map(with_base).or_else(|| file_of(take)))));
    let made = memo(move || {
        let times = this.with(|take| take.as_ref().map(|take| (take.stamp.created_at.0, take.finished_at.map(|end| end.0))));
        times.map_or_else(String::new, |(start, end)| match end {
            Some(end) => format!("{}, took {}", ago(live.now().since(end)), took(end.since(start))),
            None => ago(live.now().since(start)),
        })
    });
    let quality = with(|take| quality_words(take.quality_preset).to_owned());
    let seed = with(|take| take.seed.map(|seed| format!("Seed {seed}")).unwrap_or_default());
    let prompt = with(|take| take.composite_prompt.as_ref().map(|prompt| prompt.final_prompt.clone()).unwrap_or_default());
    let review = memo(move || this.with(|take| take.as_ref().map_or(TakeReview::Neutral, |take| take.fields.review)));
    let note = with(|take| take.fields.note.clone());
    let problem = with(|take| take.error.clone().unwrap_or_default());
    let has_problem = memo(move || problem.with(|problem| !problem.is_empty()));
    let has_note = memo(move || note.with(|note| !note.is_empty()));
    let look = move |_: ev::MouseEvent| model.looked_at.set(Some(take));
    let select = move |event: ev::Event| {
        let checked = event_target_checked(&event);
        model.compared.update(|compared| if checked { _ = compared.insert(take) } else { _ = compared.remove(&take) });
        // The gallery has an output a moment after its task ended.
        if checked && this.with_untracked(|take| take.as_ref().is_some_and(|take| take.output_id.is_none())) {
            model.read();
        }
    };
    let redo = move |_: ev::MouseEvent| {
        generate::start(model, Some(proto::production::QualityPreset::High), String::new(), Some(take));
    };
    let is_high =
        memo(move || this.with(|take| take.as_ref().is_some_and(|take| take.quality_preset == proto::production::QualityPreset::High)));
    let can_redo = memo(move || is_finished.get() && !is_high.get());
    let url = shot_url(model.project, model.shot);
    let choose_fields = move || {
        let take = this.get_untracked();
        let of = |read: fn(&Take) -> String| take.as_ref().map(read).unwrap_or_default();
        vec![
            ("do", "choose".to_owned()),
            ("node", of(|take| take.node_id.to_string())),
            ("take_number", of(|take| take.take_number.to_string())),
        ]
    };
    let review_to = move |review: TakeReview| {
        if let Some(take) = this.get_untracked() {
            let word: &'static str = review.into();
            model.review(&take, fields(&[("review", json!(word))]));
        }
    };
    let review_button = move |review: TakeReview, word: &'static str, url: String| {
        let name: &'static str = review.into();
        let fields = vec![("do", "review".to_owned()), ("take", take.to_string()), ("review", name.to_owned())];
        button_form(url, fields, "button", Some(format!("{word} {}", number.get_untracked())), word.into_any(), move || review_to(review))
    };
    let (choose_url, approve_url, reject_url, trash_url) = (url.clone(), url.clone(), url.clone(), url);
    let actions = move || {
        let choose = (!is_current.get()).then(|| {
            let label = format!("Make {} the current take", number.get_untracked());
            let act = move || {
                if let Some(take) = this.get_untracked() {
                    model.choose(&take);
                }
            };
            button_form(choose_url.clone(), choose_fields(), "button", Some(label), "Make current".into_any(), act)
        });
        let approve = (review.get() != TakeReview::Approved).then(|| review_button(TakeReview::Approved, "Approve", approve_url.clone()));
        let reject = (review.get() != TakeReview::Rejected).then(|| review_button(TakeReview::Rejected, "Reject", reject_url.clone()));
        (choose, approve, reject).into_any()
    };
    let trash_button = move || {
        let trashed = is_trashed.get();
        let (order, word) = if trashed { ("restore-take", "Restore") } else { ("trash-take", "Throw away") };
        let fields = vec![("do", order.to_owned()), ("take", take.to_string())];
        let label = Some(format!("{word}: {}", number.get_untracked()));
        button_form(trash_url.clone(), fields, "button", label, word.into_any(), move || model.trash(take, !trashed))
    };
    view! {
        <li class="take-card" data-take-id=take.to_string() data-state=memo(move || take_state_words(state.get()).0.to_lowercase()) class:current=is_current class:shown=is_shown>
            <button
                type="button"
                class="take-picture"
                id=take_button_id(take)
                aria-pressed=memo(move || is_shown.get().to_string())
                aria-label=memo(move || format!("Look at {}, {}", number.get(), take_state_words(state.get()).0.to_lowercase()))
                on:click=listener(look)
                on:keydown=take_keys::on_key(model, take)
            >
                {part(move || match thumbnail.get() {
                    Some(thumbnail) => view! { <img src=thumbnail alt="" loading="lazy" /> }.erased(),
                    None => view! { <Icon glyph=Signal::derive(move || take_state_words(state.get()).1) /> }.into_any(),
                })}
            </button>
            <div class="take-words">
                <p class="take-title">
                    <span class="production-code">{number}</span>
                    <When holds=is_current><span class="take-current"><Icon glyph=Glyph::Check />"Current"</span></When>
                    <span class="note">{memo(move || take_state_words(state.get()).0)}</span>
                    <span class="take-review" data-review=memo(move || <&'static str>::from(review.get()))>{memo(move || take_review_words(review.get()))}</span>
                </p>
                <p class="note">{quality}" · "{seed}" · "{made}</p>
                <When holds=has_problem><p class="field-problem">{problem}</p></When>
                <When holds=has_note><p class="take-note">{note}</p></When>
                <details class="take-prompt">
                    <summary>"Prompt"</summary>
                    <p>{prompt}</p>
                </details>
                <div class="production-buttons">
                    {part(move || if is_finished.get() { actions() } else { ().into_any() })}
                    <When holds=can_redo>
                        <button type="button" class="button with-script" on:click=listener(redo)>"Redo in high"</button>
                    </When>
                    <When holds=is_finished>
                        <label class="board-check with-script">
                            <input
                                type="checkbox"
                                aria-label=memo(move || format!("Compare {}", number.get()))
                                prop:checked=is_compared
                                on:change=listener(select)
                            />
                            "Compare"
                        </label>
                    </When>
                    {part(trash_button)}
                </div>
                <When holds=is_finished><ReviewForm model take number /></When>
            </div>
        </li>
    }
    .into_any()
}
