//! What is compared, how, and which of the outputs is chosen.

use leptos::{prelude::*, task::spawn_local};
use leptos_router::{NavigateOptions, hooks::use_location};

use super::super::url::gallery_url;
use super::super::{
    model::{GalleryModel, first_of_server},
    words::call_error,
};
use crate::{
    api::fetch_compared_outputs,
    base_path::{use_navigate, use_path},
    components::{reactive::memo, stage::ZoomView},
};
use proto::{
    gallery::{CompareAddress, CompareMode, ComparedOutput, GalleryChange, GalleryId},
    task::OutputKind,
};

/// What is known of the outputs at the address.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Compared {
    Loading,
    /// Why, for people.
    Failed(String),
    /// Those that are there, in the order of the address.
    Outputs(Vec<ComparedOutput>),
}

/// Cheap to copy. Places of outputs are those in the list of what is there, from 0.
#[derive(Clone, Copy)]
pub(super) struct CompareModel {
    pub gallery: GalleryModel,
    /// The page is open.
    pub is_open: Memo<bool>,
    /// What the address says, or why it says nothing, for people.
    pub address: Memo<Result<CompareAddress, String>>,
    pub compared: RwSignal<Compared>,
    /// What each is: parts of the page are made anew only when this changes.
    pub shown: Memo<Vec<(GalleryId, Option<OutputKind>)>>,
    /// Places of the pictures.
    pub pictures: Memo<Vec<usize>>,
    /// How they are shown: side by side where there are no two pictures.
    pub mode: Memo<CompareMode>,
    /// The places of the two pictures that lie over each other.
    pub pair: Memo<(usize, usize)>,
    /// The place of the output that keys act on.
    pub chosen: RwSignal<usize>,
    /// The part of the pictures that is seen.
    pub zoom: RwSignal<ZoomView>,
}

impl CompareModel {
    /// Begins with what the server rendered.
    pub fn new(gallery: GalleryModel) -> Self {
        let location = use_location();
        let path = use_path();
        let is_open = memo(move || path.with(|path| path.trim_end_matches('/') == "/gallery/compare"));
        let address = memo(move || {
            location.query.with(|query| {
                let part = |name: &str| query.get(name).unwrap_or_default();
                CompareAddress::read(&part("ids"), &part("mode"), &part("pair")).map_err(|error| error.to_string())
            })
        });
        let rendered = first_of_server().map(|first| first.compared).filter(|_| is_open.get_untracked());
        let is_rendered = rendered.is_some();
        let compared = RwSignal::new(rendered.map_or(Compared::Loading, Compared::Outputs));
        let shown = memo(move || {
            compared.with(|compared| match compared {
                Compared::Outputs(outputs) => outputs.iter().map(|output| (output.tile.id, output.tile.kind)).collect(),
                Compared::Loading | Compared::Failed(_) => Vec::new(),
            })
        });
        let pictures = memo(move || {
            let is_picture = |(at, (_, kind)): (usize, &(GalleryId, Option<OutputKind>))| (*kind == Some(OutputKind::Image)).then_some(at);
            shown.with(|shown| shown.iter().enumerate().filter_map(is_picture).collect::<Vec<_>>())
        });
        let mode = memo(move || {
            let wanted = address.with(|address| address.as_ref().map(|address| address.mode).unwrap_or_default());
            if pictures.with(Vec::len) < 2 { CompareMode::SideBySide } else { wanted }
        });
        let pair = memo(move || {
            let wanted = address.with(|address| address.as_ref().map_or((0, 1), |address| address.pair));
            pictures.with(|pictures| match pictures[..] {
                _ if pictures.contains(&wanted.0) && pictures.contains(&wanted.1) => wanted,
                [first, second, ..] => (first, second),
                _ => (0, 1),
            })
        });
        let model = Self {
            gallery,
            is_open,
            address,
            compared,
            shown,
            pictures,
            mode,
            pair,
            chosen: RwSignal::new(0),
            zoom: RwSignal::new(ZoomView::default()),
        };
        let wanted = memo(move || {
            let ids = address.with(|address| address.as_ref().ok().map(|address| address.ids.clone()));
            ids.filter(|_| is_open.get())
        });
        Effect::new(move |earlier: Option<Option<Vec<GalleryId>>>| {
            let ids = wanted.get();
            // What changed of them is to be seen, too.
            gallery.last_changes.track();
            let is_new = earlier.as_ref().is_none_or(|earlier| *earlier != ids);
            if is_new && earlier.is_some() {
                compared.set(Compared::Loading);
                model.chosen.set(0);
                model.zoom.set(ZoomView::default());
            }
            if let Some(ids) = ids.clone().filter(|_| earlier.is_some() || !is_rendered) {
                model.read(wanted, ids);
            }
            ids
        });
        model
    }

