//! Pages of the gallery, and their buttons without JavaScript.

use axum::{
    Form,
    body::Body,
    extract::{Path, Query, Request, State},
    http::{Response, StatusCode},
    response::{IntoResponse, Redirect},
};
use proto::{
    gallery::{
        CompareAddress, ComparedOutput, GalleryChange, GalleryDetail, GalleryFirst, GalleryId, GalleryOrder, GalleryQuery,
        GallerySelection, GallerySlice, gallery_url,
    },
    limits,
};
use serde::Deserialize;
use service::ArcService;

use super::pages::{first_paint, render};

/// The query of an address.
#[derive(Default, Deserialize)]
pub(super) struct GalleryParameters {
    #[serde(default)]
    q: String,
    #[serde(default)]
    order: Option<GalleryOrder>,
    /// How many results come before, on pages without JavaScript.
    #[serde(default)]
    offset: u64,
    /// Which outputs are compared.
    #[serde(default)]
    ids: String,
}

impl GalleryParameters {
    fn query(&self) -> GalleryQuery {
        // The browser asks again, where its clock differs and a date is in the search.
        GalleryQuery { text: self.q.clone(), order: self.order.unwrap_or_default(), utc_offset_minutes: 0 }
    }
}

/// The results of a search.
pub(super) async fn list(State(service): State<ArcService>, request: Request) -> Response<Body> {
    let parameters = parameters(&request);
    show(service, parameters, Above::default(), request).await
}

/// One output.
pub(super) async fn one(State(service): State<ArcService>, Path(id): Path<String>, request: Request) -> Response<Body> {
    let parameters = parameters(&request);
    let found = async { service.gallery_detail(id.parse::<GalleryId>().ok()?, parameters.query()).await.ok().flatten() };
    let detail = found.await;
    let status = if detail.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    show(service, parameters, Above { status, detail, ..Above::default() }, request).await
}

/// Some outputs beside each other. The page says what is wrong with an address that names none.
pub(super) async fn compare(State(service): State<ArcService>, request: Request) -> Response<Body> {
    let parameters = parameters(&request);
    let above = match CompareAddress::read(&parameters.ids, "", "") {
        Err(_) => Above { status: StatusCode::BAD_REQUEST, ..Above::default() },
        Ok(address) => {
            let compared = service.compared_outputs(address.ids).await.unwrap_or_default();
            let status = if compared.len() < 2 { StatusCode::NOT_FOUND } else { StatusCode::OK };
            Above { status, compared, ..Above::default() }
        }
    };
    show(service, parameters, above, request).await
}

/// What is shown above the list.
#[derive(Default)]
struct Above {
    status: StatusCode,
    detail: Option<GalleryDetail>,
    compared: Vec<ComparedOutput>,
}

/// An address that cannot be read shows everything.
fn parameters(request: &Request) -> GalleryParameters {
    Query::<GalleryParameters>::try_from_uri(request.uri()).map(|Query(parameters)| parameters).unwrap_or_default()
}

async fn show(service: ArcService, parameters: GalleryParameters, above: Above, request: Request) -> Response<Body> {
    let query = parameters.query();
    let mut first = first_paint(&service);
    let slice = GallerySlice { query: query.clone(), upto: None, offset: parameters.offset, limit: limits::GALLERY_FIRST_TILES };
    let tiles = service.gallery_tiles(slice).await;
    let facets = match &tiles {
        Ok(_) => service.gallery_facets(query.clone()).await.unwrap_or_default(),
        // A mistake in the search.
        Err(_) => Default::default(),
    };
    // The page is of use without them.
    let saved = service.saved_searches().await.unwrap_or_default();
    let Above { status, detail, compared } = above;
    let rendered = GalleryFirst { query, offset: parameters.offset, tiles, facets, saved, detail, compared };
    first.gallery = postcard::to_allocvec(&rendered).unwrap_or_default();
    render(service, first, status, request).await
}

/// A button of the page of an output, without JavaScript.
#[derive(Deserialize)]
pub(super) struct GalleryForm {
    change: String,
    #[serde(default)]
    tag: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    order: GalleryOrder,
}

pub(super) async fn change(State(service): State<ArcService>, Path(id): Path<GalleryId>, Form(form): Form<GalleryForm>) -> Response<Body> {
    let change = match form.change.as_str() {
        "star" => GalleryChange::Star(true),
        "unstar" => GalleryChange::Star(false),
        "trash" => GalleryChange::Trash,
        "restore" => GalleryChange::Restore,
        "tag" => GalleryChange::AddTag(form.tag),
        "untag" => GalleryChange::RemoveTag(form.tag),
        _ => return (StatusCode::BAD_REQUEST, "There is no such change.\n").into_response(),
    };
    match service.change_gallery(GallerySelection::Ids(vec![id]), change).await {
        Ok(_) => {
            let query = GalleryQuery { text: form.q, order: form.order, utc_offset_minutes: 0 };
            Redirect::to(&gallery_url(Some(id), &query)).into_response()
        }
        Err(why) => (StatusCode::UNPROCESSABLE_ENTITY, format!("{why}\n")).into_response(),
    }
}

/// Saving a search, or removing a saved one, without JavaScript.
#[derive(Deserialize)]
pub(super) struct SavedSearchForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    text: String,
    remove: Option<i64>,
}

pub(super) async fn saved_searches(State(service): State<ArcService>, Form(form): Form<SavedSearchForm>) -> Response<Body> {
    let done = match form.remove {
        Some(id) => service.remove_saved_search(id).await,
        None => service.save_search(form.name, form.text.clone()).await.map(drop),
    };
    match done {
        Ok(()) => Redirect::to(&gallery_url(None, &GalleryQuery { text: form.text, ..GalleryQuery::default() })).into_response(),
        Err(why) => (StatusCode::UNPROCESSABLE_ENTITY, format!("{why}\n")).into_response(),
    }
}
