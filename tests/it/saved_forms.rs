//! How a page arranges a form, its lists of LoRAs and the App mode of a file: opened, saved, run, and over the API.

use crate::support::{
    api::Api,
    darkroom_server::{Both, accepted, call, submit},
};
use darkroom::proto::{
    form::{Arrangement, FieldKey, FormPart, LoraChange, LoraEntry, PartChanges},
    ids::{NodeId, WorkflowId},
    outbox::Answer,
    submit::{FormRun, OpenedFile, OpenedSavedWorkflow, SavedWorkflowName, Submission, WorkflowForm, WorkflowToSave},
};
use reqwest::StatusCode;
use serde_json::{Value, json};

const GRAIN: &str = "demo-grain.safetensors";

/// A portrait with one LoRA, and a second picture.
fn portrait() -> Value {
    json!({
        "3": {"class_type": "KSampler", "inputs": {
            "seed": 7, "steps": 2, "cfg": 7.0, "sampler_name": "euler", "scheduler": "normal", "denoise": 1.0,
            "model": ["10", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0],
        }},
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "demo-safelight.safetensors"}},
        "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a portrait", "clip": ["10", 1]}},
        "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "blurry", "clip": ["10", 1]}},
        "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
        "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "portrait", "images": ["8", 0]}},
        "10": {"class_type": "LoraLoader", "inputs": {"lora_name": GRAIN, "strength_model": 0.5, "strength_clip": 0.25,
            "model": ["4", 0], "clip": ["4", 1]}},
        "11": {"class_type": "ImageInvert", "inputs": {"image": ["8", 0]}},
        "12": {"class_type": "PreviewImage", "inputs": {"images": ["11", 0]}},
    })
}

fn key(text: &str) -> FieldKey {
    text.parse().expect("a key")
}

async fn form(both: &Both, json: &Value, saved: Option<WorkflowId>) -> WorkflowForm {
    let form: Result<WorkflowForm, String> = call(both.darkroom.addr, "form", &(json.to_string(), saved)).await;
    form.expect("a form")
}

async fn open(both: &Both, id: WorkflowId) -> OpenedSavedWorkflow {
    let opened: Result<OpenedSavedWorkflow, String> = call(both.darkroom.addr, "open_workflow", &(id,)).await;
    opened.expect("opens")
}

async fn save(both: &Both, workflow: WorkflowToSave) -> SavedWorkflowName {
    let saved: Result<SavedWorkflowName, String> = call(both.darkroom.addr, "save_workflow", &(workflow,)).await;
    saved.expect("saved")
}

async fn sent(both: &Both, id: &str) -> Value {
    reqwest::get(both.url(&format!("/api/tasks/{id}/workflow"))).await.expect("answers").json().await.expect("JSON")
}

/// The list of the workflow as it becomes: the LoRA that is there weaker, and one more.
fn more_grain(form: &WorkflowForm, second_is_on: bool) -> String {
    let chain = form.form.loras[0].clone();
    let first = LoraEntry { strength: "0.75".into(), ..chain.entries[0].clone() };
    let second = LoraEntry { node: None, strength: "0.125".into(), clip_strength: Some("0.125".into()), on: second_is_on, ..first.clone() };
    serde_json::to_string(&[LoraChange { chain, entries: vec![first, second] }]).expect("JSON")
}

#[tokio::test]
async fn a_workflow_is_saved_with_the_arrangement_of_its_form_and_gets_it_back() {
    let both = Both::start(1e9).await;
    let base = form(&both, &portrait(), None).await.form;
    let mut arrangement = Arrangement::default();
    arrangement.rename(&base, &key("3.cfg"), "Strictness");
    arrangement.set_hidden(&base, &key("5.batch_size"), true);
    arrangement.link(&key("5.width"), &key("5.height"));
    let run = FormRun {
        name: "Portrait".into(),
        json: portrait().to_string(),
        inputs: vec![("5.height".into(), "24".into()), ("5.width".into(), "32".into())],
        arrangement: serde_json::to_string(&arrangement).expect("JSON"),
        ..FormRun::default()
    };
    let id = accepted(both.darkroom.addr, Submission::Form(run.clone())).await;
    let size = |workflow: &Value| (workflow["5"]["inputs"]["width"].clone(), workflow["5"]["inputs"]["height"].clone());
    assert_eq!(size(&sent(&both, &id.to_string()).await), (json!(32), json!(32)), "a linked field has no value of its own");
    let saved = save(&both, WorkflowToSave { run: run.clone(), seeds: Vec::new(), replaces: None }).await;
    let opened = open(&both, saved.id).await;
    assert_eq!(opened.arrangement, arrangement);
    let json: Value = serde_json::from_str(&opened.json).expect("JSON");
    assert_eq!(size(&json), (json!(32), json!(32)));
    let mut again = form(&both, &json, Some(saved.id)).await.form;
    assert_eq!(again.field(&key("3.cfg")).map(|field| field.label.as_str()), base.field(&key("3.cfg")).map(|field| field.label.as_str()));
    again.arrange_fields(&opened.arrangement);
    assert_eq!(again.field(&key("3.cfg")).map(|field| field.label.as_str()), Some("Strictness"));
    assert_eq!(again.field(&key("5.height")).map(|field| field.part()), Some(FormPart::Hidden));

    // Over the API it is the same form: the height follows.
    let api = Api::of(&both).await;
    let schema = api.get(&format!("/api/workflows/{}/schema", saved.id)).await.json;
    assert_eq!(schema["properties"]["3.cfg"]["title"], "Strictness");
    assert_eq!(schema["properties"]["5.width"]["x-darkroom-linked"], json!(["5.height"]));
    let task = api.post_json(&format!("/api/workflows/{}/runs", saved.id), &json!({"inputs": {"5.width": 48}})).await;
    assert_eq!(task.status, StatusCode::ACCEPTED, "{}", task.json);
    let workflow = sent(&both, task.json["taskId"].as_str().expect("an id")).await;
    assert_eq!(size(&workflow), (json!(48), json!(48)));

    // Another version without the arrangement: what a person undid is gone.
    let replaces = Some((saved.id, saved.revision));
    save(&both, WorkflowToSave { run: FormRun { arrangement: String::new(), ..run }, seeds: Vec::new(), replaces }).await;
    assert_eq!(open(&both, saved.id).await.arrangement, Arrangement::default());
}

