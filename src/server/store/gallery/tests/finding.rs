//! Searches for values, counts, suggestions, saved searches.

use proto::{
    gallery::{FacetValue, Quantity, QuantityRange},
    limits,
};

use super::*;
use crate::store::tests::other_connection;

#[tokio::test]
async fn a_model_is_found_with_and_without_its_folder_and_ending() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let models = [r"SDXL\Dream v1.5.safetensors", "dream v1.5.ckpt", "dreamer.gguf"];
    let items = (0..).zip(models).map(|(number, model)| imported(number, 1, OutputFacts { models: vec![model.into()], ..facts("a cat") }));
    store.add_to_gallery(items.collect()).await.unwrap();
    let asked = |text: &str, is_prefix| {
        let values = vec![FacetValue { text: text.into(), is_prefix }];
        search([Condition::Facet { facet: Facet::Model, values }])
    };
    for (text, is_prefix, found) in [
        ("dream v1.5", false, 2),
        ("DREAM V1.5.CKPT", false, 1),
        ("sdxl/dream v1.5", false, 1),
        ("sdxl/", true, 1),
        ("dream", false, 0),
        ("dream", true, 3),
        ("flux", true, 0),
    ] {
        assert_eq!(store.found(asked(text, is_prefix)).await.len(), found, "{text}");
    }
    let both = OutputFacts { models: models[1..].iter().map(|model| (*model).into()).collect(), ..facts("two models") };
    store.add_to_gallery(vec![imported(9, 1, both)]).await.unwrap();
    assert_eq!(store.found(asked("dream", true)).await.len(), 4, "one with two of them counts once");
    store.change_one(store.id_of_prompt("two models").await, GalleryChange::Trash, 1).await;
    assert_eq!(store.found(search([words("dream v1.5")])).await.len(), 2, "as words");
    assert_eq!(store.found(search([words("safetensors")])).await.len(), 0);
    assert_eq!(store.gallery_values(Facet::Model, "sdxl/dreamer".into(), 9).await.unwrap(), [("dreamer.gguf".to_owned(), 1)]);
}

#[tokio::test]
async fn values_are_suggested_the_most_frequent_first_without_those_in_the_trash() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let samplers = ["euler", "euler_ancestral", "euler_ancestral", "dpmpp"];
    let items = (0..).zip(samplers).map(|(number, sampler)| imported(number, 1, OutputFacts { sampler: sampler.into(), ..facts(sampler) }));
    store.add_to_gallery(items.collect()).await.unwrap();
    let suggested = async |limit| store.gallery_values(Facet::Sampler, "EUL".into(), limit).await.unwrap();
    assert_eq!(suggested(9).await, [("euler_ancestral".to_owned(), 2), ("euler".to_owned(), 1)]);
    assert_eq!(suggested(1).await.len(), 1);
    let id = store.found(search([facet(Facet::Sampler, "euler")])).await[0].id;
    store.change_one(id, GalleryChange::Trash, 5).await;
    assert_eq!(suggested(9).await, [("euler_ancestral".to_owned(), 2)]);
}

#[tokio::test]
async fn values_of_more_results_than_are_tallied_are_those_of_the_newest() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let all = u32::try_from(limits::GALLERY_TALLY).unwrap() + 10;
    for first in (0..all).step_by(500) {
        let of = |number: u32| OutputFacts { sampler: if number < 10 { "old" } else { "new" }.into(), ..OutputFacts::default() };
        let items = (first..all.min(first + 500)).map(|number| imported(number, u64::from(number), of(number)));
        store.add_to_gallery(items.collect()).await.unwrap();
    }
    let file = search([facet(Facet::Type, "file")]);
    let tally = store.gallery_facets(file, vec![Facet::Sampler], 9).await.unwrap();
    assert_eq!(tally.counts.facets[0].values, [("new".to_owned(), limits::GALLERY_TALLY as u64)]);
    assert_eq!((tally.total, tally.counts.of_newest), (u64::from(all), Some(limits::GALLERY_TALLY as u64)));
    let of_all = store.gallery_facets(Search::default(), vec![Facet::Sampler], 9).await.unwrap();
    assert_eq!(of_all.counts.facets[0].values[1], ("old".to_owned(), 10), "of everything, all are counted");
    assert_eq!(of_all.counts.of_newest, None);
}

