//! The LoRAs of a workflow as lists: chains of LoraLoader and LoraLoaderModelOnly, each between a model and what reads it.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
};

use serde_json::{Value, json};

use super::{
    FieldChoice, LoraChain, LoraChange, LoraEntry, PoolClasses, Rewired,
    check::check,
    classes::LORA_CLASSES,
    graph::{Graph, NodeLink},
    spec::{Spec, text_of},
    text_value::read_number,
};
use crate::{
    comfy::{Workflow, WorkflowNode},
    ids::NodeId,
    task::Problem,
};

const WITH_CLIP: &str = LORA_CLASSES[0];
const MODEL_ONLY: &str = LORA_CLASSES[1];

/// The outputs of a LoRA node.
const MODEL_SLOT: u64 = 0;
const CLIP_SLOT: u64 = 1;

/// The chains of a workflow, and a list without entries for each model that is loaded and goes through none.
#[must_use]
pub fn lora_chains(workflow: &Workflow, classes: &PoolClasses) -> Vec<LoraChain> {
    let graph = Graph::new(workflow, classes);
    let mut seen = HashSet::new();
    let mut chains = Vec::new();
    // Loaders come before what follows them.
    for id in workflow.order() {
        let Some((id, node)) = workflow.0.get_key_value(&id) else { continue };
        if is_entry(node) && !seen.contains(id) {
            let nodes = follow(&graph, id, node, &mut seen);
            chains.extend(chain_of(&nodes));
        } else if let Some(empty) = empty_chain(&graph, id, node) {
            chains.push(empty);
        }
    }
    chains
}

/// The files that the lists can have.
pub(super) fn lora_choices(classes: &PoolClasses) -> Vec<FieldChoice> {
    let Some(pool) = LORA_CLASSES.iter().find_map(|class| classes.get(class)) else { return Vec::new() };
    let texts = pool.class.input("lora_name").map(|input| input.kind.choices()).unwrap_or_default();
    texts.iter().enumerate().map(|(at, value)| FieldChoice { value: value.clone(), on: pool.choice("lora_name", at) }).collect()
}

/// A LoRA node with a file and strengths of its own, and a model to apply it to.
fn is_entry(node: &WorkflowNode) -> bool {
    let number = |input: &str| node.input(input).is_some_and(Value::is_number);
    let own = node.input("lora_name").is_some_and(Value::is_string) && number("strength_model") && node.link("model").is_some();
    match node.class_type() {
        MODEL_ONLY => own,
        WITH_CLIP => own && number("strength_clip") && node.link("clip").is_some(),
        _ => false,
    }
}

fn has_clip(node: &WorkflowNode) -> bool {
    node.class_type() == WITH_CLIP
}

/// The chain that begins with this node. It ends where something else reads what is between two LoRAs.
fn follow<'a>(
    graph: &Graph<'a>,
    id: &'a NodeId,
    node: &'a WorkflowNode,
    seen: &mut HashSet<&'a NodeId>,
) -> Vec<(&'a NodeId, &'a WorkflowNode)> {
    let mut nodes = vec![(id, node)];
    seen.insert(id);
    let mut last_clip = has_clip(node).then_some(id);
    let mut clip_source = link_of(node, "clip");
    loop {
        let Some((last, _)) = nodes.last() else { return nodes };
        let mut models = graph.readers(last.as_str()).iter().filter(|link| link.slot == MODEL_SLOT);
        let (Some(next), None) = (models.next(), models.next()) else { return nodes };
        let Some(node) = graph.node(next.reader.as_str()).filter(|node| next.input == "model" && is_entry(node)) else { return nodes };
        if has_clip(node) {
            let follows = match last_clip {
                Some(clip) => {
                    let readers: Vec<&NodeLink> = graph.readers(clip.as_str()).iter().filter(|link| link.slot == CLIP_SLOT).collect();
                    matches!(readers.as_slice(), [only] if only.reader == next.reader && only.input == "clip")
                }
                None => true,
            };
            if !follows {
                return nodes;
            }
            last_clip = Some(next.reader);
            clip_source = clip_source.or_else(|| link_of(node, "clip"));
        }
        if !seen.insert(next.reader) {
            return nodes;
        }
        nodes.push((next.reader, node));
    }
}

fn link_of(node: &WorkflowNode, input: &str) -> Option<(NodeId, u64)> {
    node.links().find(|(name, ..)| *name == input).map(|(_, source, slot)| (NodeId::from(source), slot))
}

