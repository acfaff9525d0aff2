//! Why a file could not be opened as a workflow.

use crate::{
    editor::{EditorError, NodeProblem},
    ids::NodeId,
    task::Problem,
};

/// Problems, and nodes with the same one, that are named in a message.
const LISTED: usize = 5;

/// The messages are for the person who chose the file, or the program that sent it: what it is, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    #[error("This file is empty. Save or export the workflow again: in ComfyUI, Workflow → Export (API).")]
    Empty,
    #[error(
        "This is {0}, not a workflow. Choose a JSON file (in ComfyUI: Workflow → Export (API)), or a picture or video that ComfyUI made."
    )]
    Other(&'static str),
    #[error(
        "This is a web page, not a workflow: perhaps a server's error or sign-in page that was saved under this name. Download the file again."
    )]
    WebPage,
    #[error("This file ends too early: it was not saved or downloaded completely. Download or export it again.")]
    CutOff,
    #[error("This is a Python dictionary as print() shows it, not JSON. Write it with json.dump(workflow, file).")]
    Python,
    /// The line, its text, and what is wrong.
    #[error("This file is not JSON: in line {line}, at {at:?}, {why}. In ComfyUI, use Workflow → Export (API) and choose that file.")]
    NotJson { line: usize, at: String, why: String },
    #[error("This file is not JSON: it is text that begins {0:?}. In ComfyUI, use Workflow → Export (API) and choose that file.")]
    Text(String),
    #[error(
        "This is a workflow in the editor's format. It is converted with the node classes of a ComfyUI, and none could be reached yet. Try again when one is connected, or choose a file of the API format: in ComfyUI, use Workflow → Export (API)."
    )]
    NoCatalog,
    #[error("{0}")]
    Editor(#[from] EditorError),
    /// Nodes of a workflow in the editor's format that cannot be converted. At least one.
    #[error("This workflow in the editor's format cannot be converted. {}", listed(.0))]
    Unconverted(Vec<NodeProblem>),
    #[error(
        "This picture holds no workflow. Take the file that ComfyUI wrote: messengers, websites and picture editors remove the workflow from pictures."
    )]
    NothingInPicture,
    #[error(
        "This video holds no workflow. Take the file that ComfyUI wrote: messengers, websites and video editors remove the workflow from videos."
    )]
    NothingInVideo,
    /// The program.
    #[error(
        "This picture was made by {0}: it holds the settings of that program, and no workflow. Open it in Darkroom's Studio, whose form takes them over."
    )]
    Settings(String),
    #[error("This file was made by another program than ComfyUI: it holds a description ({0}), and no workflow.")]
    OtherPicture(String),
    #[error("This picture cannot be read: {0}. Copy or download it again.")]
    BrokenPicture(String),
    #[error("The workflow in this file cannot be used. {0}")]
    InPicture(Box<FileError>),
    #[error("This holds {count} {what}, and one can be run at a time. Take one of them.")]
    Several { count: usize, what: &'static str },
    #[error("This is the answer of a server with an error, not a workflow. It says: {0}")]
    ServerError(String),
    #[error("This is ComfyUI's list of node classes (/object_info), not a workflow. In ComfyUI, use Workflow → Export (API).")]
    NodeClasses,
    #[error("This JSON is not a workflow: {0}. An API workflow maps node ids to {{class_type, inputs}}.")]
    NotAWorkflow(String),
    #[error("This workflow has no nodes.")]
    NoNodes,
    #[error("This workflow is too large: {0}.")]
    TooLarge(String),
    /// A node that cannot be run, and an input of it.
    #[error("{}: {why}", place(.node, .class.as_deref(), .input.as_deref()))]
    Node { node: NodeId, class: Option<String>, input: Option<String>, why: String },
}

fn place(node: &NodeId, class: Option<&str>, input: Option<&str>) -> String {
    let node = class.map_or_else(|| format!("Node \"{node}\""), |class| format!("Node {node} ({class})"));
    input.map_or_else(|| node.clone(), |input| format!("{node}, input \"{input}\""))
}

/// Nodes of one class with the same problem are named together.
fn listed(problems: &[NodeProblem]) -> String {
    let mut alike: Vec<(&NodeProblem, Vec<&NodeProblem>)> = Vec::new();
    for problem in problems {
        if let Some((_, others)) = alike.iter_mut().find(|(first, _)| first.class == problem.class && first.why == problem.why) {
            others.push(problem);
        } else if alike.len() < LISTED {
            alike.push((problem, Vec::new()));
        }
    }
    let named: usize = alike.iter().map(|(_, others)| others.len() + 1).sum();
    let mut lines: Vec<String> = alike.iter().map(|(first, others)| line(first, others)).collect();
    if named < problems.len() {
        lines.push(format!("{} more nodes have problems.", problems.len() - named));
    }
    lines.join(" ")
}

fn line(first: &NodeProblem, others: &[&NodeProblem]) -> String {
    if others.is_empty() {
        return first.to_string();
    }
    let ids: Vec<&str> = std::iter::once(&first).chain(others).map(|problem| problem.node.as_str()).take(LISTED).collect();
    let more = (others.len() + 1).saturating_sub(LISTED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("Nodes {}{more} ({}): {}", ids.join(", "), first.class, first.why)
}

impl FileError {
    /// What is wrong, with the node that it belongs to, if any.
    #[must_use]
    pub fn problems(self) -> Vec<Problem> {
        match self {
            Self::Unconverted(problems) => problems
                .into_iter()
                .map(|problem| Problem { node: Some(problem.node), title: problem.title, input: None, message: problem.why })
                .collect(),
            error => vec![error.into()],
        }
    }
}

impl From<FileError> for Problem {
    fn from(error: FileError) -> Self {
        let message = error.to_string();
        match error {
            FileError::Node { node, input, .. } => Self { node: Some(node), title: None, input, message },
            _ => Self { node: None, title: None, input: None, message },
        }
    }
}
