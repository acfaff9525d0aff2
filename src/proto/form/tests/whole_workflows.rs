use serde_json::json;

use super::support::{known, recorded, recorded_workflows, workflow};
use crate::{
    comfy::{Catalog, Workflow},
    form::{PoolClasses, check_workflow},
};

fn said(workflow: &Workflow) -> Vec<String> {
    let problem = |problem: crate::task::Problem| {
        format!("{}.{}: {}", problem.node.unwrap_or_default(), problem.input.unwrap_or_default(), problem.message)
    };
    check_workflow(workflow, &known(workflow)).into_iter().map(problem).collect()
}

#[test]
fn what_comfyui_ran_has_no_problems_but_files_that_are_gone() {
    for (name, workflow) in recorded_workflows() {
        let said = said(&workflow);
        assert!(said.iter().all(|said| said.contains("ckpt_name")), "{name}: {said:?}");
    }
}

#[test]
fn links_and_missing_inputs_are_problems_at_their_inputs() {
    let mut workflow = recorded("txt2img");
    workflow.0.get_mut("3").unwrap().set_input("model", json!(["44", 0]));
    workflow.0.get_mut("3").unwrap().set_input("positive", json!(["4", 7]));
    workflow.0.get_mut("3").unwrap().set_input("negative", json!(["4", 2]));
    workflow.0.get_mut("3").unwrap().remove_input("steps");
    workflow.0.get_mut("8").unwrap().remove_input("vae");
    let said = said(&workflow);
    for expected in [
        "3.model: This is linked to node 44, which is not there.",
        "3.positive: This is linked to output 7 of \"Load Checkpoint\" (node 4), which has 3.",
        "3.negative: This takes CONDITIONING, and \"Load Checkpoint\" (node 4) gives VAE.",
        "3.steps: This must have a value or a link: the class requires it.",
        "8.vae: This must have a link: the class requires it.",
    ] {
        assert!(said.iter().any(|said| said == expected), "{expected}: {said:#?}");
    }
}

#[test]
fn what_no_output_needs_is_not_looked_at() {
    let mut unused = recorded("txt2img");
    unused.0.insert("90".into(), workflow(json!({"90": {"class_type": "KSampler", "inputs": {}}})).0.swap_remove("90").unwrap());
    assert_eq!(said(&unused).len(), said(&recorded("txt2img")).len());
    let mut none = recorded("txt2img");
    none.0.shift_remove("9");
    assert!(said(&none)[0].contains("no output"));
}

#[test]
fn an_unknown_class_is_not_judged() {
    let workflow =
        workflow(json!({"1": {"class_type": "Gone", "inputs": {"x": 1, "y": ["2", 3]}}, "2": {"class_type": "Gone", "inputs": {}}}));
    assert_eq!(check_workflow(&workflow, &PoolClasses::for_workflow(&workflow, [&Catalog::default()])), []);
}
