//! Names of files in folders: a ComfyUI on Windows lists `sd\xl.ckpt`, another lists the same file as `sd/xl.ckpt`, and each accepts only its own
//! spelling. A workflow is sent with the spelling of the ComfyUI that gets it.

use std::borrow::Cow;

use serde_json::Value;

use super::{
    Catalog, InputKind, NodeClass, Workflow,
    path::{SEPARATORS, is_same_path},
};
use crate::ids::NodeId;

impl NodeClass {
    /// How this ComfyUI spells the file that `name` is: as it is if it is listed so, else the one listed name that differs only in `\` and `/`.
    /// `None`: it has no such file, or several could be meant, or the input has no list of texts.
    #[must_use]
    pub fn spelling(&self, input: &str, name: &str) -> Option<&str> {
        let InputKind::Choice(choices) = &self.input(input)?.kind else { return None };
        if let Some(exact) = choices.iter().find(|choice| *choice == name) {
            return Some(exact);
        }
        if !name.contains(SEPARATORS) {
            return None;
        }
        let mut same = choices.iter().filter(|choice| is_same_path(choice, name));
        let first = same.next()?;
        same.all(|other| other == first).then_some(first)
    }
}

impl Workflow {
    /// The workflow in the spelling of the ComfyUI with this catalog: see [`NodeClass::spelling`]. Nothing else is changed.
    #[must_use]
    pub fn spelled_for(&self, catalog: &Catalog) -> Cow<'_, Self> {
        let changes: Vec<(&NodeId, String, &str)> = self
            .0
            .iter()
            .flat_map(|(id, node)| {
                let class = catalog.class(node.class_type());
                node.inputs().filter_map(move |(input, value)| {
                    let name = value.as_str().filter(|name| name.contains(SEPARATORS))?;
                    let spelling = class?.spelling(input, name).filter(|spelling| *spelling != name)?;
                    Some((id, input.to_owned(), spelling))
                })
            })
            .collect();
        if changes.is_empty() {
            return Cow::Borrowed(self);
        }
        let mut spelled = self.clone();
        for (id, input, spelling) in changes {
            if let Some(node) = spelled.0.get_mut(id) {
                node.set_input(&input, Value::String(spelling.to_owned()));
            }
        }
        Cow::Owned(spelled)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::comfy::Needs;

    fn catalog(files: &[impl AsRef<str>]) -> Catalog {
        let files: Vec<&str> = files.iter().map(AsRef::as_ref).collect();
        Catalog::from_object_info(&json!({
            "Loader": {"input": {"required": {"model": [files], "mode": [["a/b", "c"]], "text": ["STRING", {}]}}},
        }))
    }

    fn workflow(file: &str) -> Workflow {
        let nodes = json!({
            "1": {"class_type": "Loader", "inputs": {"model": file, "mode": "a\\b", "text": "a\\b", "seed": 7, "from": ["2", 0]}},
            "2": {"class_type": "Unknown", "inputs": {"model": file}},
        });
        Workflow::from_value(nodes).unwrap()
    }

    fn spelled(file: &str, files: &[&str]) -> Option<String> {
        catalog(files).class("Loader").unwrap().spelling("model", file).map(str::to_owned)
    }

    #[test]
    fn the_exact_name_first_then_the_only_one_that_differs_in_separators() {
        let cases: [(&str, &[&str], Option<&str>); 8] = [
            (r"sd\a.ckpt", &["a.ckpt", "sd/a.ckpt"], Some("sd/a.ckpt")),
            ("sd/a.ckpt", &[r"sd\a.ckpt"], Some(r"sd\a.ckpt")),
            (r"sd\a.ckpt", &["sd/a.ckpt", r"sd\a.ckpt"], Some(r"sd\a.ckpt")),
            (r"x\y\a.ckpt", &["x/y/a.ckpt", r"x/y\a.ckpt"], None),
            (r"x\y\a.ckpt", &["x/y/a.ckpt", "x/y/a.ckpt"], Some("x/y/a.ckpt")),
            (r"sd\a.ckpt", &["a.ckpt", "sd/A.ckpt", "sd//a.ckpt", "/sd/a.ckpt"], None),
            ("a.ckpt", &["sd/a.ckpt"], None),
            (r"sd\a.ckpt", &[], None),
        ];
        for (name, files, expected) in cases {
            assert_eq!(spelled(name, files).as_deref(), expected, "{name} in {files:?}");
        }
    }

    #[test]
    fn only_listed_texts_change_and_the_workflow_itself_stays() {
        let original = workflow(r"sd\a.ckpt");
        let sent = original.spelled_for(&catalog(&["sd/a.ckpt"])).into_owned();
        let expected = json!({
            "1": {"class_type": "Loader", "inputs": {"model": "sd/a.ckpt", "mode": "a/b", "text": "a\\b", "seed": 7, "from": ["2", 0]}},
            "2": {"class_type": "Unknown", "inputs": {"model": r"sd\a.ckpt"}},
        });
        assert_eq!(sent, Workflow::from_value(expected).unwrap());
        assert_eq!(original, workflow(r"sd\a.ckpt"));
        assert!(matches!(original.spelled_for(&Catalog::default()), Cow::Borrowed(_)));
        let exact = Catalog::from_object_info(&json!({"Loader": {"input": {"required": {"model": [[r"sd\a.ckpt"]]}}}}));
        assert!(matches!(original.spelled_for(&exact), Cow::Borrowed(_)), "nothing to change");
    }

    fn path() -> impl Strategy<Value = String> {
        proptest::collection::vec(("[ab]{0,2}", prop_oneof![Just('/'), Just('\\')]), 0..4)
            .prop_map(|parts| parts.into_iter().flat_map(|(part, separator)| [part, separator.to_string()]).collect::<String>() + "m.ckpt")
    }

    proptest! {
        /// With separators in any mix: what is sent is listed, and is the same path; a listed name is never changed; and a ComfyUI counts as
        /// able exactly when the file is listed so or one other spelling of it is.
        #[test]
        fn a_name_never_becomes_another_file(name in path(), files in proptest::collection::vec(path(), 0..6)) {
            let catalog = catalog(&files);
            let plain = |path: &str| path.replace('\\', "/");
            let original = workflow(&name);
            let sent = original.spelled_for(&catalog).into_owned();
            let model = sent.0.get("1").and_then(|node| node.input("model")).and_then(Value::as_str).unwrap().to_owned();
            prop_assert_eq!(plain(&model), plain(&name));
            let others: std::collections::BTreeSet<&String> = files.iter().filter(|file| plain(file) == plain(&name)).collect();
            if files.contains(&name) || others.len() != 1 {
                prop_assert_eq!(&model, &name);
            } else {
                prop_assert!(files.contains(&model), "{} is not in {:?}", model, files);
            }
            let needs = Needs::of(&Workflow::from_value(json!({"1": {"class_type": "Loader", "inputs": {"model": name}}})).unwrap());
            prop_assert_eq!(needs.met_by(&catalog), files.contains(&name) || others.len() == 1);
            prop_assert_eq!(needs.spelled_by(&catalog), files.contains(&name));
        }
    }
}
