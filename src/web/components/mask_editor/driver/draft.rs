//! The mask as a draft in IndexedDB: a reload, a lost connection or another page lose nothing of it.
//!
//! Nothing here fails for people: where the browser stores nothing (a private window, a full disk), the mask is just gone after a reload.

use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use idb::{Database, DatabaseEvent, Factory, ObjectStoreParams, TransactionMode};
use js_sys::Uint8Array;
use leptos::task::spawn_local;
use proto::{
    edit::PictureId,
    limits,
    mask::{DraftWriter, Mask, Painting},
};
use wasm_bindgen::JsValue;

use super::state::{DriverHandle, handle};
use crate::{components::mask_editor::model::MaskEditorModel, storage};

const DATABASE: &str = "darkroom";
const STORE: &str = "masks";
/// The ids of the pictures that have drafts, the newest first.
const ORDER: &str = "darkroom:masks";
/// A draft is written so long after a change, milliseconds.
const DELAY: u32 = 400;
/// Tiles that are written at a time.
const TILES: usize = 24;

/// Shows the draft of the picture, if there is one and nothing was painted meanwhile. A mask that was carried over from another picture of the
/// same size stays unless there is one. `then` is called when that is done.
pub(super) fn restore(handle: DriverHandle, carried: bool, then: impl FnOnce() + 'static) {
    spawn_local(async move {
        let id = handle.0.borrow().picture.id.clone();
        let database = open().await.ok().map(Rc::new);
        let stored = match &database {
            Some(database) => read(database, id.as_str()).await,
            None => None,
        };
        {
            let mut driver = handle.0.borrow_mut();
            driver.draft.database = database;
            driver.draft.known = true;
            driver.draft.changed |= carried;
            let size = (driver.painting.mask().width(), driver.painting.mask().height());
            let draft = stored.and_then(|bytes| Mask::from_draft(&bytes).ok()).filter(|mask| (mask.width(), mask.height()) == size);
            if let Some(mask) = draft.filter(|_| !driver.painting.can_undo()) {
                driver.painting = Painting::new(mask);
            }
        }
        then();
    });
}

/// Stores the mask soon, unless that is coming.
pub(super) fn save_later(handle: &DriverHandle) {
    {
        let draft = &mut handle.0.borrow_mut().draft;
        if !draft.known {
            return;
        }
        draft.changed = true;
        if std::mem::replace(&mut draft.saving, true) {
            return;
        }
    }
    let handle = handle.clone();
    spawn_local(async move {
        loop {
            TimeoutFuture::new(DELAY).await;
            handle.0.borrow_mut().draft.changed = false;
            save(&handle).await;
            if !handle.0.borrow().draft.changed {
                break;
            }
        }
        handle.0.borrow_mut().draft.saving = false;
    });
}

/// Stores what is not stored yet, when the page may go away.
pub(super) fn save_now(model: MaskEditorModel) {
    let Some(handle) = handle(model) else { return };
    let (bytes, id, database) = {
        let mut driver = handle.0.borrow_mut();
        if !std::mem::take(&mut driver.draft.changed) {
            return;
        }
        driver.finish_input();
        (driver.painting.mask().to_draft(), driver.picture.id.clone(), driver.draft.database.clone())
    };
    if let Some(database) = database {
        spawn_local(async move {
            let _ = write(&database, id.as_str(), &bytes).await;
        });
    }
}

/// Writes the mask in steps, and stores it.
async fn save(handle: &DriverHandle) {
    let mut writer = DraftWriter::new(handle.0.borrow().painting.mask());
    while writer.write(handle.0.borrow().painting.mask(), TILES) {
        TimeoutFuture::new(0).await;
    }
    let (database, id, is_empty) = {
        let driver = handle.0.borrow();
        (driver.draft.database.clone(), driver.picture.id.clone(), driver.painting.mask().is_empty())
    };
    let Some(database) = database else { return };
    if is_empty {
        let _ = remove(&database, id.as_str()).await;
    } else if write(&database, id.as_str(), &writer.into_bytes()).await.is_ok() {
        remember(&database, &id).await;
    }
}

pub(super) async fn open() -> Result<Database, idb::Error> {
    let mut request = Factory::new()?.open(DATABASE, Some(1))?;
    request.on_upgrade_needed(|event| {
        if let Ok(database) = event.database() {
            let _ = database.create_object_store(STORE, ObjectStoreParams::new());
        }
    });
    request.await
}

pub(super) async fn read(database: &Database, key: &str) -> Option<Vec<u8>> {
    let transaction = database.transaction(&[STORE], TransactionMode::ReadOnly).ok()?;
    let request = transaction.object_store(STORE).ok()?.get(JsValue::from_str(key)).ok()?;
    let found = request.await.ok()??;
    Some(Uint8Array::new(&found).to_vec())
}

pub(super) async fn write(database: &Database, key: &str, bytes: &[u8]) -> Result<(), idb::Error> {
    let transaction = database.transaction(&[STORE], TransactionMode::ReadWrite)?;
    let value = Uint8Array::from(bytes);
    transaction.object_store(STORE)?.put(&value, Some(&JsValue::from_str(key)))?.await?;
    transaction.commit()?.await?;
    Ok(())
}

pub(super) async fn remove(database: &Database, key: &str) -> Result<(), idb::Error> {
    let transaction = database.transaction(&[STORE], TransactionMode::ReadWrite)?;
    transaction.object_store(STORE)?.delete(JsValue::from_str(key))?.await?;
    transaction.commit()?.await?;
    Ok(())
}

/// The keys of everything that is stored, in order.
pub(super) async fn keys(database: &Database) -> Result<Vec<String>, idb::Error> {
    let transaction = database.transaction(&[STORE], TransactionMode::ReadOnly)?;
    let keys = transaction.object_store(STORE)?.get_all_keys(None, None)?.await?;
    Ok(keys.iter().filter_map(JsValue::as_string).collect())
}

/// Only the drafts of the pictures that were edited last are kept.
async fn remember(database: &Database, id: &PictureId) {
    let order = storage::load(ORDER).unwrap_or_default();
    let mut ids: Vec<&str> = order.split(' ').filter(|known| !known.is_empty() && *known != id.as_str()).collect();
    ids.insert(0, id.as_str());
    for old in ids.split_off(ids.len().min(limits::MASK_DRAFTS)) {
        let _ = remove(database, old).await;
    }
    storage::save(ORDER, &ids.join(" "));
}