fn chain_of(nodes: &[(&NodeId, &WorkflowNode)]) -> Option<LoraChain> {
    let (_, first) = nodes.first()?;
    let entry = |(id, node): &(&NodeId, &WorkflowNode)| {
        let text = |input: &str| node.input(input).map(text_of).unwrap_or_default();
        let clip = has_clip(node).then(|| text("strength_clip"));
        let mut entry = LoraEntry {
            node: Some((*id).clone()),
            file: text("lora_name"),
            strength: text("strength_model"),
            clip_strength: clip,
            on: true,
        };
        entry.on = !is_zero(&entry);
        entry
    };
    Some(LoraChain {
        model: link_of(first, "model")?,
        clip: nodes.iter().find(|(_, node)| has_clip(node)).and_then(|(_, node)| link_of(node, "clip")),
        entries: nodes.iter().map(entry).collect(),
    })
}

/// It would change nothing.
fn is_zero(entry: &LoraEntry) -> bool {
    let zero = |text: &String| read_number(text).and_then(|number| number.as_f64()) == Some(0.0);
    zero(&entry.strength) && entry.clip_strength.as_ref().is_none_or(zero)
}

fn empty_chain(graph: &Graph, id: &NodeId, node: &WorkflowNode) -> Option<LoraChain> {
    let outputs = &graph.classes.class(node.class_type())?.outputs;
    let slot = |kind: &str| outputs.iter().position(|output| output.kind == kind).and_then(|at| u64::try_from(at).ok());
    let model = slot("MODEL").filter(|_| node.links().next().is_none())?;
    let mut readers = graph.readers(id.as_str()).iter().filter(|link| link.slot == model).peekable();
    readers.peek()?;
    let goes_through = readers.any(|link| graph.node(link.reader.as_str()).is_some_and(is_entry));
    (!goes_through).then(|| LoraChain {
        model: (id.clone(), model),
        clip: slot("CLIP").map(|clip| (id.clone(), clip)),
        entries: Vec::new(),
    })
}

/// Writes a list back: nodes are added, removed, reordered and changed, and the links with them. Entries that are off, or of strength 0, get no
/// node. `chain`: as it was read from this workflow.
///
/// # Errors
/// The list is not of this workflow, or one problem per value that ComfyUI would refuse.
pub fn set_loras(workflow: &Workflow, classes: &PoolClasses, chain: &LoraChain, entries: &[LoraEntry]) -> Result<Rewired, Vec<Problem>> {
    let written: Vec<&LoraEntry> = entries.iter().filter(|entry| entry.on && !is_zero(entry)).collect();
    write(workflow, classes, chain, &written).map(|(rewired, _)| rewired)
}

/// Also gives the nodes of the entries.
fn write(
    workflow: &Workflow,
    classes: &PoolClasses,
    chain: &LoraChain,
    written: &[&LoraEntry],
) -> Result<(Rewired, Vec<NodeId>), Vec<Problem>> {
    let graph = Graph::new(workflow, classes);
    let own: Vec<&NodeId> = chain.entries.iter().filter_map(|entry| entry.node.as_ref()).collect();
    let current = lora_chains(workflow, classes).into_iter().find(|current| {
        current.model == chain.model && current.entries.iter().filter_map(|entry| entry.node.as_ref()).eq(own.iter().copied())
    });
    let Some(current) = current else {
        let message = "This list of LoRAs is not of this workflow: read it again.".into();
        return Err(vec![Problem { node: own.first().copied().cloned(), title: None, input: None, message }]);
    };
    let nodes = nodes_of(workflow, classes, &current, written)?;
    let ids = nodes.iter().map(|(id, _)| id.clone()).collect();
    let mut changes = changes(&current.entries, written);
    let mut changed = workflow.clone();

    // What reads the end of the chain, before it changes.
    let readers_of = |(source, slot): &(NodeId, u64)| -> Vec<NodeLink> {
        let outside = |link: &&NodeLink| link.slot == *slot && !own.contains(&link.reader);
        graph.readers(source.as_str()).iter().filter(outside).copied().collect()
    };
    let end = |slot: u64, with_clip: bool| {
        let mut ids = own.iter().rev();
        ids.find(|id| !with_clip || workflow.0.get(id.as_str()).is_some_and(has_clip)).map(|id| ((*id).clone(), slot))
    };
    let models: Vec<NodeLink> = match end(MODEL_SLOT, false) {
        Some(end) => readers_of(&end),
        None => readers_of(&current.model),
    };
    let clips: Vec<NodeLink> = match (end(CLIP_SLOT, true), own.is_empty(), &current.clip) {
        (Some(end), ..) => readers_of(&end),
        (None, true, Some(clip)) => readers_of(clip),
        _ => Vec::new(),
    };

    // Nodes that stay keep their place in the file; new ones come after the one before.
    for id in &own {
        if !nodes.iter().any(|(kept, _)| kept == *id) {
            changed.0.shift_remove(*id);
        }
    }
    let mut at = changed.0.get_index_of(&current.model.0).map_or(0, |at| at + 1);
    let (mut model, mut clip) = (current.model.clone(), current.clip.clone());
    for (id, mut node) in nodes {
        node.set_input("model", json!([model.0, model.1]));
        if has_clip(&node)
            && let Some((source, slot)) = clip.clone()
        {
            node.set_input("clip", json!([source, slot]));
            clip = Some((id.clone(), CLIP_SLOT));
        }
        model = (id.clone(), MODEL_SLOT);
        match changed.0.get_full_mut(&id) {
            Some((index, _, old)) => {
                *old = node;
                at = index + 1;
            }
            None => {
                changed.0.shift_insert(at.min(changed.0.len()), id, node);
                at += 1;
            }
        }
    }
    let mut rethread = |links: Vec<NodeLink>, source: &(NodeId, u64)| {
        for link in links {
            if let Some(reader) = changed.0.get_mut(link.reader) {
                reader.set_input(link.input, json!([source.0, source.1]));
            }
        }
    };
    rethread(models, &model);
    if let Some(clip) = &clip {
        rethread(clips, clip);
    }
    if changed == *workflow {
        changes.clear();
    }
    Ok((Rewired { workflow: changed, changes }, ids))
}

