//! The shots that an asset is in, read when its form is opened.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::fetch_asset_shots,
    base_path::with_base,
    components::{
        reactive::{Erased, part},
        words::count,
    },
};
use proto::production::{AssetId, ProjectId, views::AssetShot};

pub(super) fn usage(project: ProjectId, asset: AssetId) -> AnyView {
    let shots = RwSignal::new(None::<Result<Vec<AssetShot>, String>>);
    spawn_local(async move {
        let answer = match fetch_asset_shots(project, asset).await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(problem)) => Err(problem.words()),
            Err(_) => Err("Darkroom cannot be reached.".into()),
        };
        // The form may be closed by now.
        let _ = shots.try_set(Some(answer));
    });
    let shot = move |AssetShot { shot, label }: AssetShot| {
        view! { <li><a href=with_base(&format!("/projects/{project}/shots/{shot}"))>{label}</a></li> }.erased()
    };
    part(move || match shots.get() {
        None => view! { <p class="note" role="status">"Looking for its shots…"</p> }.erased(),
        Some(Err(why)) => view! { <p class="note">"Its shots are not known: "{why}</p> }.erased(),
        Some(Ok(shots)) if shots.is_empty() => view! { <p class="note">"It is in no shot yet."</p> }.erased(),
        Some(Ok(shots)) => view! {
            <details class="view-fold">
                <summary>{format!("In {}", count(shots.len(), "shot", "shots"))}</summary>
                <ul class="asset-shots">{shots.into_iter().map(shot).collect_view()}</ul>
            </details>
        }
        .erased(),
    })
}
