use crate::{
    comfy::Workflow,
    prompts::{LocalTime, resolve_file_names},
};
use serde_json::json;

const NOW: LocalTime = LocalTime { year: 2026, month: 3, day: 7, hour: 9, minute: 5, second: 42 };

/// The prefix of a SaveImage in a workflow with this prefix.
fn named(prefix: &str) -> String {
    let mut workflow: Workflow = serde_json::from_value(json!({
        "3": {"class_type": "KSampler", "inputs": {"seed": 18_446_744_073_709_551_615_u64, "cfg": 7.0, "denoise": 0.5, "sampler_name": "a/b:c", "model": ["4", 0]}},
        "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 512}},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a \"cat\""}, "_meta": {"title": "My prompt"}},
        "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": prefix}},
    }))
    .unwrap();
    let display = |class: &str| (class == "EmptyLatentImage").then(|| "Empty Latent Image".to_owned());
    let changed = resolve_file_names(&mut workflow, &display, NOW);
    let text = workflow.0["9"].input("filename_prefix").unwrap().as_str().unwrap().to_owned();
    assert_eq!(changed.len(), usize::from(text != prefix), "{prefix}");
    text
}

#[test]
fn dates_are_written_as_in_comfyuis_page() {
    for (prefix, expected) in [
        ("%date:yyyy-MM-dd%/a", "2026-03-07/a"),
        ("%date:yy-M-d h:m:s%", "26-3-7 9:5:42"),
        ("%date:hhmmss%", "090542"),
        ("%date:yyy y yyyyy%", "yyy y 2026y"),
        ("%date:MMM%", "033"),
        // Only what comes before the first dot is read, and with one dot it is the name of a node.
        ("%date:yyyy.MM.dd%", "2026"),
        ("%date:yyyy.MM%", "%date:yyyy.MM%"),
        ("%date%", "%date%"),
    ] {
        assert_eq!(named(prefix), expected, "{prefix}");
    }
}

#[test]
fn values_of_other_nodes_are_found_by_class_or_title() {
    for (prefix, expected) in [
        ("%KSampler.seed%", "18446744073709551615"),
        ("%KSampler.cfg%_%KSampler.denoise%", "7_0.5"),
        ("%KSampler.sampler_name%", "a_b_c"),
        ("%Empty Latent Image.width%x", "512x"),
        ("%EmptyLatentImage.width%", "512"),
        ("%My prompt.text%", "a _cat_"),
        ("%KSampler.model%", "%KSampler.model%"),
        ("%KSampler.gone%-%Gone.width%-%width%-%year%", "%KSampler.gone%-%Gone.width%-%width%-%year%"),
        ("100% sure%KSampler.cfg%", "100% sure%KSampler.cfg%"),
        ("%%KSampler.cfg%", "%7"),
        ("%SaveImage.filename_prefix%", "%SaveImage.filename_prefix%"),
    ] {
        assert_eq!(named(prefix), expected, "{prefix}");
    }
}

#[test]
fn only_nodes_that_save_are_changed() {
    let node = json!({"class_type": "Text", "inputs": {"filename_prefix": "%date:yyyy%"}});
    let mut workflow: Workflow = serde_json::from_value(json!({"1": node})).unwrap();
    assert_eq!(resolve_file_names(&mut workflow, &|_| None, NOW), []);
}
