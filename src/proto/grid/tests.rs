use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::*;
use crate::{
    recipe::TextToImage,
    submit::{FormOptions, FormRun, Submission},
};

fn parsed(kind: GridValueKind, text: &str) -> Vec<String> {
    parse_values(kind, text).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

#[test]
fn numbers_are_typed_as_lists_and_ranges() {
    use GridValueKind::{Decimal, Whole};
    for (kind, text, values) in [
        (Whole, "1, 2,5", "1 2 5"),
        (Whole, "20-40 (+10)", "20 30 40"),
        (Whole, "20-45(10)", "20 30 40"),
        (Whole, "1-10 [4]", "1 4 7 10"),
        (Whole, "1-10 [3]", "1 6 10"),
        (Whole, "3-1", "3 2 1"),
        (Whole, "40-20 (-10), 7", "40 30 20 7"),
        (Whole, "40-20 (10)", "40 30 20"),
        (Whole, "-2 - 1", "-2 -1 0 1"),
        (Whole, "-3--1", "-3 -2 -1"),
        (Whole, "5-5", "5"),
        (Whole, "1, 1, 2\n3", "1 2 3"),
        (Whole, "18446744073709551614-18446744073709551615", "18446744073709551614 18446744073709551615"),
        (Decimal, "0.1-0.5 (+0.1)", "0.1 0.2 0.3 0.4 0.5"),
        (Decimal, "1-2 (+0.5), 7.0", "1.0 1.5 2.0 7.0"),
        (Decimal, "0-1 [5]", "0 0.25 0.5 0.75 1"),
        (Decimal, "0-1 [4]", "0 0.333 0.667 1"),
        (Decimal, "", ""),
    ] {
        assert_eq!(parsed(kind, text).join(" "), values, "{text}");
    }
}

#[test]
fn what_is_no_number_and_no_range_is_named() {
    for wrong in
        ["ten", "1-", "1-2 (", "1-2 (+)", "1-2 (0)", "1-5 (-1)", "1-2 [x]", "1-2 [1]", "1-2 [900]", "1-9999", "1 2", "1e3", "1-2-3"]
    {
        let error = parse_values(GridValueKind::Whole, wrong).expect_err(wrong);
        assert!(!error.message.is_empty());
    }
    let error = parse_values(GridValueKind::Whole, "7, ten").unwrap_err();
    assert!(error.message.contains("\"ten\""), "{error}");
}

#[test]
fn words_have_commas_and_quotes_and_prompts_have_lines() {
    use GridValueKind::{Lines, Words};
    assert_eq!(parsed(Words, "euler, dpmpp_2m ,\nheun,"), ["euler", "dpmpp_2m", "heun"]);
    assert_eq!(parsed(Words, "\"a cat, black\", \"say \"\"hi\"\"\", a dog"), ["a cat, black", "say \"hi\"", "a dog"]);
    assert_eq!(parsed(Lines, "a cat, black\n\n  \"a dog\"\n"), ["a cat, black", "\"a dog\""]);
    assert!(parse_values(Words, "\"open").is_err());
    assert!(parse_values(Words, "\"a\" b").is_err());
}

proptest! {
    #[test]
    fn words_survive_being_written(values in proptest::collection::hash_set("[ -~é\n]{0,12}", 1..8)) {
        let values: Vec<String> = values.into_iter().collect();
        prop_assert_eq!(parse_values(GridValueKind::Words, &write_values(GridValueKind::Words, &values)), Ok(values));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[-0-9a.,+()\\[\\] \"\n]{0,24}") {
        for kind in [GridValueKind::Whole, GridValueKind::Decimal, GridValueKind::Words, GridValueKind::Lines] {
            if let Ok(values) = parse_values(kind, &text) {
                prop_assert!(values.len() <= crate::limits::GRID_AXIS_VALUES);
                prop_assert_eq!(values.iter().collect::<HashSet<_>>().len(), values.len());
            }
        }
    }

    /// However the pool deals the cells out, no ComfyUI loads a combination of models twice.
    #[test]
    fn models_are_loaded_rarely(
        axes in proptest::collection::vec((1_usize..5, prop_oneof![
            Just(AxisWeight::Model), Just(AxisWeight::ModelPart), Just(AxisWeight::Prompt), Just(AxisWeight::Other),
        ]), 1..=3),
        deal in proptest::collection::vec(0_usize..3, 125),
    ) {
        let order = order_cells(&axes);
        let total: usize = axes.iter().map(|(values, _)| values).product();
        prop_assert_eq!(order.iter().collect::<HashSet<_>>().len(), total, "every cell once");
        prop_assert_eq!(order.len(), total);
        let models = |cell: &Vec<usize>| -> Vec<usize> {
            cell.iter().zip(&axes).filter(|(_, (_, weight))| weight.loads_models()).map(|(place, _)| *place).collect()
        };
        let mut seats: HashMap<usize, Vec<Vec<usize>>> = HashMap::new();
        for (cell, seat) in order.iter().zip(&deal) {
            seats.entry(*seat).or_default().push(models(cell));
        }
        seats.insert(9, order.iter().map(models).collect());
        for (seat, cells) in seats {
            let changes = cells.windows(2).filter(|pair| pair[0] != pair[1]).count();
            prop_assert_eq!(changes, cells.iter().collect::<HashSet<_>>().len() - 1, "seat {}: {:?}", seat, cells);
        }
        for pair in order.windows(2) {
            let differing = models(&pair[0]).iter().zip(models(&pair[1])).filter(|(one, two)| **one != *two).count();
            prop_assert!(differing <= 1, "one model at a time: {:?}", pair);
        }
    }
}

#[test]
fn without_models_cells_go_row_by_row() {
    let order = order_cells(&[(3, AxisWeight::Other), (2, AxisWeight::Other)]);
    assert_eq!(order, [[0, 0], [1, 0], [2, 0], [0, 1], [1, 1], [2, 1]]);
    let order = order_cells(&[(2, AxisWeight::Model), (2, AxisWeight::Other)]);
    assert_eq!(order, [[0, 0], [0, 1], [1, 0], [1, 1]]);
}

fn axis(field: &str, values: &[&str]) -> GridAxis {
    GridAxis {
        field: field.into(),
        label: field.into(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
        ..GridAxis::default()
    }
}

fn grid(axes: Vec<GridAxis>) -> GridSpec {
    let recipe = TextToImage { prompt: "a cat on a mat, a cat".into(), checkpoint: "sd.safetensors".into(), ..TextToImage::default() };
    GridSpec { name: "Cats".into(), base: Submission::TextToImage(recipe), axes }
}

fn options() -> FormOptions {
    FormOptions { checkpoints: vec!["sd.safetensors".into()], samplers: vec!["euler".into()], schedulers: Vec::new(), known: true }
}

#[test]
fn a_cell_has_the_values_of_its_axes() {
    let cats = GridAxis { part: Some("a cat".into()), ..axis("prompt", &["a cat", "a dog"]) };
    let mats = GridAxis { part: Some("mat".into()), ..axis("prompt", &["mat", "hat"]) };
    let spec = grid(vec![cats, mats, axis("cfg", &["1.5"])]);
    assert_eq!(check_grid(&spec, &options()), []);
    assert_eq!(spec.cells(), 4);
    let values = spec.values(&[1, 1, 0]);
    let Ok(Submission::TextToImage(recipe)) = spec.submission(&values, &[("seed".into(), "9".into())]) else { panic!("a recipe") };
    assert_eq!((recipe.prompt.as_str(), recipe.cfg.as_str(), recipe.seed), ("a dog on a hat, a dog", "1.5", 9));
    assert_eq!(spec.cell_name(&values), "Cats: prompt a dog, prompt hat, cfg 1.5");
}

#[test]
fn values_of_a_workflow_replace_those_of_its_form() {
    let workflow = TextToImage { prompt: "a cat".into(), ..TextToImage::default() }.workflow();
    let run = FormRun {
        json: serde_json::to_string(&workflow).unwrap(),
        inputs: vec![("3.steps".into(), "5".into()), ("3.cfg".into(), "2".into())],
        ..FormRun::default()
    };
    let part = GridAxis { part: Some("cat".into()), ..axis("6.text", &["dog"]) };
    let spec = GridSpec { name: "W".into(), base: Submission::Form(run), axes: vec![axis("3.steps", &["7"]), part] };
    assert_eq!(check_grid(&spec, &options()), []);
    let Ok(Submission::Form(run)) = spec.submission(&spec.values(&[0, 0]), &[]) else { panic!("a form") };
    let expected = [("3.cfg", "2"), ("3.steps", "7"), ("6.text", "a dog")];
    assert_eq!(run.inputs, expected.map(|(key, text)| (key.to_owned(), text.to_owned())));
}

#[test]
fn each_problem_is_at_its_axis_and_value() {
    let at = |axes: Vec<GridAxis>| -> Vec<(Option<u16>, Option<u16>)> {
        check_grid(&grid(axes), &options()).iter().map(|problem| (problem.axis, problem.value)).collect()
    };
    assert_eq!(at(vec![axis("steps", &["20", "0", "many"])]), [(Some(0), Some(1)), (Some(0), Some(2))]);
    assert_eq!(at(vec![axis("steps", &["20"]), axis("checkpoint", &["sd.safetensors", "xl"])]), [(Some(1), Some(1))]);
    assert_eq!(at(vec![axis("colour", &["red"])]), [(Some(0), None)]);
    assert_eq!(at(vec![axis("steps", &["1"]), axis("steps", &["2"])]), [(Some(1), None)]);
    assert_eq!(at(vec![axis("steps", &[])]), [(Some(0), None)]);
    assert_eq!(at(vec![axis("steps", &["1", "1"])]), [(Some(0), Some(1))]);
    assert_eq!(at(vec![GridAxis { part: Some("fish".into()), ..axis("prompt", &["a"]) }]), [(Some(0), None)]);
    assert_eq!(at(Vec::new()), [(None, None)]);
    let many: Vec<String> = (1..=40).map(|value| value.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(at(vec![axis("steps", &many), axis("seed", &many)]), [(None, None)], "too many cells");
    let whole = Submission::Workflow { name: "w".into(), json: "{}".into() };
    let refused = check_grid(&GridSpec { base: whole, ..grid(vec![axis("steps", &["1"])]) }, &options());
    assert!(refused[0].message.contains("form"), "{refused:?}");
}
