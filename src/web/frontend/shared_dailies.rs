//! The dailies of a project for whoever has the link: a document without the app, which shows and changes nothing else. A script plays it (`public/shared-dailies.js`);
//! without JavaScript it is a list of takes.

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::{Html, IntoResponse, Response},
};
use leptos::{nonce::Nonce, prelude::*};
use proto::production::{
    DRAWING_SIZE, ProductionProblem, TakeReview,
    views::{DailiesPage, DailiesShot, DailiesTake},
};
use service::BasePath;

use super::{assets, policy, production::status_of};
use crate::app::head_start;

pub(super) fn show(base: &BasePath, page: Result<DailiesPage, ProductionProblem>) -> Response {
    let status = status_of(&page);
    let (title, body) = match page {
        Ok(page) => (format!("Dailies of {}", page.project.title), sheet(page)),
        Err(ProductionProblem::NotFound(_)) => (
            "Nothing here".to_owned(),
            view! { <p>"This link leads nowhere any more. Ask whoever gave it to you for a new one."</p> }.into_any(),
        ),
        Err(problem) => ("Not now".to_owned(), view! { <p>{problem.words()}</p> }.into_any()),
    };
    let nonce = Nonce::new();
    let policy = policy::document(&nonce, "");
    let asset = |name: &str| base.join(&format!("/assets/{}/{name}", assets::version()));
    let (styles, script) = (asset("production-views.css"), asset("shared-dailies.js"));
    let html = view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                {head_start(Some(nonce))}
                <meta name="robots" content="noindex" />
                <title>{title.clone()}</title>
                <link rel="stylesheet" href=assets::urls(base).css />
                <link rel="stylesheet" href=styles />
                <script type="module" src=script></script>
            </head>
            <body>
                <main class="production-view shared-dailies">
                    <h1>{title}</h1>
                    {body}
                </main>
            </body>
        </html>
    };
    let mut response = (status, Html(html.to_html())).into_response();
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_SECURITY_POLICY, policy);
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // The address is the key: it is told to nobody.
    fields.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    fields.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex"));
    response
}

fn sheet(page: DailiesPage) -> AnyView {
    if page.shots.is_empty() {
        return view! { <p>"There is no shot yet."</p> }.into_any();
    }
    let (fps, frames) = (page.fps, page.frames());
    let takes = page.shots.iter().filter(|shot| shot.take.is_some()).count();
    view! {
        <p class="note">{format!("Takes of {takes} of {} shots, at {fps} frames a second", page.shots.len())}</p>
        {player(fps, frames)}
        <ol class="shared-shots">{page.shots.into_iter().map(|shot| one(shot, fps)).collect_view()}</ol>
    }
    .into_any()
}

/// What the script plays in. It copies the pictures of the shots into it.
fn player(fps: f64, frames: u64) -> AnyView {
    let button = |name: &'static str, words: &'static str| {
        view! { <button type="button" class="button" data-press=name>{words}</button> }.into_any()
    };
    view! {
        <section class="shared-player dailies-viewer with-script" aria-label="Player" data-fps=fps.to_string()>
            <div class="dailies-frame"></div>
            <div class="dailies-controls">
                <input class="dailies-slider" type="range" min="0" step="1" value="0" max=frames.saturating_sub(1).to_string() aria-label="Frame" />
                <div class="dailies-buttons" role="group" aria-label="Player">
                    {button("shot-before", "Shot before")}
                    {button("frame-before", "Frame before")}
                    <button type="button" class="button primary" data-press="play">"Play"</button>
                    {button("frame-after", "Frame after")}
                    {button("shot-after", "Shot after")}
                    <button type="button" class="button" data-press="repeat" aria-pressed="false">"Repeat"</button>
                    <span class="dailies-time"></span>
                    <span class="note shared-place"></span>
                </div>
                <p class="note">"Space plays; J, K and L play backwards, stop, and play, faster each time; arrow keys step, with Shift by shots."</p>
            </div>
        </section>
    }
    .into_any()
}

fn one(shot: DailiesShot, fps: f64) -> AnyView {
    let name = format!("{} {}", shot.scene, shot.code);
    let seconds = format!("{} frames, {:.1} s", shot.frames, shot.frames as f64 / fps.max(1.0));
    let picture = match &shot.take {
        None => view! { <p class="dailies-none">"No take yet"</p> }.into_any(),
        Some(take) => picture(take, &name),
    };
    let review = shot.take.map(|take| {
        let word = match take.review {
            TakeReview::Neutral => "Not reviewed",
            TakeReview::Approved => "Approved",
            TakeReview::Rejected => "Rejected",
            TakeReview::Retake => "Retake wanted",
        };
        let note = (!take.note.is_empty()).then(|| view! { <p class="shared-note">{take.note}</p> });
        view! { <p class="note">{format!("Take {} · {word}", take.number)}</p>{note} }
    });
    view! {
        <li class="card" data-frames=shot.frames.to_string() data-name=name.clone()>
            <div class="dailies-frame">{picture}</div>
            <h2>{name.clone()}" "{shot.title}</h2>
            <p class="note">{seconds}</p>
            {review}
            <button type="button" class="button with-script" data-press="from-here" aria-label=format!("Show {name} in the player")>"Show in the player"</button>
        </li>
    }
    .into_any()
}

fn picture(take: &DailiesTake, name: &str) -> AnyView {
    if take.file.is_empty() {
        return view! { <p class="dailies-none">"Its file is not kept"</p> }.into_any();
    }
    let lines = take.drawing.iter().map(|line| {
        let mut points: Vec<String> = line.points.iter().map(|[x, y]| format!("{x},{y}")).collect();
        if let [only] = points.as_slice() {
            points.push(only.clone());
        }
        let color = match line.color {
            proto::production::DrawnColor::Red => "red",
            proto::production::DrawnColor::Yellow => "yellow",
            proto::production::DrawnColor::Blue => "blue",
        };
        view! { <polyline class="drawn" data-color=color points=points.join(" ") /> }
    });
    let shown = if take.is_video {
        view! { <video class="dailies-picture" src=take.file.clone() controls=true preload="metadata"></video> }.into_any()
    } else {
        view! { <img class="dailies-picture" src=take.file.clone() alt=format!("Take {} of {name}", take.number) loading="lazy" /> }
            .into_any()
    };
    let view_box = format!("0 0 {DRAWING_SIZE} {DRAWING_SIZE}");
    view! {
        <div class="dailies-stack">
            {shown}
            <svg class="dailies-drawing" viewBox=view_box preserveAspectRatio="none" aria-hidden="true">{lines.collect_view()}</svg>
        </div>
    }
    .into_any()
}
