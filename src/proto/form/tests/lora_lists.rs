use proptest::prelude::*;
use serde_json::{Value, json};

use super::support::workflow;
use crate::{
    comfy::{Catalog, Workflow},
    form::{Form, LoraChain, LoraChange, LoraEntry, Overlay, PoolClasses, change_loras, keep_loras, lora_chains, set_loras},
};

fn catalog() -> Catalog {
    let files = json!([["a.safetensors", "b.safetensors", "c.safetensors"]]);
    let strength = json!(["FLOAT", {"min": -100.0, "max": 100.0}]);
    Catalog::from_object_info(&json!({
        "CheckpointLoaderSimple": {"input": {}, "output": ["MODEL", "CLIP", "VAE"]},
        "UNETLoader": {"input": {}, "output": ["MODEL"]},
        "LoraLoader": {"input": {"required": {"model": ["MODEL"], "clip": ["CLIP"], "lora_name": files, "strength_model": strength, "strength_clip": strength}},
            "output": ["MODEL", "CLIP"]},
        "LoraLoaderModelOnly": {"input": {"required": {"model": ["MODEL"], "lora_name": files, "strength_model": strength}}, "output": ["MODEL"]},
        "CLIPTextEncode": {"input": {"required": {"text": ["STRING"], "clip": ["CLIP"]}}, "output": ["CONDITIONING"]},
        "KSampler": {"input": {"required": {"model": ["MODEL"], "positive": ["CONDITIONING"]}}, "output": ["LATENT"], "output_node": true},
    }))
}

fn known(workflow: &Workflow) -> PoolClasses {
    PoolClasses::for_workflow(workflow, [&catalog()])
}

fn lora(file: &str, strength: f64, model: Value, clip: Option<Value>) -> Value {
    let mut inputs = json!({"lora_name": file, "strength_model": strength, "model": model});
    if let Some(clip) = &clip {
        inputs["clip"] = clip.clone();
        inputs["strength_clip"] = json!(strength);
    }
    json!({"class_type": if clip.is_some() { "LoraLoader" } else { "LoraLoaderModelOnly" }, "inputs": inputs, "_meta": {"title": file}})
}

/// Checkpoint → a → b (model only) → c → sampler; the prompt reads c's text encoder.
fn chained() -> Workflow {
    workflow(json!({
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "x"}},
        "10": lora("a.safetensors", 1.0, json!(["4", 0]), Some(json!(["4", 1]))),
        "11": lora("b.safetensors", 0.5, json!(["10", 0]), None),
        "12": lora("c.safetensors", 0.25, json!(["11", 0]), Some(json!(["10", 1]))),
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "x", "clip": ["12", 1]}},
        "3": {"class_type": "KSampler", "inputs": {"model": ["12", 0], "positive": ["6", 0]}},
    }))
}

fn only(workflow: &Workflow) -> LoraChain {
    let mut chains = lora_chains(workflow, &known(workflow));
    assert_eq!(chains.len(), 1, "{chains:?}");
    chains.remove(0)
}

fn names(chain: &LoraChain) -> Vec<&str> {
    chain.entries.iter().map(|entry| &entry.file[..1]).collect()
}

fn added(file: &str, clip: Option<&str>) -> LoraEntry {
    LoraEntry { node: None, file: file.into(), strength: "0.8".into(), clip_strength: clip.map(str::to_owned), on: true }
}

#[test]
fn a_chain_is_read_as_a_list() {
    let chain = only(&chained());
    assert_eq!(names(&chain), ["a", "b", "c"]);
    assert_eq!((chain.model.0.as_str(), chain.clip.as_ref().map(|(id, slot)| (id.as_str(), *slot))), ("4", Some(("4", 1))));
    assert_eq!(chain.entries[1].clip_strength, None);
    assert_eq!(chain.entries[2].strength, "0.25");
    let form = Form::of(&chained(), &known(&chained()));
    assert_eq!((form.loras.len(), form.choices(form.lora_choices).len()), (1, 3));
}

#[test]
fn the_list_as_it_was_changes_nothing() {
    let workflow = chained();
    let chain = only(&workflow);
    let same = set_loras(&workflow, &known(&workflow), &chain, &chain.entries).unwrap();
    assert_eq!((&same.workflow, same.changes.len()), (&workflow, 0));
    assert!(same.workflow.0.keys().eq(workflow.0.keys()), "nor the order of the file");
}

