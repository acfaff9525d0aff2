//! What is done with outputs.

use leptos::{prelude::*, task::spawn_local};

use super::{
    last_change::{LastChange, UNDONE},
    model::GalleryModel,
    selection::Selected,
    words::{call_error, outputs},
};
use crate::{
    api::{CallError, change_gallery, empty_gallery_trash, remove_output, rerun_outputs, undo_gallery},
    components::dom::random_seed,
    live::ToastKind,
};
use proto::{
    gallery::{GalleryActionResult, GalleryChange, GalleryId, GallerySelection, GalleryTile, OutputsRerun},
    ids::CommandId,
};
use uuid::Uuid;

impl GalleryModel {
    /// Selects the tiles from one place to another, as far as they are loaded, and what was selected before.
    pub fn select_range(self, from: u64, to: u64) {
        let (first, last) = (from.min(to), from.max(to));
        let ids: Vec<GalleryId> =
            self.tiles.with_untracked(|tiles| (first..=last).filter_map(|index| tiles.get(index)).map(|tile| tile.id).collect());
        self.selected.update(|selected| ids.into_iter().for_each(|id| selected.set(id, true)));
    }

    /// Whether all that is selected has a star, as far as it is loaded.
    pub fn all_starred(self) -> bool {
        self.selected.with(|selected| {
            self.tiles.with(|tiles| {
                let mut starred = tiles.all().filter(|tile| selected.has(tile.id)).map(|tile| tile.star).peekable();
                starred.peek().is_some() && starred.all(|star| star)
            })
        })
    }

    /// Changes what is selected.
    pub fn change_selected(self, change: GalleryChange) {
        let (upto, total) = untrack(|| self.results());
        let query = self.query.get_untracked();
        let selected = self.selected.get_untracked();
        if let Some(selection) = selected.selection(&query, upto, total) {
            self.change(selection, change, move |tile| selected.has(tile.id));
        }
    }

    /// Changes one output.
    pub fn change_one(self, id: GalleryId, change: GalleryChange) {
        self.change(GallerySelection::Ids(vec![id]), change, move |tile| tile.id == id);
    }

    /// `is_it`: which of the tiles are changed. They show it at once, and as they were where it fails.
    fn change(self, selection: GallerySelection, change: GalleryChange, is_it: impl Fn(&GalleryTile) -> bool + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        let before = self.tiles.get_untracked();
        match change {
            GalleryChange::Star(star) => self.tiles.update(|tiles| tiles.change(&is_it, |tile| tile.star = star)),
            GalleryChange::Rating(rating) => self.tiles.update(|tiles| tiles.change(&is_it, |tile| tile.rating = rating)),
            _ => {}
        }
        spawn_local(async move {
            let answer = change_gallery(selection, change.clone()).await;
            if self.busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(Ok(done)) => self.changed(&change, &done),
                Ok(Err(why)) => self.not_changed(before, why),
                Err(error) => self.not_changed(before, call_error(error)),
            }
        });
    }

    fn not_changed(self, before: super::loaded::LoadedTiles, why: String) {
        self.tiles.set(before);
        self.live.toast(ToastKind::Bad, "Not changed", why, None);
    }

    fn changed(self, change: &GalleryChange, done: &GalleryActionResult) {
        if done.changed == 0 && done.refused == 0 {
            self.live.toast(ToastKind::Good, "Nothing to change", "All of them are like that already.", None);
            return;
        }
        let mut words = change_words(change, done.changed);
        if done.refused > 0 {
            words = format!(
                "{words} {} starred and stayed.",
                if done.refused == 1 { "One is".into() } else { format!("{} are", done.refused) }
            );
        }
        words.push_str(&also_at_words(&done.also_at));
        self.last_changes.update(|changes| {
            changes.push(LastChange { action: done.action, words });
            if changes.len() > UNDONE {
                changes.remove(0);
            }
        });
        // What goes leaves the list, and counts and tags are others.
        let list_changed = matches!(change, GalleryChange::Trash | GalleryChange::Restore);
        if list_changed {
            self.selected.set(Selected::default());
        }
        self.refresh(list_changed);
    }

    /// Makes the last change undone; then the one before can be.
    pub fn undo(self) {
        let Some(last) = self.last_changes.with_untracked(|changes| changes.last().cloned()) else { return };
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        spawn_local(async move {
            let answer = undo_gallery(last.action).await;
            if self.busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(Ok(_)) => {
                    self.last_changes.update(|changes| changes.retain(|change| change.action != last.action));
                    self.live.toast(ToastKind::Good, "Undone", "Everything is as it was.", None);
                    self.refresh(true);
                }
                Ok(Err(why)) => self.live.toast(ToastKind::Bad, "Not undone", why, None),
                Err(error) => self.live.toast(ToastKind::Bad, "Not undone", call_error(error), None),
            }
        });
    }
}