/// Writes several lists back, each as [`set_loras`].
///
/// # Errors
/// As [`set_loras`], those of all lists.
pub fn change_loras(workflow: &Workflow, classes: &PoolClasses, changes: &[LoraChange]) -> Result<Rewired, Vec<Problem>> {
    let mut sentences = Vec::new();
    let workflow = write_all(workflow, classes, changes, |now, chain, entries| {
        let next = set_loras(now, classes, chain, entries)?;
        sentences.extend(next.changes);
        Ok(next.workflow)
    })?;
    Ok(Rewired { workflow, changes: sentences })
}

/// Writes several lists back, to be saved: those that are off get nodes, too, and are named.
///
/// # Errors
/// As [`set_loras`], those of all lists.
pub fn keep_loras(workflow: &Workflow, classes: &PoolClasses, changes: &[LoraChange]) -> Result<(Workflow, Vec<NodeId>), Vec<Problem>> {
    let mut off = Vec::new();
    let workflow = write_all(workflow, classes, changes, |now, chain, entries| {
        let written: Vec<&LoraEntry> = entries.iter().filter(|entry| !is_zero(entry)).collect();
        let (next, ids) = write(now, classes, chain, &written)?;
        off.extend(ids.into_iter().zip(written).filter(|(_, entry)| !entry.on).map(|(id, _)| id));
        Ok(next.workflow)
    })?;
    Ok((workflow, off))
}

fn write_all(
    workflow: &Workflow,
    classes: &PoolClasses,
    changes: &[LoraChange],
    mut write: impl FnMut(&Workflow, &LoraChain, &[LoraEntry]) -> Result<Workflow, Vec<Problem>>,
) -> Result<Workflow, Vec<Problem>> {
    // Those at the end of the workflow first: a list may begin at the end of another one.
    let first = |chain: &LoraChain| (chain.model.clone(), chain.entries.first().and_then(|entry| entry.node.clone()));
    let known: Vec<_> = lora_chains(workflow, classes).iter().map(first).collect();
    let mut changes: Vec<&LoraChange> = changes.iter().collect();
    changes.sort_by_cached_key(|change| Reverse(known.iter().position(|known| *known == first(&change.chain))));
    let mut now = workflow.clone();
    let mut problems = Vec::new();
    for LoraChange { chain, entries } in changes {
        match write(&now, chain, entries) {
            Ok(next) => now = next,
            Err(more) => problems.extend(more),
        }
    }
    if problems.is_empty() { Ok(now) } else { Err(problems) }
}

