//! The gallery as a page knows it: the search in the address, what was found, and what is selected of it.

use std::{collections::HashSet, time::Duration};

use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_location;

use super::{
    import_state::ImportState,
    last_change::LastChange,
    layout::tile_id,
    loaded::{LoadedTiles, PART},
    selection::Selected,
    words::call_error,
};
use crate::{
    api::{fetch_gallery_facets, fetch_gallery_tiles, fetch_saved_searches},
    components::{dom, memo, page_state::use_page_state},
    first_paint::FirstPaint,
    live::{Live, use_live},
};
use proto::{
    gallery::{GalleryFacets, GalleryFirst, GalleryId, GalleryOrder, GalleryQuery, GallerySlice, GalleryTiles, SavedSearch},
    link::LinkState,
    task::OutputStorage,
};

/// After an output was kept, the gallery has it a moment later: it is asked twice.
const NEWS_AFTER: [Duration; 2] = [Duration::from_millis(400), Duration::from_secs(2)];

/// What came of the search.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Found {
    #[default]
    Searching,
    /// Why there is nothing, for people.
    Failed(String),
    Results {
        upto: Option<GalleryId>,
        total: u64,
    },
}

/// Cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct GalleryModel {
    pub live: Live,
    pub query: Memo<GalleryQuery>,
    pub found: RwSignal<Found>,
    pub tiles: RwSignal<LoadedTiles>,
    pub facets: RwSignal<GalleryFacets>,
    pub selected: RwSignal<Selected>,
    /// Another search is under way, or a change.
    pub busy: RwSignal<bool>,
    /// What can be undone, the last one first to be.
    pub last_changes: RwSignal<Vec<LastChange>>,
    /// How many results came since the list was read.
    pub newer: RwSignal<u64>,
    /// The tile that has the focus, or gets it next.
    pub cursor: RwSignal<u64>,
    /// Where a range begins that is selected with Shift.
    pub anchor: StoredValue<u64>,
    /// Somebody points at the results: nothing moves below the pointer.
    pub pointed: StoredValue<bool>,
    /// The page shows the beginning of the list.
    pub at_top: RwSignal<bool>,
    /// The oldest first.
    pub saved: RwSignal<Vec<SavedSearch>>,
    /// The one that was removed last: it can be brought back.
    pub removed_search: RwSignal<Option<SavedSearch>>,
    /// Files of this computer on their way into the gallery.
    pub imports: RwSignal<ImportState>,
    /// Files are dragged over the page.
    pub dropping: RwSignal<bool>,
    asked: StoredValue<HashSet<u64>>,
    /// Counts searches: an answer to an earlier one is dropped.
    search: StoredValue<u32>,
}

impl GalleryModel {
    /// Begins with what the server rendered, if this is that page.
    pub fn new() -> Self {
        let live = use_live();
        let location = use_location();
        let query = memo(move || {
            location.query.with(|query| GalleryQuery {
                text: query.get("q").unwrap_or_default(),
                order: if query.get("order").as_deref() == Some("oldest") { GalleryOrder::Oldest } else { GalleryOrder::Newest },
                utc_offset_minutes: utc_offset(),
            })
        });
        let model = Self {
            live,
            query,
            found: RwSignal::default(),
            tiles: RwSignal::default(),
            facets: RwSignal::default(),
            selected: RwSignal::default(),
            busy: RwSignal::new(false),
            last_changes: RwSignal::default(),
            newer: RwSignal::new(0),
            cursor: RwSignal::new(0),
            anchor: StoredValue::new(0),
            pointed: StoredValue::new(false),
            at_top: RwSignal::new(true),
            saved: RwSignal::default(),
            removed_search: RwSignal::new(None),
            imports: RwSignal::default(),
            dropping: RwSignal::new(false),
            asked: StoredValue::default(),
            search: StoredValue::new(0),
        };
        let first = first_of_server().filter(|first| is_same_search(&first.query, &query.get_untracked()));
        let is_rendered = first.as_ref().is_some_and(|first| first.offset == 0);
        if first.is_none() {
            model.read_saved();
        }
        if let Some(first) = first {
            model.facets.set(first.facets);
            model.saved.set(first.saved);
            match first.tiles {
                Ok(tiles) => model.take(tiles),
                Err(why) => model.found.set(Found::Failed(why)),
            }
        }
        Effect::new(move |earlier: Option<GalleryQuery>| {
            let query = model.query.get();
            let is_known = match &earlier {
                Some(earlier) => *earlier == query,
                // The server does not know the clock of the browser.
                None => is_rendered && (query.utc_offset_minutes == 0 || !query.text.contains("date:")),
            };
            if !is_known {
                model.find(query.clone());
            }
            query
        });
        model.follow_outputs();
        model
    }