#[tokio::test]
async fn searches_are_kept_under_a_name_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let first = store.add_gallery_search("Best".into(), "rating:5".into(), Timestamp(5)).await.unwrap().unwrap();
    let second = store.add_gallery_search("Cats".into(), "cat".into(), Timestamp(6)).await.unwrap().unwrap();
    assert!(store.rename_gallery_search(second.id, "Dogs".into()).await.unwrap());
    assert!(store.remove_gallery_search(first.id).await.unwrap());
    assert!(!store.remove_gallery_search(first.id).await.unwrap() && !store.rename_gallery_search(first.id, "x".into()).await.unwrap());
    drop(store);
    let (store, _) = open(folder.path());
    let kept = store.gallery_searches().await.unwrap();
    assert_eq!(kept.iter().map(|search| (search.name.as_str(), search.text.as_str())).collect::<Vec<_>>(), [("Dogs", "cat")]);
}

#[tokio::test]
async fn outputs_of_one_millisecond_have_ids_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    store.add_to_gallery((0..3).map(|number| imported(number, 7, facts(&number.to_string()))).collect()).await.unwrap();
    assert_eq!(store.prompts(Search::default()).await, ["2", "1", "0"]);
    // The last number of that millisecond is used up: a free one is taken.
    other_connection(folder.path()).execute_batch("PRAGMA foreign_keys = OFF; UPDATE gallery SET id = (8 << 20) - 1 WHERE id = (7 << 20) + 2; UPDATE gallery SET id = 3 << 20 WHERE id = (7 << 20) + 1").unwrap();
    store.add_to_gallery(vec![imported(3, 7, facts("3"))]).await.unwrap();
    assert!(store.gallery_item(GalleryId((7 << 20) + 1)).await.unwrap().is_some_and(|item| item.facts.prompt == "3"));
}

/// Ranges are asked for by tokens of wider ones where these have nothing else: whichever values there are.
#[tokio::test]
async fn ranges_of_numbers_are_exact() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let steps = [1, 4, 5, 7, 8, 15, 16, 17, 20, 24, 28, 30, 31, 32, 33, 60, 150];
    let of = |steps: u32| OutputFacts {
        steps: Some(steps),
        cfg: format!("{}", f64::from(steps) / 2.0),
        width: steps * 64,
        height: 512,
        ..facts(&steps.to_string())
    };
    let items = (0..).zip(steps).map(|(number, steps)| imported(number, u64::from(steps), of(steps)));
    store.add_to_gallery(items.collect()).await.unwrap();
    let bounds = [None, Some(4), Some(8), Some(16), Some(17), Some(29), Some(31), Some(60), Some(151)];
    for (quantity, unit) in [(Quantity::Steps, 1_000), (Quantity::Cfg, 500), (Quantity::Pixels, 64 * 512)] {
        for (min, max) in bounds.iter().flat_map(|min| bounds.iter().map(move |max| (*min, *max))) {
            let range = QuantityRange { min: min.map(|min| min * unit), max: max.map(|max| max * unit) };
            let expected: Vec<String> =
                steps.iter().rev().filter(|steps| range.contains(u64::from(**steps) * unit)).map(u32::to_string).collect();
            let number = Condition::Number { quantity, range };
            assert_eq!(store.prompts(search([number.clone()])).await, expected, "{quantity:?} {range:?}");
            // With another term they are counted in parts.
            assert_eq!(store.prompts(search([number, facet(Facet::Type, "image")])).await, expected, "{quantity:?} {range:?}");
        }
    }
}

#[tokio::test]
async fn merging_makes_one_part_of_the_index_and_changes_no_result() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    for number in 0..7 {
        store.add_to_gallery(vec![imported(number, u64::from(number), facts(&format!("cat {number}")))]).await.unwrap();
    }
    let parts = || -> i64 {
        other_connection(folder.path()).query_row("SELECT count(DISTINCT segid) FROM gallery_text_idx", [], |row| row.get(0)).unwrap()
    };
    assert!(parts() > 1);
    let before = store.prompts(search([words("cat")])).await;
    store.merge_gallery_index().await.unwrap();
    store.merge_gallery_index().await.unwrap();
    assert_eq!((parts(), before.len()), (1, 7));
    assert_eq!(store.prompts(search([words("cat")])).await, before);
}