/// The nodes of a list, without their links.
fn nodes_of(
    workflow: &Workflow,
    classes: &PoolClasses,
    chain: &LoraChain,
    entries: &[&LoraEntry],
) -> Result<Vec<(NodeId, WorkflowNode)>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut used: HashSet<NodeId> = workflow.0.keys().cloned().collect();
    let mut taken = HashSet::new();
    let mut nodes = Vec::with_capacity(entries.len());
    for entry in entries {
        let is_known = |id: &&NodeId| chain.entries.iter().any(|known| known.node.as_ref() == Some(id)) && taken.insert((*id).clone());
        let old = entry.node.as_ref().filter(is_known).and_then(|id| workflow.0.get_key_value(id));
        let clip = entry.clip_strength.as_ref().filter(|_| chain.clip.is_some());
        let class = if clip.is_some() { WITH_CLIP } else { MODEL_ONLY };
        let id = old.map_or_else(|| free_id(&mut used), |(id, _)| id.clone());
        let mut node = made(old.map(|(_, node)| node), class);
        let mut values = vec![("lora_name", &entry.file), ("strength_model", &entry.strength)];
        values.extend(clip.map(|clip| ("strength_clip", clip)));
        for (input, text) in values {
            if node.input(input).is_some_and(|now| text_of(now) == *text) {
                continue;
            }
            let value = if input == "lora_name" { Some(Value::String(text.clone())) } else { read_number(text).map(Value::Number) };
            match value
                .as_ref()
                .map_or(Some("This must be a number such as 1.0.".to_owned()), |value| refused(classes, &node, &id, input, value))
            {
                Some(message) => {
                    problems.push(Problem { node: Some(id.clone()), title: Some(entry.file.clone()), input: Some(input.into()), message })
                }
                None => node.set_input(input, value.unwrap_or_default()),
            }
        }
        nodes.push((id, node));
    }
    if problems.is_empty() { Ok(nodes) } else { Err(problems) }
}

fn refused(classes: &PoolClasses, node: &WorkflowNode, id: &NodeId, name: &str, value: &Value) -> Option<String> {
    let pool = classes.get(node.class_type())?;
    let input = pool.class.input(name)?;
    let kind = Some(std::borrow::Cow::Borrowed(&input.kind));
    let spec = Spec { kind, input: Some(input), pool: Some(pool), node, node_id: id.as_str(), name: name.into() };
    check(&spec, value).map(|problem| problem.message)
}

/// The old node as one of this class, or a new one.
fn made(old: Option<&WorkflowNode>, class: &str) -> WorkflowNode {
    let mut node = old.cloned().unwrap_or_else(|| WorkflowNode::of_class(class));
    node.set_class_type(class);
    if class == MODEL_ONLY {
        node.remove_input("clip");
        node.remove_input("strength_clip");
    }
    node
}

/// A number above all others.
fn free_id(used: &mut HashSet<NodeId>) -> NodeId {
    let highest = used.iter().filter_map(|id| id.as_str().parse::<u64>().ok()).max().unwrap_or_default();
    let id = NodeId((highest.saturating_add(1)).to_string());
    used.insert(id.clone());
    id
}

/// What differs, one sentence each.
fn changes(before: &[LoraEntry], after: &[&LoraEntry]) -> Vec<String> {
    let old: HashMap<&NodeId, &LoraEntry> = before.iter().filter_map(|entry| Some((entry.node.as_ref()?, entry))).collect();
    let mut changes = Vec::new();
    let strength = |entry: &LoraEntry| match &entry.clip_strength {
        Some(clip) if *clip != entry.strength => format!("{} (prompt: {clip})", entry.strength),
        _ => entry.strength.clone(),
    };
    for entry in before {
        if !after.iter().any(|kept| kept.node.is_some() && kept.node == entry.node) {
            changes.push(format!("The LoRA \"{}\" is left out.", entry.file));
        }
    }
    for entry in after {
        match entry.node.as_ref().and_then(|id| old.get(id)) {
            None => changes.push(format!("The LoRA \"{}\" is added with strength {}.", entry.file, strength(entry))),
            Some(old) if old.file != entry.file => changes.push(format!("The LoRA \"{}\" replaces \"{}\".", entry.file, old.file)),
            Some(old) if strength(old) != strength(entry) => {
                changes.push(format!("The LoRA \"{}\" has strength {} instead of {}.", entry.file, strength(entry), strength(old)));
            }
            Some(_) => {}
        }
    }
    let kept: Vec<&NodeId> = after.iter().filter_map(|entry| entry.node.as_ref()).collect();
    let was = before.iter().filter_map(|entry| entry.node.as_ref()).filter(|id| kept.contains(id));
    if !was.eq(kept.iter().copied().filter(|id| old.contains_key(*id))) {
        let names: Vec<&str> = after.iter().map(|entry| entry.file.as_str()).collect();
        changes.push(format!("The LoRAs are applied in this order: {}.", names.join(", ")));
    }
    changes
}
