//! Several videos with one play button and one time.

use leptos::{ev, html, prelude::*, web_sys::HtmlVideoElement};

use crate::components::{
    icon::{Glyph, Icon},
    reactive::{Erased, listener, memo, part},
    words::took,
};

/// Seconds by which videos may be apart while they play.
const APART: f64 = 0.15;

/// Cheap to copy. Times in hundredths of a second.
#[derive(Clone, Copy)]
pub(super) struct Videos {
    elements: StoredValue<Vec<NodeRef<html::Video>>>,
    playing: RwSignal<bool>,
    time: RwSignal<u32>,
    /// Of the longest.
    duration: RwSignal<u32>,
}

impl Videos {
    pub fn new() -> Self {
        Self { elements: StoredValue::new(Vec::new()), playing: RwSignal::new(false), time: RwSignal::new(0), duration: RwSignal::new(0) }
    }

    /// The place of one more video.
    pub fn add(self) -> NodeRef<html::Video> {
        let element = NodeRef::new();
        self.elements.update_value(|elements| elements.push(element));
        element
    }

    fn all(self) -> Vec<HtmlVideoElement> {
        self.elements.with_value(|elements| elements.iter().filter_map(|element| element.get_untracked()).collect())
    }

    /// The one whose time is shown: the longest.
    fn leader(self) -> Option<HtmlVideoElement> {
        self.all().into_iter().max_by(|one, other| seconds(one.duration()).total_cmp(&seconds(other.duration())))
    }

    /// What a video is became known.
    pub fn loaded(self) {
        self.duration.set(self.leader().map_or(0, |leader| hundredths(leader.duration())));
    }

    /// The time of a video went on. The others are brought to where the longest is.
    pub fn moved(self) {
        let Some(leader) = self.leader() else { return };
        let at = leader.current_time();
        self.time.set(hundredths(at));
        if self.playing.get_untracked() {
            for video in self.all().into_iter().filter(|video| !video.ended()) {
                if (video.current_time() - at).abs() > APART {
                    video.set_current_time(at);
                }
            }
        }
    }

    pub fn ended(self) {
        if self.leader().is_none_or(|leader| leader.ended()) {
            self.playing.set(false);
        }
    }

    fn toggle(self) {
        let play = !self.playing.get_untracked();
        self.playing.set(play);
        let from = self.leader().filter(|leader| !leader.ended()).map_or(0.0, |leader| leader.current_time());
        for video in self.all() {
            if play {
                video.set_current_time(from);
                let _ = video.play();
            } else {
                let _ = video.pause();
            }
        }
    }

    fn seek(self, to: u32) {
        self.time.set(to);
        for video in self.all() {
            video.set_current_time(f64::from(to) / 100.0);
        }
    }
}

/// 0 while it is not known.
fn seconds(duration: f64) -> f64 {
    if duration.is_finite() { duration.max(0.0) } else { 0.0 }
}

fn hundredths(time: f64) -> u32 {
    (seconds(time) * 100.0) as u32
}

#[component]
pub(super) fn VideoControls(videos: Videos) -> impl IntoView {
    let words = memo(move || {
        let of = |hundredths: u32| if hundredths == 0 { "0.0 s".to_owned() } else { took(u64::from(hundredths) * 10) };
        format!("{} of {}", of(videos.time.get()), of(videos.duration.get()))
    });
    view! {
        <div class="compare-tools with-script" role="group" aria-label="All videos">
            <button type="button" class="button" on:click=listener(move |_| videos.toggle())>
                {part(move || {
                    let (glyph, word) = if videos.playing.get() { (Glyph::Pause, "Pause") } else { (Glyph::Play, "Play") };
                    view! { <Icon glyph /><span>{word}</span> }.into_any()
                })}
            </button>
            <label class="visually-hidden" for="compare-time">"Time"</label>
            <input
                type="range"
                id="compare-time"
                min="0"
                max=memo(move || videos.duration.get().to_string())
                prop:value=memo(move || videos.time.get().to_string())
                aria-valuetext=words
                on:input=listener(move |event: ev::Event| {
                    if let Ok(to) = event_target_value(&event).parse() {
                        videos.seek(to);
                    }
                })
            />
            <span class="compare-words">{words}</span>
        </div>
    }
    .erased()
}
