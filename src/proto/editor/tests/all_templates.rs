use crate::comfy::Catalog;
use serde_json::Value;

#[test]
fn compare() {
    let Ok(dir) = std::env::var("EDITOR_ORACLE") else { return };
    let read = |name: &str| -> Value { serde_json::from_str(&std::fs::read_to_string(name).unwrap()).unwrap() };
    let catalog = Catalog::from_object_info(&read("/tmp/object_info.json"));
    let prompts = read(&format!("{dir}/all.json"));
    let mut out = serde_json::Map::new();
    for file in std::fs::read_to_string(format!("{dir}/files")).unwrap().lines() {
        let name = std::path::Path::new(file).file_stem().unwrap().to_str().unwrap().to_owned();
        if prompts.get(&name).is_none() {
            continue;
        }
        let editor = read(file);
        let made = match super::super::convert(&editor, |class| catalog.class(class)) {
            Ok(made) => {
                serde_json::json!({"prompt": made.workflow, "notes": made.notes, "problems": made.problems.iter().map(ToString::to_string).collect::<Vec<_>>()})
            }
            Err(error) => serde_json::json!({"error": error.to_string()}),
        };
        out.insert(name, made);
    }
    std::fs::write(format!("{dir}/ours.json"), serde_json::to_string(&out).unwrap()).unwrap();
}