impl GalleryModel {
    /// Removes an output of the trash, and goes back to the list.
    pub fn remove_for_good(self, id: GalleryId) {
        self.remove(async move { remove_output(id).await.map(|done| done.map(|()| 1)) });
    }

    pub fn empty_trash(self) {
        self.remove(empty_gallery_trash());
    }

    /// `removal` returns how many outputs it removed.
    fn remove(self, removal: impl Future<Output = Result<Result<u64, String>, CallError>> + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        spawn_local(async move {
            let answer = removal.await;
            if self.busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(Ok(removed)) => {
                    self.live.toast(ToastKind::Good, "Deleted", format!("{} removed for good.", outputs(removed)), None);
                    self.selected.set(Selected::default());
                    self.last_changes.set(Vec::new());
                    self.find(self.query.get_untracked());
                }
                Ok(Err(why)) => self.live.toast(ToastKind::Bad, "Not deleted", why, None),
                Err(error) => self.live.toast(ToastKind::Bad, "Not deleted", call_error(error), None),
            }
        });
    }

    /// Runs the tasks of what is selected again.
    pub fn run_again(self, new_seed: bool) {
        let (upto, total) = untrack(|| self.results());
        let query = self.query.get_untracked();
        let selection = self.selected.with_untracked(|selected| selected.selection(&query, upto, total));
        let Some(selection) = selection.filter(|_| !self.busy.get_untracked()) else { return };
        self.busy.set(true);
        let id = CommandId(Uuid::from_u64_pair(random_seed(), random_seed()));
        spawn_local(async move {
            let answer = rerun_outputs(selection, new_seed, id).await;
            if self.busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(Ok(done)) => {
                    let (kind, title, text) = rerun_words(&done);
                    self.live.toast(kind, title, text, None);
                    if done.started > 0 {
                        self.selected.set(Selected::default());
                    }
                }
                Ok(Err(why)) => self.live.toast(ToastKind::Bad, "Not run again", why, None),
                Err(error) => self.live.toast(ToastKind::Bad, "Not run again", call_error(error), None),
            }
        });
    }
}

/// The kind, the title and the text of what is said of it.
fn rerun_words(done: &OutputsRerun) -> (ToastKind, String, String) {
    let tasks = |count: u32| if count == 1 { "1 task".to_owned() } else { format!("{count} tasks") };
    let mut parts = Vec::new();
    if done.without_task > 0 {
        parts.push(format!("The tasks of {} are not there any more.", outputs(u64::from(done.without_task))));
    }
    if done.refused > 0 {
        parts.push(format!("{} refused: {}", tasks(done.refused), done.why.as_deref().unwrap_or_default()));
    }
    let kind = if done.started > 0 { ToastKind::Waiting } else { ToastKind::Bad };
    let title = if done.started > 0 { format!("{} in the queue", tasks(done.started)) } else { "Nothing runs again".to_owned() };
    (kind, title, parts.join(" "))
}

/// Where the files still are.
fn also_at_words(also_at: &[(String, u64)]) -> String {
    match also_at {
        [] => String::new(),
        [(one, _)] => format!(" {one} may still have the files in its output folder."),
        many => {
            let names: Vec<String> = many.iter().map(|(name, count)| format!("{name} ({count})")).collect();
            format!(" These may still have the files in their output folders: {}.", names.join(", "))
        }
    }
}

fn change_words(change: &GalleryChange, changed: u64) -> String {
    let outputs = outputs(changed);
    match change {
        GalleryChange::Star(true) => format!("{outputs} starred."),
        GalleryChange::Star(false) => format!("{outputs} not starred any more."),
        GalleryChange::Rating(0) => format!("{outputs} not rated any more."),
        GalleryChange::Rating(rating) => format!("{outputs} rated {rating} of 5."),
        GalleryChange::AddTag(tag) => format!("{outputs} tagged {tag}."),
        GalleryChange::RemoveTag(tag) => format!("Tag {tag} removed from {outputs}."),
        GalleryChange::AddToAlbum(album) => format!("{outputs} added to the album {album}."),
        GalleryChange::RemoveFromAlbum(album) => format!("{outputs} removed from the album {album}."),
        GalleryChange::Trash => format!("{outputs} moved to the trash."),
        GalleryChange::Restore => format!("{outputs} restored."),
    }
}