#[tokio::test]
async fn linked_seeds_are_one_and_a_linked_field_has_the_value_of_the_first() {
    let both = Both::start(1e9).await;
    let api = Api::of(&both).await;
    let mut workflow = portrait();
    workflow["13"] = workflow["3"].clone();
    workflow["13"]["inputs"]["latent_image"] = json!(["3", 0]);
    workflow["13"]["inputs"]["steps"] = json!(9);
    workflow["8"]["inputs"]["samples"] = json!(["13", 0]);
    let form = json!({"version": 1, "linked": [["3.seed", "13.seed"], ["3.steps", "13.steps"]]});
    let saved = api.post_json("/api/workflows", &json!({"name": "Two passes", "workflow": workflow, "form": form})).await.json;
    let task = api.post_json(saved["links"]["runs"].as_str().expect("a link"), &json!({})).await.json;
    let workflow = sent(&both, task["taskId"].as_str().expect("an id")).await;
    assert_ne!(workflow["3"]["inputs"]["seed"], 7, "new for each run");
    assert_eq!(workflow["3"]["inputs"]["seed"], workflow["13"]["inputs"]["seed"]);
    assert_eq!(workflow["13"]["inputs"]["steps"], 2);
}

#[tokio::test]
async fn a_run_of_a_page_has_the_lists_of_loras_as_they_were_changed() {
    let both = Both::start(1e9).await;
    let known = form(&both, &portrait(), None).await;
    let run = |loras: String| FormRun { name: "Portrait".into(), json: portrait().to_string(), loras, ..FormRun::default() };
    let id = accepted(both.darkroom.addr, Submission::Form(run(more_grain(&known, true)))).await;
    let workflow = sent(&both, &id.to_string()).await;
    assert_eq!(workflow["10"]["inputs"]["strength_model"], 0.75);
    assert_eq!(workflow["10"]["inputs"]["strength_clip"], 0.25);
    assert_eq!(workflow["13"]["class_type"], "LoraLoader");
    assert_eq!(workflow["13"]["inputs"]["model"], json!(["10", 0]));
    assert_eq!((&workflow["3"]["inputs"]["model"], &workflow["6"]["inputs"]["clip"]), (&json!(["13", 0]), &json!(["13", 1])));

    // The list decides, also about a node that was switched off.
    let off = FormRun { off: vec![NodeId::from("10")], ..run(more_grain(&known, false)) };
    let id = accepted(both.darkroom.addr, Submission::Form(off)).await;
    let workflow = sent(&both, &id.to_string()).await;
    assert_eq!(workflow["3"]["inputs"]["model"], json!(["10", 0]));
    assert!(workflow.get("13").is_none(), "{workflow}");

    for (loras, says) in [
        (more_grain(&known, true).replace(GRAIN, "gone.safetensors"), "gone.safetensors"),
        (more_grain(&known, true).replace(GRAIN, ""), "Choose a file"),
        ("[".to_owned(), "cannot be read"),
    ] {
        let Answer::Refused(refusal) = submit(both.darkroom.addr, Submission::Form(run(loras))).await else {
            panic!("not refused: {says}")
        };
        let said = format!("{} {:?}", refusal.message, refusal.problems);
        assert!(said.contains(says), "{said}");
    }
}

