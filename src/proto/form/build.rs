//! A workflow as a form: every value in it is a field.

use std::{borrow::Cow, cell::RefCell, cmp::Reverse, collections::HashMap};

use indexmap::IndexSet;
use serde_json::Value;

use super::{
    ChoiceList, FieldChoice, FieldKey, Form, FormField, FormOutput, NumberBounds, PoolClasses, Role, SeedControl, Widget,
    check::check,
    classes::describe,
    graph::Graph,
    hints::{Hint, Hints},
    loras::{lora_chains, lora_choices},
    prompts::prompts,
    roles,
    spec::{Spec, initial, literals, takes_values, text_of},
    stages,
    widgets::widget,
};
use crate::{
    comfy::{Availability, DynamicOption, InputKind, Workflow, WorkflowNode},
    ids::NodeId,
};

impl Form {
    /// The form of a workflow.
    #[must_use]
    pub fn of(workflow: &Workflow, classes: &PoolClasses) -> Self {
        let graph = Graph::new(workflow, classes);
        let hints = Hints::of(workflow);
        let builder = Builder { lists: RefCell::default(), distances: graph.distances(), prompts: prompts(&graph), hints, graph };
        let mut drafts: Vec<DraftField> =
            workflow.0.iter().enumerate().flat_map(|(at, (id, node))| builder.of_node(at, id, node)).collect();
        drafts.sort_by_key(|draft| draft.place);
        let (groups, fields) = in_groups(drafts);
        let lora_choices = builder.lists.borrow_mut().place(lora_choices(classes));
        let outputs = workflow.0.iter().filter(|(id, _)| builder.graph.is_output(id.as_str()));
        let output = |(id, node): (&NodeId, &WorkflowNode)| FormOutput {
            node: id.clone(),
            title: classes.title(node).to_owned(),
            class: node.class_type().to_owned(),
            chosen: true,
        };
        Self {
            fields,
            groups,
            outputs: outputs.map(output).collect(),
            stages: stages::offered(&builder.graph),
            loras: lora_chains(workflow, classes),
            lora_choices,
            lists: builder.lists.into_inner().0.into_iter().collect(),
            missing: classes.missing(workflow),
            notes: Vec::new(),
        }
    }
}

/// More than any class has inputs.
const INPUTS: usize = 100_000;

/// Where a field comes: chosen groups first, then by role, then the rest; within each by the author's order, then from the loaders to the
/// outputs.
type FieldPlace = (u8, Option<Role>, i64, Reverse<usize>, usize, usize);

struct DraftField {
    field: FormField,
    group: String,
    place: FieldPlace,
    /// What fields must have in common to be set as one.
    family: Option<(Role, String)>,
}

/// Each different list of choices once.
#[derive(Default)]
struct Lists(IndexSet<Vec<FieldChoice>>);

impl Lists {
    fn place(&mut self, choices: Vec<FieldChoice>) -> ChoiceList {
        let (at, _) = self.0.insert_full(choices);
        ChoiceList(u16::try_from(at).unwrap_or(u16::MAX))
    }
}

struct Builder<'a> {
    lists: RefCell<Lists>,
    graph: Graph<'a>,
    distances: HashMap<&'a str, usize>,
    prompts: HashMap<&'a str, Role>,
    hints: Hints,
}

impl<'a> Builder<'a> {
    fn of_node(&self, at: usize, id: &'a NodeId, node: &'a WorkflowNode) -> Vec<DraftField> {
        let class = self.graph.classes.class(node.class_type());
        let mut drafts = Vec::new();
        for (nth, (name, literal)) in literals(node).enumerate() {
            let spec = Spec::of(&self.graph, id, node, name);
            // Inputs of a dynamic choice come after it.
            let outer = outer(class.map_or(&[], |class| &class.inputs), name);
            let own = |input: &str| class.and_then(|class| class.inputs.iter().position(|known| known.name == input));
            let place = own(outer.unwrap_or(name)).unwrap_or(INPUTS) * INPUTS + nth;
            let when = outer_choice(class, node, name).map(|(outer, key)| (FieldKey { node: id.clone(), input: outer.to_owned() }, key));
            let options = match spec.kind.as_deref() {
                Some(InputKind::DynamicChoice(options)) if spec.node_id == id.as_str() => Some(options.clone()),
                _ => None,
            };
            drafts.push(self.draft(spec, (at, id, node), name, literal, place, when));
            if let Some(options) = options {
                self.of_options(&options, (at, id, node), name, place, &mut drafts);
            }
        }
        // What depends on a choice is shown below it.
        for at in 0..drafts.len() {
            let Some((outer, _)) = &drafts[at].field.when else { continue };
            if let Some(outer) = drafts.iter().find(|draft| draft.field.key == *outer) {
                let (group, (chosen, heading, order, distance, node, _)) = (outer.group.clone(), outer.place);
                drafts[at].group = group;
                drafts[at].place = (chosen, heading, order, distance, node, drafts[at].place.5);
            }
        }
        drafts
    }

