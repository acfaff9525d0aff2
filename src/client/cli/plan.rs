//! The run as planned from the arguments, checked as far as possible before any request is sent.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use super::RunArgs;
use crate::{ClientError, InputPath, Options, files, learned};
use proto::{
    comfy::{Catalog, ExtraData, Workflow},
    ids::NodeId,
    limits,
    workflow_file::{self, Opened, OpenedWorkflow},
};

pub(super) struct RunPlan {
    pub(super) workflow: Workflow,
    pub(super) options: Options,
    pub(super) folder: PathBuf,
    /// Node titles, for messages.
    pub(super) titles: HashMap<NodeId, String>,
    pub(super) name: String,
    /// Notes on what was left out of the file, for people.
    pub(super) notes: Vec<String>,
    /// Values whose type is not determined by the file alone.
    undecided: Vec<(InputPath, String)>,
}

const STDIN: &str = "-";

impl RunPlan {
    pub(super) async fn new(args: &RunArgs) -> Result<Self, ClientError> {
        let opened = read(&args.workflow)?;
        let mut options = target(args)?;
        let OpenedWorkflow { mut workflow, extra_data, notes, .. } =
            options.workflow_of(opened).await.map_err(|error| in_file(&args.workflow, error))?;
        let extra_data = ExtraData::from_value(extra_data).map_err(|error| ClientError::Usage(error.to_string()))?;
        let mut undecided = Vec::new();
        for (place, text) in &args.set {
            let place = InputPath::find(&workflow, place)?;
            if place.needs_catalog(&workflow, text) {
                undecided.push((place, text.clone()));
            } else {
                let value = place.value(&workflow, text, &Catalog::default())?;
                place.set(&mut workflow, value);
            }
        }
        let name = name(&args.workflow);
        for (place, file) in &args.upload {
            options = options.upload(InputPath::find(&workflow, place)?, file);
        }
        if let Some(limit) = args.timeout {
            options = options.timeout(limit);
        }
        options = options.name(name.clone()).extra_data(extra_data).give_up_after(args.give_up_after).rerun(!args.no_rerun);
        if let Some(file) = learned::default_file() {
            options = options.learn_in(file);
        }
        options.check_uploads()?;
        let folder = args.output.clone();
        let no_folder = |error| ClientError::Usage(format!("{} cannot take files: {error}", folder.display()));
        files::prepare(&folder).map_err(no_folder)?;
        let titles = workflow.0.iter().filter_map(|(id, node)| Some((id.clone(), node.title()?.to_owned()))).collect();
        Ok(Self { workflow, options, folder, titles, name, undecided, notes })
    }

    /// Sets the inputs whose type is not determined by the file alone, as ComfyUI describes their nodes. An unreachable ComfyUI is ignored here:
    /// the run reports it.
    ///
    /// # Errors
    /// [`ClientError::Usage`]: a value that cannot be of the input's type.
    pub(super) async fn set_undecided(&mut self) -> Result<(), ClientError> {
        for (place, text) in std::mem::take(&mut self.undecided) {
            let class = self.workflow.0.get(place.node()).map_or("", |node| node.class_type());
            let catalog = self.options.node_class(class).await;
            let value = place.value(&self.workflow, &text, &catalog)?;
            place.set(&mut self.workflow, value);
        }
        Ok(())
    }
}

/// Where it runs, with everything that requests there need.
fn target(args: &RunArgs) -> Result<Options, ClientError> {
    let mut options = match &args.server {
        Some(url) => Options::darkroom(url)?,
        None => Options::comfyui(&args.comfyui)?,
    };
    // An empty variable counts as unset.
    if let Some(token) = args.token.as_deref().filter(|token| !token.trim().is_empty()) {
        options = options.token(token)?;
    }
    access(options, args)
}

/// Names the file that cannot be used.
fn in_file(path: &Path, error: ClientError) -> ClientError {
    match error {
        ClientError::Usage(why) => ClientError::Usage(format!("{}: {why}", shown(path))),
        other => other,
    }
}

/// Credentials and certificates besides the token.
fn access(mut options: Options, args: &RunArgs) -> Result<Options, ClientError> {
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    if let Some(user) = given(&args.user) {
        options = options.user(&user, &given(&args.password).unwrap_or_default())?;
    }
    for header in &args.header {
        let lines = match header.strip_prefix('@') {
            Some(file) => std::fs::read_to_string(file).map_err(|error| ClientError::Usage(format!("{file} cannot be read: {error}")))?,
            None => header.clone(),
        };
        for line in lines.lines().filter(|line| !line.trim().is_empty()) {
            // The line is not shown: it may be nothing but the secret.
            let (name, value) = line
                .split_once(':')
                .ok_or_else(|| ClientError::Usage("A header has no colon: write it like \"X-API-Key: VALUE\".".to_owned()))?;
            options = options.header(name, value)?;
        }
    }
    match &args.ca_file {
        Some(file) => options.ca_file(file),
        None => Ok(options),
    }
}

fn read(path: &Path) -> Result<Opened, ClientError> {
    let bytes = if path == Path::new(STDIN) { bytes(io::stdin()) } else { File::open(path).and_then(bytes) };
    let bytes = bytes.map_err(|error| ClientError::Usage(format!("{} cannot be read: {error}", shown(path))))?;
    workflow_file::open(&bytes).map_err(|error| ClientError::Usage(format!("{}: {error}", shown(path))))
}

fn shown(path: &Path) -> String {
    if path == Path::new(STDIN) { "standard input".into() } else { path.display().to_string() }
}

/// As much as the largest picture that may hold a workflow.
fn bytes(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(limits::UPLOAD as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn name(path: &Path) -> String {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).filter(|stem| stem != STDIN);
    stem.unwrap_or_else(|| "Workflow".to_owned())
}