#[tokio::test]
async fn loras_are_saved_also_those_that_are_off() {
    let both = Both::start(1e9).await;
    let known = form(&both, &portrait(), None).await;
    let run = FormRun { name: "Grainy".into(), json: portrait().to_string(), loras: more_grain(&known, false), ..FormRun::default() };
    let saved = save(&both, WorkflowToSave { run, seeds: Vec::new(), replaces: None }).await;
    let opened = open(&both, saved.id).await;
    assert_eq!(opened.off, [NodeId::from("13")]);
    let json: Value = serde_json::from_str(&opened.json).expect("JSON");
    let again = form(&both, &json, Some(saved.id)).await.form;
    let entries: Vec<(&str, bool)> = again.loras[0].entries.iter().map(|entry| (entry.strength.as_str(), entry.on)).collect();
    assert_eq!(entries, [("0.75", true), ("0.125", false)]);
    assert!(again.notes.is_empty(), "{:?}", again.notes);

    let api = Api::of(&both).await;
    let runs = format!("/api/workflows/{}/runs", saved.id);
    let schema = api.get(&format!("/api/workflows/{}/schema", saved.id)).await.json;
    assert_eq!(schema["x-darkroom-loras"]["files"], json!([GRAIN]));
    assert_eq!(schema["x-darkroom-loras"]["lists"][0]["entries"][1]["on"], false);
    let workflow = sent(&both, api.post_json(&runs, &json!({})).await.json["taskId"].as_str().expect("an id")).await;
    assert_eq!(workflow["3"]["inputs"]["model"], json!(["10", 0]), "the one that is off is left out");

    // A program replaces the list: what was off is on, if it says so.
    let list = json!([{"entries": [{"file": GRAIN}, {"file": GRAIN, "strength": 0.5, "promptStrength": 0}]}]);
    let workflow = sent(&both, api.post_json(&runs, &json!({"loras": list})).await.json["taskId"].as_str().expect("an id")).await;
    assert_eq!((&workflow["10"]["inputs"]["strength_model"], &workflow["10"]["inputs"]["strength_clip"]), (&json!(1), &json!(1)));
    assert_eq!((&workflow["13"]["inputs"]["strength_model"], &workflow["13"]["inputs"]["strength_clip"]), (&json!(0.5), &json!(0)));
    let workflow =
        sent(&both, api.post_json(&runs, &json!({"loras": [{"entries": []}]})).await.json["taskId"].as_str().expect("an id")).await;
    assert_eq!(workflow["3"]["inputs"]["model"], json!(["4", 0]));

    for (loras, says) in [
        (json!([{"list": 4, "entries": []}]), "no list 4"),
        (json!([{"entries": [{"file": "gone.safetensors"}]}]), "gone.safetensors"),
        (json!([{"entries": [{"file": GRAIN, "strength": 101}]}]), "-100.0 to 100.0"),
    ] {
        let answer = api.post_json(&runs, &json!({"loras": loras})).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.json);
        assert!(answer.json.to_string().contains(says), "{}", answer.json);
    }
}

#[tokio::test]
async fn what_a_part_that_is_off_changes_is_known_before_a_run() {
    let both = Both::start(1e9).await;
    let nodes = |ids: &[&str]| ids.iter().map(|id| NodeId::from(*id)).collect::<Vec<_>>();
    let run = FormRun { json: portrait().to_string(), off: nodes(&["11", "3"]), unwanted: nodes(&["9"]), ..FormRun::default() };
    let changes: Result<PartChanges, String> = call(both.darkroom.addr, "part_changes", &(run.clone(),)).await;
    let changes = changes.expect("changes");
    let of =
        |node: &str| changes.stages.iter().find(|(stage, _)| stage.as_str() == node).map(|(_, change)| change.clone()).expect("listed");
    assert_eq!(of("11").sentences, ["\"Preview Image\" (PreviewImage) gets \"images\" from \"VAE Decode\" (VAEDecode) instead."]);
    assert_eq!(of("3").refused, None, "the latent picture goes on: {:?}", of("3"));
    assert_eq!(changes.outputs.sentences, ["\"Save Image\" (SaveImage) is left out: nothing needs it now."]);
    let none: Result<PartChanges, String> =
        call(both.darkroom.addr, "part_changes", &(FormRun { unwanted: nodes(&["9", "12"]), ..run },)).await;
    assert!(none.expect("changes").outputs.refused.is_some_and(|why| why.contains("at least one")));
}

#[tokio::test]
async fn an_opened_file_has_the_form_that_its_author_chose_for_the_app_mode() {
    let both = Both::start(1e9).await;
    let mut file = crate::api_editor::editor_file("EmptyImage");
    file["extra"] = json!({"linearData": {"inputs": [["1", "height"], ["1", "width"], ["77", "seed"]], "outputs": ["2"]}});
    let opened: Result<OpenedFile, String> = call(both.darkroom.addr, "open", &(file.to_string().into_bytes(),)).await;
    let opened = opened.expect("opens");
    assert!(opened.unwanted.is_empty());
    assert!(opened.notes.iter().any(|note| note.contains("node 77")), "{:?}", opened.notes);
    let json: Value = serde_json::from_str(&opened.json).expect("JSON");
    let mut form = form(&both, &json, None).await.form;
    form.arrange_fields(&opened.arrangement);
    let pinned: Vec<String> = form.fields.iter().filter(|field| field.pinned).map(|field| field.key.to_string()).collect();
    assert_eq!(pinned, ["1.height", "1.width"]);
}