#[test]
fn entries_are_inserted_removed_reordered_and_changed() {
    let workflow = chained();
    let chain = only(&workflow);
    let [a, b, c] = [0, 1, 2].map(|at| chain.entries[at].clone());
    let entries =
        [LoraEntry { strength: "0.75".into(), ..c.clone() }, added("b.safetensors", Some("0.8")), a.clone(), LoraEntry { on: false, ..b }];
    let set = set_loras(&workflow, &known(&workflow), &chain, &entries).unwrap();
    let after = only(&set.workflow);
    assert_eq!(names(&after), ["c", "b", "a"]);
    assert_eq!(after.entries[0].strength, "0.75");
    let node = |id: &str| &set.workflow.0[id];
    assert_eq!(node("12").input("model"), Some(&json!(["4", 0])));
    assert_eq!(node("12").input("clip"), Some(&json!(["4", 1])));
    assert_eq!(node("13").input("model"), Some(&json!(["12", 0])), "the new one");
    assert_eq!(node("10").input("clip"), Some(&json!(["13", 1])));
    assert_eq!((node("3").input("model"), node("6").input("clip")), (Some(&json!(["10", 0])), Some(&json!(["10", 1]))));
    assert_eq!(node("12").title(), Some("c.safetensors"), "titles stay");
    assert!(!set.workflow.0.contains_key("11"));
    assert_eq!(
        set.changes,
        [
            "The LoRA \"b.safetensors\" is left out.",
            "The LoRA \"c.safetensors\" has strength 0.75 (prompt: 0.25) instead of 0.25.",
            "The LoRA \"b.safetensors\" is added with strength 0.8.",
            "The LoRAs are applied in this order: c.safetensors, b.safetensors, a.safetensors.",
        ]
    );
}

#[test]
fn without_entries_the_model_is_read_directly_and_can_get_some_again() {
    let workflow = chained();
    let empty = set_loras(&workflow, &known(&workflow), &only(&workflow), &[]).unwrap().workflow;
    assert_eq!(empty.0["3"].input("model"), Some(&json!(["4", 0])));
    assert_eq!(empty.0["6"].input("clip"), Some(&json!(["4", 1])));
    let chain = only(&empty);
    assert!(chain.entries.is_empty());
    let zero = LoraEntry { strength: "0".into(), ..added("a.safetensors", Some("0.0")) };
    let again = set_loras(&empty, &known(&empty), &chain, &[zero, added("b.safetensors", Some("1"))]).unwrap().workflow;
    assert_eq!(names(&only(&again)), ["b"], "strength 0 is off");
    assert_eq!(again.0["6"].input("clip"), Some(&json!(["7", 1])));
    assert_eq!(again.0["7"].class_type(), "LoraLoader");
}

#[test]
fn a_model_without_text_encoder_gets_loras_for_the_model_only() {
    let workflow = workflow(json!({
        "1": {"class_type": "UNETLoader", "inputs": {"unet_name": "x"}},
        "3": {"class_type": "KSampler", "inputs": {"model": ["1", 0], "positive": ["6", 0]}},
    }));
    let set = set_loras(&workflow, &known(&workflow), &only(&workflow), &[added("a.safetensors", Some("1"))]).unwrap().workflow;
    assert_eq!(set.0["4"].class_type(), "LoraLoaderModelOnly");
    assert_eq!(set.0["3"].input("model"), Some(&json!(["4", 0])));
}

#[test]
fn what_is_read_in_the_middle_ends_a_chain() {
    let mut workflow = chained();
    workflow.0.get_mut("6").unwrap().set_input("clip", json!(["10", 1]));
    let chains = lora_chains(&workflow, &known(&workflow));
    assert_eq!(chains.iter().map(names).collect::<Vec<_>>(), [vec!["a", "b"], vec!["c"]]);
    let set = set_loras(&workflow, &known(&workflow), &chains[0], &[]).unwrap().workflow;
    assert_eq!(set.0["6"].input("clip"), Some(&json!(["4", 1])));
    assert_eq!((set.0["12"].input("model"), set.0["12"].input("clip")), (Some(&json!(["4", 0])), Some(&json!(["4", 1]))));
}