    fn read_saved(self) {
        Effect::new(move |_| {
            spawn_local(async move {
                if let Ok(Ok(saved)) = fetch_saved_searches().await {
                    let _ = self.saved.try_set(saved);
                }
            });
        });
    }

    /// Shows what was imported; what is selected stays, and is then only counted.
    pub fn imported(self) {
        if self.selected.with_untracked(|selected| selected.is_empty(untrack(|| self.results()).1)) {
            self.find(self.query.get_untracked());
        } else {
            self.look_for_newer();
        }
    }

    /// Searches from the beginning. What was found before stays until there is an answer.
    pub fn find(self, query: GalleryQuery) {
        let search = self.search.try_update_value(|search| {
            *search += 1;
            *search
        });
        self.busy.set(true);
        let slice = GallerySlice { query: query.clone(), upto: None, offset: 0, limit: u32::try_from(PART).unwrap_or(u32::MAX) };
        spawn_local(async move {
            let answer = fetch_gallery_tiles(slice).await;
            if self.search.try_get_value() != search {
                return;
            }
            self.busy.set(false);
            match answer {
                Ok(Ok(tiles)) => self.take(tiles),
                Ok(Err(why)) => self.found.set(Found::Failed(why)),
                Err(error) => self.found.set(Found::Failed(call_error(error))),
            }
        });
        spawn_local(async move {
            let answer = fetch_gallery_facets(query).await;
            if self.search.try_get_value() == search {
                self.facets.set(answer.ok().and_then(Result::ok).unwrap_or_default());
            }
        });
    }

    /// Reads again what is shown: only the counts and the loaded parts, at the same place of the list.
    pub fn refresh(self, list_changed: bool) {
        let query = self.query.get_untracked();
        let (upto, _) = untrack(|| self.results());
        let search = self.search.get_value();
        let limit = u32::try_from(PART).unwrap_or(u32::MAX);
        let part = self.cursor.get_untracked() / PART;
        spawn_local(async move {
            if list_changed {
                let slice = GallerySlice { query: query.clone(), upto, offset: part * PART, limit };
                if let Ok(Ok(found)) = fetch_gallery_tiles(slice).await
                    && self.search.try_get_value() == Some(search)
                {
                    self.asked.update_value(HashSet::clear);
                    self.tiles.update(|tiles| {
                        *tiles = LoadedTiles::default();
                        tiles.insert(part * PART, found.tiles);
                    });
                    self.found.set(Found::Results { upto, total: found.total });
                }
            }
            if let Ok(Ok(facets)) = fetch_gallery_facets(query).await {
                let _ = self.facets.try_set(facets);
            }
        });
    }

    /// The first part of a new list.
    fn take(self, found: GalleryTiles) {
        self.asked.update_value(HashSet::clear);
        self.selected.set(Selected::default());
        self.newer.set(0);
        self.cursor.set(0);
        self.anchor.set_value(0);
        self.tiles.update(|tiles| {
            *tiles = LoadedTiles::default();
            tiles.insert(0, found.tiles);
        });
        self.found.set(Found::Results { upto: found.upto, total: found.total });
    }

    /// Whether the search is for what is in the trash.
    pub fn in_trash(self) -> bool {
        self.query.with(|query| query.text.split_whitespace().any(|term| term.eq_ignore_ascii_case("in:trash")))
    }

    /// How many results there are, and up to which output they were counted.
    pub fn results(self) -> (Option<GalleryId>, u64) {
        self.found.with(|found| match found {
            Found::Results { upto, total } => (*upto, *total),
            Found::Searching | Found::Failed(_) => (None, 0),
        })
    }

