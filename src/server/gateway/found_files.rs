//! Files that a client's workflow names, for the ComfyUI that runs it: outputs of earlier prompts, wherever those were made, and what any other ComfyUI has.

use bytes::Bytes;
use futures::future::BoxFuture;
use proto::gateway::{marked, unmarked};
use serde_json::Value;

use super::{shared::Gateway, view::bytes_of};
use crate::{client_files::FilePlace, named_files::FileFinder};

impl FileFinder for Gateway {
    fn find<'a>(&'a self, place: &'a FilePlace) -> BoxFuture<'a, Option<Bytes>> {
        Box::pin(async move { bytes_of(self, place.folder, &place.subfolder, &place.name).await.map(Bytes::from) })
    }

    fn is_named_by_darkroom(&self, place: &FilePlace) -> bool {
        unmarked(&place.subfolder).is_some()
    }
}

/// With several ComfyUIs `ComfyUI_00001_.png [output]` may be a file of each. It is the newest output of that name, as in `/view`: the workflow gets the name by which
/// that is found at any of them. `None`: it stays as it is.
pub(super) async fn with_named_outputs(gateway: &Gateway, workflow: &Value) -> Option<Value> {
    if gateway.app.pool().iter().count() < 2 {
        return None;
    }
    let mut named = workflow.clone();
    for (value, place) in annotated(&mut named) {
        let is_clear = place.folder == "input" || unmarked(&place.subfolder).is_some() || gateway.files.has(&place).await;
        if is_clear {
            continue;
        }
        let FilePlace { folder, subfolder, name } = place;
        match gateway.app.store().newest_output(name.clone(), subfolder.clone(), folder.to_owned()).await {
            Ok(Some((task, _))) => *value = format!("{}/{name} [{folder}]", marked(task, &subfolder)).into(),
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "it cannot be looked up whose output a file is"),
        }
    }
    Some(named)
}

/// The values of inputs that name a file by its folder.
fn annotated(workflow: &mut Value) -> Vec<(&mut Value, FilePlace)> {
    let nodes = workflow.as_object_mut().into_iter().flatten();
    let inputs = nodes.filter_map(|(_, node)| node.get_mut("inputs")?.as_object_mut()).flatten();
    inputs.filter_map(|(_, value)| value.as_str().and_then(FilePlace::annotated).map(|place| (value, place))).collect()
}