    /// The inputs of a dynamic choice that are not in the workflow: those of its other options.
    fn of_options(
        &self,
        options: &[DynamicOption],
        place: (usize, &'a NodeId, &'a WorkflowNode),
        outer: &str,
        nth: usize,
        drafts: &mut Vec<DraftField>,
    ) {
        let (_, id, node) = place;
        for option in options {
            let is_chosen = node.input(outer).and_then(Value::as_str) == Some(option.key.as_str());
            for input in option.inputs.iter().filter(|input| takes_values(input)) {
                let name = format!("{outer}.{}", input.name);
                if is_chosen && node.input(&name).is_some() {
                    continue;
                }
                let when = Some((FieldKey { node: id.clone(), input: outer.to_owned() }, option.key.clone()));
                let literal = initial(input);
                let spec = Spec {
                    kind: Some(Cow::Owned(input.kind.clone())),
                    input: None,
                    pool: self.graph.classes.get(node.class_type()),
                    node,
                    node_id: id.as_str(),
                    name: Cow::Owned(name.clone()),
                };
                let mut draft = self.draft(spec, place, &name, &literal, nth, when);
                draft.field.help.clone_from(&input.tooltip);
                draft.field.default = Some(text_of(&literal));
                draft.field.advanced |= input.advanced;
                draft.field.hidden |= input.hidden;
                draft.field.problem = None;
                if let Some(label) = &input.label {
                    draft.field.label.clone_from(label);
                }
                drafts.push(draft);
                if let InputKind::DynamicChoice(inner) = &input.kind {
                    self.of_options(inner, place, &name, nth, drafts);
                }
            }
        }
    }

    fn draft(
        &self,
        spec: Spec<'a>,
        (at, id, node): (usize, &'a NodeId, &'a WorkflowNode),
        name: &str,
        literal: &Value,
        nth: usize,
        when: Option<(FieldKey, String)>,
    ) -> DraftField {
        let key = FieldKey { node: id.clone(), input: name.to_owned() };
        let hint = self.hints.get(&key);
        let by_rule = roles::role(&self.graph, &spec, (id.as_str(), node), literal.is_string(), &self.prompts);
        let role = hint.role.unwrap_or(by_rule);
        let is_reached = self.prompts.contains_key(id.as_str()) || self.prompts.contains_key(spec.node_id);
        let title = self.graph.classes.title(node).to_owned();
        let group = hint.group.clone();
        let has_group = group.is_some();
        let group = group.unwrap_or_else(|| role.heading().map_or_else(|| title.clone(), str::to_owned));
        let heading = (!has_group).then(|| if role.heading().is_some() { leading(role) } else { Role::Other });
        let distance = self.distances.get(id.as_str()).copied().unwrap_or_default();
        let place = (u8::from(!has_group), heading, hint.order.unwrap_or(i64::MAX), Reverse(distance), at, nth);
        let input = spec.input;
        let numeric = spec.kind.as_deref().is_none_or(|kind| matches!(kind, InputKind::Number(range) if range.whole));
        let after_run = input.and_then(|input| input.after_run).filter(|_| numeric);
        let seed = match role {
            Role::Seed => Some(after_run.map_or(SeedControl::Random, Into::into)),
            // ComfyUI lets each PrimitiveInt count on; what reads it need not be a seed.
            _ => after_run.filter(|_| spec.node_id == id.as_str()).map(|_| SeedControl::Fixed),
        };
        let family = (role != Role::Other && when.is_none() && !literal.is_boolean())
            .then(|| (role, if role == Role::Seed { String::new() } else { roles::last_part(&spec.name).to_owned() }));
        let pinned = if self.hints.chosen { hint.pinned } else { roles::pinned(&self.graph, &spec, role, is_reached) };
        let is_hidden = hint.hidden || input.is_some_and(|input| input.hidden);
        let field = FormField {
            title,
            class: node.class_type().to_owned(),
            label: hint.label.clone().unwrap_or_else(|| roles::label(&spec, role)),
            help: hint.help.clone().or_else(|| input.and_then(|input| input.tooltip.clone())),
            widget: self.widget(&spec, literal, role, &hint),
            value: text_of(literal),
            default: input.and_then(|input| input.default.as_ref()).map(text_of),
            role,
            group: 0,
            pinned: pinned && !is_hidden,
            advanced: hint.advanced || input.is_some_and(|input| input.advanced),
            hidden: is_hidden,
            when,
            problem: check(&spec, literal),
            same_as: Vec::new(),
            linked: Vec::new(),
            seed,
            key,
        };
        DraftField { field, group, place, family: family.filter(|_| !is_hidden) }
    }