    /// Loads the tiles of this part of the list, unless they are there or on the way.
    pub fn load_part(self, part: u64) {
        let (upto, _) = untrack(|| self.results());
        if self.tiles.with_untracked(|tiles| tiles.has_part(part)) || self.asked.with_value(|asked| asked.contains(&part)) {
            return;
        }
        self.asked.update_value(|asked| _ = asked.insert(part));
        let query = self.query.get_untracked();
        let search = self.search.get_value();
        let limit = u32::try_from(PART).unwrap_or(u32::MAX);
        let slice = GallerySlice { query, upto, offset: part * PART, limit };
        spawn_local(async move {
            let answer = fetch_gallery_tiles(slice).await;
            if self.search.try_get_value() != Some(search) {
                return;
            }
            // Asked for again when it is scrolled to again, also when it was forgotten or could not be had.
            self.asked.update_value(|asked| _ = asked.remove(&part));
            if let Ok(Ok(found)) = answer {
                self.tiles.update(|tiles| tiles.insert(part * PART, found.tiles));
            }
        });
    }

    /// Looks for newer results when outputs of tasks were kept, and after a lost connection.
    fn follow_outputs(self) {
        let live = self.live;
        let kept = memo(move || {
            let connected = live.connection().state == LinkState::Connected;
            let is_kept = |output: &&proto::task::Output| output.storage == OutputStorage::Kept;
            let count = |task: &proto::task::Task| if task.state.is_final() { task.outputs.iter().filter(is_kept).count() } else { 0 };
            let newest = live.with_all(|all| (all.tasks.last().map(|task| task.id), all.tasks.iter().map(count).sum::<usize>()));
            (connected, newest)
        });
        Effect::new(move |earlier: Option<()>| {
            kept.with(|_| ());
            if earlier.is_some() {
                for after in NEWS_AFTER {
                    if let Ok(timer) = set_timeout_with_handle(move || self.look_for_newer(), after) {
                        on_cleanup(move || timer.clear());
                    }
                }
            }
        });
    }

    /// Newer results are shown at once at the beginning of the list, while nothing is selected; otherwise only counted.
    fn look_for_newer(self) {
        let Some(query) = self.query.try_get_untracked() else { return };
        if self.found.with_untracked(|found| matches!(found, Found::Failed(_))) {
            return self.find(query);
        }
        let search = self.search.get_value();
        let limit = u32::try_from(PART).unwrap_or(u32::MAX);
        spawn_local(async move {
            let slice = GallerySlice { query: query.clone(), upto: None, offset: 0, limit };
            let Ok(Ok(found)) = fetch_gallery_tiles(slice).await else { return };
            if self.search.try_get_value() != Some(search) {
                return;
            }
            let (upto, total) = untrack(|| self.results());
            let newer = found.tiles.iter().filter(|tile| Some(tile.id) > upto).count() as u64;
            let is_free = self.at_top.get_untracked()
                && !self.pointed.get_value()
                && self.selected.with_untracked(|selected| selected.is_empty(total));
            if newer == 0 && found.total == total {
                return;
            }
            if is_free && query.order == GalleryOrder::Newest {
                let cursor = self.cursor.get_untracked();
                let has_focus = dom::has_focus(&tile_id(cursor));
                self.take(found);
                // The focus stays on its output, which is further down now.
                let cursor = if has_focus { cursor + newer } else { cursor };
                self.cursor.set(cursor);
                if has_focus {
                    request_animation_frame(move || dom::focus(&tile_id(cursor)));
                }
                if let Ok(Ok(facets)) = fetch_gallery_facets(query).await {
                    let _ = self.facets.try_set(facets);
                }
            } else {
                self.newer.set(if query.order == GalleryOrder::Newest { newer } else { found.total.saturating_sub(total) });
            }
        });
    }
}

/// What the server rendered this page with, on the server and while the browser takes it over.
pub(super) fn first_of_server() -> Option<GalleryFirst> {
    if use_page_state().is_hydrated_untracked() {
        return None;
    }
    let bytes = use_context::<FirstPaint>().map(|first| first.gallery).unwrap_or_default();
    postcard::from_bytes(&bytes).ok()
}

fn is_same_search(one: &GalleryQuery, other: &GalleryQuery) -> bool {
    (one.text.trim(), one.order) == (other.text.trim(), other.order)
}

/// How far the clock of this browser is ahead of UTC, in minutes.
fn utc_offset() -> i32 {
    #[cfg(feature = "hydrate")]
    return -(js_sys::Date::new_0().get_timezone_offset() as i32);
    #[cfg(not(feature = "hydrate"))]
    0
}