    fn read(self, wanted: Memo<Option<Vec<GalleryId>>>, ids: Vec<GalleryId>) {
        spawn_local(async move {
            let answer = fetch_compared_outputs(ids.clone()).await;
            if wanted.try_get_untracked().flatten() != Some(ids) {
                return;
            }
            self.compared.set(match answer {
                Ok(Ok(outputs)) => Compared::Outputs(outputs),
                Ok(Err(why)) => Compared::Failed(why),
                Err(error) => Compared::Failed(call_error(error)),
            });
        });
    }

    /// One of the outputs, without what changes of it being followed.
    pub fn output_untracked(self, at: usize) -> Option<ComparedOutput> {
        self.compared.with_untracked(|compared| match compared {
            Compared::Outputs(outputs) => outputs.get(at).cloned(),
            Compared::Loading | Compared::Failed(_) => None,
        })
    }

    /// Something of one of the outputs.
    pub fn of_output<T: Default>(self, at: usize, pick: impl Fn(&ComparedOutput) -> T) -> T {
        self.compared.with(|compared| match compared {
            Compared::Outputs(outputs) => outputs.get(at).map(pick).unwrap_or_default(),
            Compared::Loading | Compared::Failed(_) => T::default(),
        })
    }

    /// Gives an output a star, or takes it back.
    pub fn toggle_star(self, at: usize) {
        if let Some(output) = self.output_untracked(at) {
            self.gallery.change_one(output.tile.id, GalleryChange::Star(!output.tile.star));
        }
    }

    /// Moves an output to the trash, or restores it.
    pub fn toggle_trash(self, at: usize) {
        if let Some(output) = self.output_untracked(at) {
            let change = if output.deleted_at.is_some() { GalleryChange::Restore } else { GalleryChange::Trash };
            self.gallery.change_one(output.tile.id, change);
        }
    }

    pub fn choose(self, at: usize) {
        if at < self.shown.with_untracked(Vec::len) {
            self.chosen.set(at);
        }
    }

    /// The address of the list, to go back to.
    pub fn back_url(self) -> String {
        self.gallery.query.with(|query| gallery_url(None, query))
    }
}

/// Goes to an address that differs from the present one in how the outputs are shown: it takes the place of the present one in the history.
#[derive(Clone, Copy)]
pub(super) struct ModeChange {
    model: CompareModel,
    go: Callback<String>,
}

impl ModeChange {
    pub fn new(model: CompareModel) -> Self {
        let navigate = use_navigate();
        let go = Callback::new(move |url: String| navigate(&url, NavigateOptions { replace: true, scroll: false, ..Default::default() }));
        Self { model, go }
    }

    pub fn to_mode(self, mode: CompareMode) {
        self.change(|address| address.mode = mode);
    }

    pub fn to_pair(self, pair: (usize, usize)) {
        self.change(|address| address.pair = pair);
    }

    fn change(self, change: impl FnOnce(&mut CompareAddress)) {
        if let Ok(mut address) = self.model.address.get_untracked() {
            change(&mut address);
            self.go.run(self.model.gallery.query.with_untracked(|query| address.url(query)));
        }
    }
}
