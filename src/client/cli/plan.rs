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
    comfy::{ExtraData, Workflow},
    ids::NodeId,
    limits,
};

pub(super) struct RunPlan {
    pub(super) workflow: Workflow,
    pub(super) options: Options,
    pub(super) folder: PathBuf,
    /// Node titles, for messages.
    pub(super) titles: HashMap<NodeId, String>,
    pub(super) name: String,
}

const STDIN: &str = "-";

impl RunPlan {
    pub(super) fn new(args: &RunArgs) -> Result<Self, ClientError> {
        let (mut workflow, extra_data) = read(&args.workflow)?;
        for (place, value) in &args.set {
            InputPath::find(&workflow, place)?.set(&mut workflow, value.clone());
        }
        let name = name(&args.workflow);
        let mut options = match &args.server {
            Some(url) => Options::darkroom(url)?,
            None => Options::comfyui(&args.comfyui)?,
        };
        // An empty variable counts as unset.
        if let Some(token) = args.token.as_deref().filter(|token| !token.trim().is_empty()) {
            options = options.token(token)?;
        }
        options = access(options, args)?;
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
        Ok(Self { workflow, options, folder, titles, name })
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

/// A file that is the body of a `POST /prompt` has extra data, too.
fn read(path: &Path) -> Result<(Workflow, ExtraData), ClientError> {
    let is_stdin = path == Path::new(STDIN);
    let shown = if is_stdin { "standard input".into() } else { path.display().to_string() };
    let text = if is_stdin { text(io::stdin()) } else { File::open(path).and_then(text) };
    let text = text.map_err(|error| ClientError::Usage(format!("{shown} cannot be read: {error}")))?;
    let workflow = Workflow::parse(&text).map_err(|error| ClientError::Usage(format!("{shown}: {error}")))?;
    let extra_data = ExtraData::of_file(&text).map_err(|error| ClientError::Usage(format!("{shown}: {error}")))?;
    Ok((workflow, extra_data))
}

/// Enough bytes for the parser to see that the file is too large.
fn text(from: impl Read) -> io::Result<String> {
    let mut text = String::new();
    from.take(limits::WORKFLOW as u64 + 1).read_to_string(&mut text)?;
    Ok(text)
}

fn name(path: &Path) -> String {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).filter(|stem| stem != STDIN);
    stem.unwrap_or_else(|| "Workflow".to_owned())
}
