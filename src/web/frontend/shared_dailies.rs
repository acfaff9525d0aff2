//! The dailies of a project for whoever has the link: a document without the app, which shows and changes nothing else.

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::{Html, IntoResponse, Response},
};
use leptos::{nonce::Nonce, prelude::*};
use proto::production::{
    DRAWING_SIZE, ProductionProblem, TakeReview,
    views::{DailiesPage, DailiesShot, DailiesTake},
};

use super::{assets, policy, production::status_of};
use crate::app::head_start;

pub(super) fn show(page: Result<DailiesPage, ProductionProblem>) -> Response {
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
    let styles = format!("/assets/{}/production-views.css", assets::version());
    let html = view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                {head_start(Some(nonce))}
                <meta name="robots" content="noindex" />
                <title>{title.clone()}</title>
                <link rel="stylesheet" href=assets::urls().css />
                <link rel="stylesheet" href=styles />
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
    let fps = page.fps;
    view! { <ol class="shared-shots">{page.shots.into_iter().map(|shot| one(shot, fps)).collect_view()}</ol> }.into_any()
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
        <li class="card">
            <div class="dailies-frame">{picture}</div>
            <h2>{name}" "{shot.title}</h2>
            <p class="note">{seconds}</p>
            {review}
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
