//! Icons: one stroke each, on a grid of 20, in the colour of the text around them.

use leptos::prelude::*;

use crate::components::reactive::{Erased, memo};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Glyph {
    Check,
    Cross,
    Bang,
    Alert,
    Brush,
    Clock,
    Minus,
    Arc,
    Dice,
    Download,
    Expand,
    File,
    Page,
    Picture,
    Sliders,
    Board,
    More,
    Up,
    Down,
    Top,
    Pause,
    Play,
    Grip,
    Again,
    Copy,
    Spark,
    /// The path of an icon that only a part has whose code is loaded later.
    Path(&'static str),
    Lines,
}

impl Glyph {
    fn path(self) -> &'static str {
        match self {
            Self::Check => "M5 10.4l3.3 3.3L15 6.9",
            Self::Cross => "M5.8 5.8l8.4 8.4M14.2 5.8l-8.4 8.4",
            Self::Bang => "M10 4.8v6.4M10 14.9v.1",
            Self::Alert => "M10 3a7 7 0 1 1 0 14a7 7 0 1 1 0-14zM10 6.4v4.2M10 13.5v.01",
            Self::Brush => {
                "M16.5 3.5L9.4 10.6M9.2 10.8a2.7 2.7 0 0 0-3.9 2.4c0 1.7-.6 2.6-1.8 3.2 2.8.7 6.7.1 6.7-3.2a2.7 2.7 0 0 0-1-2.4z"
            }
            Self::Clock => "M10 3a7 7 0 1 1 0 14a7 7 0 1 1 0-14zM10 6.2V10l2.6 1.8",
            Self::Minus => "M5.5 10h9",
            Self::Arc => "M10 3a7 7 0 1 1-7 7",
            Self::Dice => {
                "M6 3.5h8A2.5 2.5 0 0 1 16.5 6v8a2.5 2.5 0 0 1-2.5 2.5H6A2.5 2.5 0 0 1 3.5 14V6A2.5 2.5 0 0 1 6 3.5zM7 7v.01M13 7v.01M10 10v.01M7 13v.01M13 13v.01"
            }
            Self::Download => "M10 3.5v9M6.4 9.2l3.6 3.5 3.6-3.5M4 16.5h12",
            Self::Expand => "M12 3.5h4.5V8M16.3 3.7l-4.8 4.8M8 16.5H3.5V12M3.7 16.3l4.8-4.8",
            Self::File => "M11.5 3H6a1.5 1.5 0 0 0-1.5 1.5v11A1.5 1.5 0 0 0 6 17h8a1.5 1.5 0 0 0 1.5-1.5V7zM11.5 3v4h4",
            Self::Page => "M8.5 5H5v10h10v-3.5M11.5 4H16v4.5M15.8 4.2L9 11",
            Self::Picture => {
                "M5 4h10a1.5 1.5 0 0 1 1.5 1.5v9A1.5 1.5 0 0 1 15 16H5a1.5 1.5 0 0 1-1.5-1.5v-9A1.5 1.5 0 0 1 5 4zM3.7 14l3.6-4 3 3.2 2.2-2.2 3.8 3.6M12.5 7.5v.01"
            }
            Self::Sliders => "M3.5 6.5h7M14.5 6.5h2M3.5 13.5h2M9.5 13.5h7M12.5 4.5v4M7.5 11.5v4",
            Self::Board => "M4 4h12v12H4zM8 4v12M12 4v12",
            Self::More => "M5 10v.01M10 10v.01M15 10v.01",
            Self::Up => "M10 16V4.5M5.5 9L10 4.5 14.5 9",
            Self::Down => "M10 4v11.5M5.5 11l4.5 4.5 4.5-4.5",
            Self::Top => "M5 3.5h10M10 17V7M5.5 11.5L10 7l4.5 4.5",
            Self::Pause => "M7 5v10M13 5v10",
            Self::Play => "M7 4.5l8 5.5-8 5.5z",
            Self::Again => "M15.6 7.5A6 6 0 1 0 16 10.6M16 3.8v3.9h-3.9",
            Self::Copy => {
                "M8 7h7a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1zM13 4.5V4a1 1 0 0 0-1-1H5a1 1 0 0 0-1 1v8a1 1 0 0 0 1 1h.5"
            }
            Self::Path(path) => path,
            Self::Spark => "M10 3.2l1.7 5.1 5.1 1.7-5.1 1.7-1.7 5.1-1.7-5.1L3.2 10l5.1-1.7z",
            Self::Lines => "M4 5.8h12M4 10h12M4 14.2h8",
            Self::Grip => "M7.5 5v.01M12.5 5v.01M7.5 10v.01M12.5 10v.01M7.5 15v.01M12.5 15v.01",
        }
    }
}

/// An icon, hidden from screen readers: a text beside it or the name of its control has the same meaning.
#[component]
pub(crate) fn Icon(#[prop(into)] glyph: Signal<Glyph>) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
            <path d=memo(move || glyph.get().path()) />
        </svg>
    }
    .erased()
}