#[test]
fn wrong_values_and_old_lists_are_problems() {
    let workflow = chained();
    let chain = only(&workflow);
    let bad = [
        LoraEntry { strength: "much".into(), ..chain.entries[0].clone() },
        LoraEntry { strength: "101".into(), ..added("d.safetensors", None) },
    ];
    let problems = set_loras(&workflow, &known(&workflow), &chain, &bad).unwrap_err();
    let said: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(
        said[0].contains("number") && said[1].contains("No ComfyUI has \"d.safetensors\"") && said[2].contains("-100.0 to 100.0"),
        "{said:?}"
    );
    let other = set_loras(&workflow, &known(&workflow), &chain, &[]).unwrap().workflow;
    assert!(set_loras(&other, &known(&other), &chain, &chain.entries).unwrap_err()[0].message.contains("read it again"));
}

/// The second list begins at the end of the first one.
#[test]
fn several_lists_are_changed_at_once() {
    let mut workflow = chained();
    workflow.0.get_mut("6").unwrap().set_input("clip", json!(["10", 1]));
    let chains = lora_chains(&workflow, &known(&workflow));
    let change = |at: usize, entries: Vec<LoraEntry>| LoraChange { chain: chains[at].clone(), entries };
    let changes = [change(0, Vec::new()), change(1, vec![added("b.safetensors", Some("1"))])];
    for changes in [changes.clone(), [changes[1].clone(), changes[0].clone()]] {
        let changed = change_loras(&workflow, &known(&workflow), &changes).unwrap().workflow;
        let after = lora_chains(&changed, &known(&changed));
        assert_eq!(after.iter().map(names).collect::<Vec<_>>(), [["b"]], "{after:?}");
        assert_eq!(changed.0["6"].input("clip"), Some(&json!(["4", 1])));
    }
    let bad = || vec![added("d.safetensors", Some("1"))];
    let problems = change_loras(&workflow, &known(&workflow), &[change(0, bad()), change(1, bad())]).unwrap_err();
    assert_eq!(problems.len(), 2, "those of both lists");
}

#[test]
fn a_list_is_saved_with_what_is_off_in_it() {
    let workflow = chained();
    let chain = only(&workflow);
    let mut entries = chain.entries.clone();
    entries[1].on = false;
    entries.push(LoraEntry { on: false, ..added("a.safetensors", Some("1")) });
    let (kept, off) = keep_loras(&workflow, &known(&workflow), &[LoraChange { chain, entries }]).unwrap();
    assert_eq!(names(&only(&kept)), ["a", "b", "c", "a"]);
    assert_eq!(off, ["11".into(), "13".into()]);
    let mut form = Form::of(&kept, &known(&kept));
    let overlay = Overlay { off: off.into_iter().collect(), ..Overlay::default() };
    form.arrange(&overlay);
    assert_eq!(form.loras[0].entries.iter().map(|entry| entry.on).collect::<Vec<_>>(), [true, false, true, false]);
    assert!(form.notes.is_empty(), "{:?}", form.notes);
    let run = overlay.trim(&kept, &known(&kept)).unwrap().workflow;
    assert_eq!(names(&only(&run)), ["a", "c"]);
}

proptest! {
    /// Any list is read back as it was written, and no link goes nowhere.
    #[test]
    fn a_list_survives(picks in proptest::collection::vec((0_usize..6, 1_u8..100, any::<bool>()), 0..6)) {
        let workflow = chained();
        let chain = only(&workflow);
        let mut used = std::collections::HashSet::new();
        let entries: Vec<LoraEntry> = picks.iter().map(|(pick, strength, clip)| {
            let strength = format!("0.{strength:02}");
            let clip = clip.then(|| strength.clone());
            match chain.entries.get(*pick).filter(|_| used.insert(*pick)) {
                Some(known) => LoraEntry { strength, clip_strength: clip, ..known.clone() },
                None => LoraEntry { strength, clip_strength: clip, ..added("b.safetensors", None) },
            }
        }).collect();
        let set = set_loras(&workflow, &known(&workflow), &chain, &entries).unwrap().workflow;
        for node in set.0.values() {
            for (input, source, _) in node.links() {
                prop_assert!(set.0.contains_key(source), "{} of {}", input, node.class_type());
            }
        }
        let read: Vec<(String, String, bool)> = lora_chains(&set, &known(&set)).into_iter().flat_map(|chain| chain.entries).map(|entry| (entry.file, entry.strength, entry.clip_strength.is_some())).collect();
        let plain = |text: &str| text.parse::<f64>().unwrap().to_string();
        let wanted: Vec<(String, String, bool)> = entries.iter().map(|entry| (entry.file.clone(), plain(&entry.strength), entry.clip_strength.is_some())).collect();
        prop_assert_eq!(read, wanted);
    }
}