    /// With the author's limits and choices.
    fn widget(&self, spec: &Spec, literal: &Value, role: Role, hint: &Hint) -> Widget {
        let mut lists = self.lists.borrow_mut();
        let limited =
            |bounds: NumberBounds| NumberBounds { min: hint.min.clone().or(bounds.min), max: hint.max.clone().or(bounds.max), ..bounds };
        match widget(spec, literal, role, &mut |choices| lists.place(choices)) {
            Widget::Number(bounds) => Widget::Number(limited(bounds)),
            Widget::Seed(bounds) => Widget::Seed(limited(bounds)),
            Widget::Text { .. } | Widget::Prompt { .. } if !hint.choices.is_empty() => {
                let choice = |value: &String| FieldChoice { value: value.clone(), on: Availability::default() };
                Widget::Choice(lists.place(hint.choices.iter().map(choice).collect()))
            }
            widget => widget,
        }
    }
}

/// The first of the roles with the same heading.
fn leading(role: Role) -> Role {
    match role {
        Role::NegativePrompt => Role::Prompt,
        Role::Mask => Role::Picture,
        Role::Seed => Role::Sampling,
        Role::Lora => Role::Model,
        role => role,
    }
}

/// The dynamic input that this one belongs to, by their names: the first part.
fn outer<'n>(inputs: &[crate::comfy::Input], name: &'n str) -> Option<&'n str> {
    let is_own = inputs.iter().any(|input| input.name == name);
    name.split_once('.').map(|(outer, _)| outer).filter(|outer| !is_own && inputs.iter().any(|input| input.name == *outer))
}

/// The dynamic choice right around this input, and its option.
pub(super) fn outer_choice<'n>(class: Option<&crate::comfy::NodeClass>, node: &WorkflowNode, name: &'n str) -> Option<(&'n str, String)> {
    let class = class?;
    outer(&class.inputs, name)?;
    name.rmatch_indices('.').map(|(at, _)| &name[..at]).find_map(|outer| {
        let input = describe(class, node, outer)?;
        let is_choice = matches!(input.kind, InputKind::DynamicChoice(_));
        is_choice.then(|| node.input(outer).and_then(Value::as_str)).flatten().map(|key| (outer, key.to_owned()))
    })
}

fn in_groups(drafts: Vec<DraftField>) -> (Vec<String>, Vec<FormField>) {
    let mut same: HashMap<(Role, String, String), Vec<FieldKey>> = HashMap::new();
    for draft in &drafts {
        if let Some((role, family)) = &draft.family {
            same.entry((*role, family.clone(), draft.field.value.clone())).or_default().push(draft.field.key.clone());
        }
    }
    let mut groups: Vec<String> = Vec::new();
    let mut known: HashMap<String, u16> = HashMap::new();
    let mut fields = Vec::with_capacity(drafts.len());
    for mut draft in drafts {
        if let Some((role, family)) = draft.family {
            let alike = same.get(&(role, family, draft.field.value.clone())).into_iter().flatten();
            draft.field.same_as = alike.filter(|key| **key != draft.field.key).cloned().collect();
        }
        draft.field.group = *known.entry(draft.group.clone()).or_insert_with(|| {
            groups.push(draft.group);
            u16::try_from(groups.len() - 1).unwrap_or(u16::MAX)
        });
        fields.push(draft.field);
    }
    fields.sort_by_key(|field| field.group);
    (groups, fields)
}
