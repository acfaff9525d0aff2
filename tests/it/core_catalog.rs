//! The recorded `/object_info` of a ComfyUI 0.8.0 with 498 classes: all of it is kept.

use std::io::Read;

use proto::comfy::{Catalog, InputKind, UploadKind, UploadTarget};
use serde_json::Value;

fn recorded() -> String {
    let file = std::fs::File::open("tests/recordings/object-info-full.json.gz").expect("the recording");
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("gzip");
    text
}

#[test]
fn every_class_and_every_input_is_read_in_the_order_of_its_class() {
    let text = recorded();
    let catalog = Catalog::parse(&text).expect("JSON");
    let raw: Value = serde_json::from_str(&text).expect("JSON");
    let classes = raw.as_object().expect("an object");
    assert_eq!(classes.len(), 498);
    for (name, class) in classes {
        let read = catalog.class(name).unwrap_or_else(|| panic!("{name} is missing"));
        let order = |group: &str| class["input_order"][group].as_array().into_iter().flatten().filter_map(Value::as_str);
        let expected: Vec<&str> = order("required").chain(order("optional")).collect();
        assert_eq!(read.inputs.iter().map(|input| input.name.as_str()).collect::<Vec<_>>(), expected, "{name}");
        assert_eq!(read.outputs.len(), class["output"].as_array().map_or(0, Vec::len), "{name}");
        assert_eq!(read.is_output, class["output_node"] == true, "{name}");
        let title = class["display_name"].as_str().filter(|title| !title.is_empty()).unwrap_or(name);
        assert_eq!(read.display_name, title, "{name}");
        for input in &read.inputs {
            let spec = class["input"]["required"].get(&input.name).or_else(|| class["input"]["optional"].get(&input.name));
            let options = spec.and_then(|spec| spec.get(1)).cloned().unwrap_or_default();
            assert_eq!(input.default.as_ref(), options.get("default").filter(|value| !value.is_null()), "{name}.{}", input.name);
            assert_eq!(input.tooltip.as_deref(), options["tooltip"].as_str().filter(|text| !text.is_empty()), "{name}.{}", input.name);
            if let InputKind::Number(range) = &input.kind {
                for (read, raw) in [(&range.min, "min"), (&range.max, "max"), (&range.step, "step")] {
                    assert_eq!(read.as_ref(), options.get(raw).and_then(Value::as_number), "{name}.{} {raw}", input.name);
                }
            }
        }
    }
}

#[test]
fn seeds_uploads_and_remote_lists_of_the_recording() {
    let catalog = Catalog::parse(&recorded()).expect("JSON");
    let input = |class: &str, input: &str| catalog.class(class).and_then(|class| class.input(input)).expect("the input").clone();
    let InputKind::Number(seed) = input("KSampler", "seed").kind else { panic!("the seed is a number") };
    assert_eq!(seed.max.map(|max| max.to_string()).as_deref(), Some("18446744073709551615"));
    let upload = input("LoadImage", "image").upload;
    assert_eq!(upload, Some(UploadTarget { kind: UploadKind::Image, folder: "input".into(), several: false }));
    assert!(matches!(input("LoadImageOutput", "image").kind, InputKind::Remote(remote) if remote.route == "/internal/files/output"));
    assert!(matches!(input("ResizeImageMaskNode", "resize_type.megapixels").kind, InputKind::Number(_)));
    assert!(matches!(input("BatchImagesNode", "images.image3").kind, InputKind::Other(kind) if kind == "IMAGE"));
}
