//! What the pictures of a node are, as far as the workflow says.

use std::collections::{HashMap, HashSet};

use crate::{comfy::Workflow, ids::NodeId};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sends {
    /// Results, by the name of the class.
    Results,
    /// No other node takes its outputs, so that it runs for what it sends or saves: results or previews. ComfyUI runs only output nodes and
    /// those that they need.
    Either,
    /// A node that was created while running (fact 23), whose class is not known: a PNG is a result.
    Unknown,
    /// Previews, unless `executed` says otherwise.
    Previews,
}

/// Of the nodes whose pictures may be results.
pub(super) fn senders(workflow: &Workflow) -> HashMap<NodeId, Sends> {
    let used: HashSet<&str> = workflow.0.values().flat_map(|node| node.links().map(|(_, source, _)| source)).collect();
    let sends = |(id, node): (&NodeId, &crate::comfy::WorkflowNode)| {
        let sends = if sends_results(node.class_type()) {
            Sends::Results
        } else if !used.contains(id.as_str()) {
            Sends::Either
        } else {
            return None;
        };
        Some((id.clone(), sends))
    };
    workflow.0.iter().filter_map(sends).collect()
}

/// Whether a node of this workflow sends its results over the socket, by the name of its class. Without a socket they are lost.
#[must_use]
pub fn needs_socket(workflow: &Workflow) -> bool {
    workflow.0.values().any(|node| sends_results(node.class_type()))
}

/// By its name, only of classes that are known to send pictures to ComfyUI's own clients (fact 67): `SaveImageWebsocket`, `ETN_SendImageWebSocket` and
/// those named after them. Other names prove nothing: `LoadImageWebsocket` reads its input from a text, `SaveLatentWebsocket` reports JSON, and
/// `ETN_SendImageMQTT` sends elsewhere.
#[must_use]
pub fn sends_results(class: &str) -> bool {
    let class = class.to_ascii_lowercase();
    class.starts_with("saveimagewebsocket") || class.contains("sendimagewebsocket")
}
