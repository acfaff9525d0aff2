//! The buttons for many runs, and what the present series does. It ends when a person stops it or leaves the page, and with the first error.

use leptos::{prelude::*, task::spawn_local};

use super::plan::{Series, SeriesEnd};
use crate::{
    components::{
        form::{FormModel, use_form},
        later_styles::LaterStyles,
        page_state::{PageState, use_page_state},
        reactive::{Erased, When, listener, memo},
    },
    live::{Live, OrderOutcome, use_live},
};
use proto::{ids::TaskId, limits, outbox::Order, submit::Submission, task::TaskState};

/// So many at first.
const RUNS: u32 = 4;

/// A number with its button, a button without a number, and while one of them is at work the button to stop.
#[component]
pub fn SeriesPanel() -> impl IntoView {
    let sender = SeriesSender {
        live: use_live(),
        page: use_page_state(),
        form: use_form(),
        series: RwSignal::new(None),
        last: StoredValue::new(None),
    };
    let runs = RwSignal::new(RUNS.to_string());
    let number = memo(move || runs.with(|runs| runs.trim().parse::<u32>().ok().filter(|runs| (1..=limits::SERIES).contains(runs))));
    let running = memo(move || sender.series.with(|series| series.as_ref().is_some_and(Series::is_running)));
    let words = memo(move || sender.series.with(|series| series.as_ref().map(Series::words)).unwrap_or_default());
    let label = memo(move || number.get().map_or_else(|| "Generate".to_owned(), |number| format!("Generate {number}")));
    sender.follow();
    on_cleanup(move || sender.stop(SeriesEnd::Stopped));
    view! {
        <LaterStyles />
        <div class="series" data-running=memo(move || running.get().to_string())>
            <When
                holds=running
                fallback=move || view! {
                    <label for="series-runs">"Runs"</label>
                    <input
                        type="number"
                        id="series-runs"
                        min="1"
                        max=limits::SERIES.to_string()
                        step="1"
                        inputmode="numeric"
                        prop:value=runs
                        aria-invalid=memo(move || number.get().is_none().then_some("true"))
                        on:input=listener(move |event| runs.set(event_target_value(&event)))
                    />
                    <button
                        type="button"
                        class="button"
                        disabled=memo(move || number.get().is_none())
                        on:click=listener(move |_| sender.start(number.get_untracked()))
                    >
                        {label}
                    </button>
                    <button type="button" class="button" on:click=listener(move |_| sender.start(None))>"Until stopped"</button>
                }.erased()
            >
                <button type="button" class="button series-stop" on:click=listener(move |_| sender.stop(SeriesEnd::Stopped))>"Stop"</button>
            </When>
            <p class="note" role="status">{words}</p>
        </div>
        <p class="note">"Each run gets a new seed, unless its seed is fixed in the form of a workflow."</p>
    }
    .erased()
}

/// Sends the runs. Cheap to copy.
#[derive(Clone, Copy)]
struct SeriesSender {
    live: Live,
    page: PageState,
    form: FormModel,
    series: RwSignal<Option<Series>>,
    /// What was sent last: an equal one would give the same picture.
    last: StoredValue<Option<Submission>>,
}

impl SeriesSender {
    fn start(self, runs: Option<u32>) {
        self.last.set_value(None);
        self.series.set(Some(Series::new(runs)));
        self.page.follow_active();
        self.send_next();
    }

    /// Also when the page is gone.
    fn stop(self, why: SeriesEnd) {
        let _ = self.series.try_update(|series| series.as_mut().map(|series| series.stop(why)));
    }

    /// Reacts to the ends of its tasks.
    fn follow(self) {
        let ended = memo(move || {
            let open = self.series.with(|series| series.as_ref().map(|series| series.open().to_vec())).unwrap_or_default();
            let state = |task: TaskId| self.live.with_task(task, |task| task.state).filter(|state: &TaskState| state.is_final());
            open.into_iter().filter_map(|task| Some((task, state(task)?))).collect::<Vec<_>>()
        });
        Effect::new(move |_| {
            let ended = ended.get();
            if !ended.is_empty() {
                self.series.update(|series| {
                    if let Some(series) = series {
                        ended.iter().for_each(|(task, state)| series.ended(*task, *state));
                    }
                });
                self.send_next();
            }
        });
    }

    fn send_next(self) {
        // The forms set the seeds of the next run after they noticed that one was sent.
        spawn_local(async move {
            let sends = self.series.try_update(|series| series.as_mut().is_some_and(Series::next)).unwrap_or_default();
            if sends {
                self.send();
            }
        });
    }

    fn send(self) {
        let submission = match self.form.submission() {
            Ok(submission) => submission,
            Err(refusal) => {
                self.form.refuse(refusal);
                return self.stop(SeriesEnd::Refused);
            }
        };
        if self.last.with_value(|last| last.as_ref() == Some(&submission)) {
            return self.stop(SeriesEnd::Same);
        }
        self.last.set_value(Some(submission.clone()));
        self.form.refusal.set(None);
        let answered = move |outcome| match outcome {
            OrderOutcome::Done(Some(task)) => {
                let known = self.series.try_update(|series| series.as_mut().map(|series| series.accepted(task)));
                if known.flatten().is_some() {
                    self.form.draw_seed();
                    self.send_next();
                }
            }
            OrderOutcome::Refused(refusal) => {
                self.form.refuse(refusal);
                self.stop(SeriesEnd::Refused);
            }
            OrderOutcome::Deferred => self.stop(SeriesEnd::Away),
            OrderOutcome::Done(None) | OrderOutcome::Withdrawn => self.stop(SeriesEnd::Stopped),
        };
        self.live.order(Order::Submit(submission), Box::new(answered));
    }
}
