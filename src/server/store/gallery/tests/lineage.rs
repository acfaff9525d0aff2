//! What an output was made from, and what was made from it.

use proptest::{collection::vec, prelude::*};
use proto::limits;

use super::{super::model::GallerySource, *};
use crate::store::{Lineage, MediaFile, tests::other_connection};

/// A file whose prompt is its number, made from those.
fn made(number: u32, from: &[u32]) -> NewGalleryItem {
    let parents = from.iter().map(|number| hash(*number)).collect();
    imported(number, u64::from(number) + 1, OutputFacts { parents, ..facts(&number.to_string()) })
}

async fn lineage_of(store: &Store, number: u32) -> Lineage {
    let of_hash = store.gallery_with_file(hash(number)).await.unwrap().unwrap();
    store.gallery_lineage(of_hash).await.unwrap()
}

/// An output by its prompt, anything else by what it is.
fn name(source: &GallerySource) -> String {
    match source {
        GallerySource::Output(item) => item.facts.prompt.clone(),
        GallerySource::Picture(hash) => format!("picture {}", hash.trim_start_matches('0')),
        GallerySource::Gone(hash) => format!("gone {}", hash.trim_start_matches('0')),
    }
}

/// The names of a generation, in order.
fn generation(lineage: &Lineage, generation: i8) -> Vec<String> {
    lineage.members.iter().filter(|member| member.generation == generation).map(|member| name(&member.source)).collect()
}

fn edges(lineage: &Lineage) -> Vec<(String, String)> {
    let of = |place: usize| name(&lineage.members[place].source);
    let mut edges: Vec<_> = lineage.edges.iter().map(|(from, to)| (of(*from), of(*to))).collect();
    edges.sort();
    edges
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect()
}

#[tokio::test]
async fn a_source_is_an_output_a_picture_or_gone() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    other_connection(folder.path()).execute("INSERT INTO pictures VALUES (?1, 'image/png', 1, 1, 1)", [hash(0x77)]).unwrap();
    store.add_to_gallery(vec![made(1, &[]), made(2, &[1, 0x77, 0x88])]).await.unwrap();
    let lineage = lineage_of(&store, 2).await;
    assert_eq!(generation(&lineage, 0), ["2"]);
    assert_eq!(generation(&lineage, -1), ["1", "picture 77", "gone 88"]);
    assert_eq!(edges(&lineage), pairs(&[("1", "2"), ("gone 88", "2"), ("picture 77", "2")]));
    let found = store.found(Search::default()).await;
    assert_eq!(lineage.members[0].source, GallerySource::Output(Box::new(found[0].clone())));
    assert_eq!(store.gallery_item(found[0].id).await.unwrap().as_ref(), Some(&found[0]));
    assert_eq!(store.gallery_item(GalleryId(5)).await.unwrap(), None);
    assert_eq!(found[0].file, MediaFile { hash: hash(2), bytes: 0, mime: None }, "its file is missing");
    assert_eq!(store.gallery_lineage(GalleryId(5)).await.unwrap(), Lineage::default());
}

#[tokio::test]
async fn a_chain_is_followed_three_steps_back_and_two_forth() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    store.add_to_gallery((1..=9).map(|number| made(number, &[number - 1][..usize::from(number > 1)])).collect()).await.unwrap();
    let lineage = lineage_of(&store, 5).await;
    let names: Vec<_> = (-4..=3).map(|at| generation(&lineage, at).join(" ")).collect();
    assert_eq!(names, ["", "2", "3", "4", "5", "6", "7", ""]);
    assert_eq!(edges(&lineage), pairs(&[("2", "3"), ("3", "4"), ("4", "5"), ("5", "6"), ("6", "7")]));
    assert_eq!(lineage.left_out, []);
}

#[tokio::test]
async fn of_many_results_the_newest_are_shown_and_the_others_listed() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    // 30 of the first, and 3 of each of the newest 2 of them.
    let mut items = vec![made(1, &[])];
    items.extend((2..=31).map(|number| made(number, &[1])));
    items.extend((32..=37).map(|number| made(number, &[30 + number % 2])));
    store.add_to_gallery(items).await.unwrap();
    let lineage = lineage_of(&store, 1).await;
    let newest: Vec<String> = (20..=31).rev().map(|number: u32| number.to_string()).collect();
    assert_eq!(generation(&lineage, 1), newest);
    let [rest] = &lineage.left_out[..] else { panic!("{:?}", lineage.left_out) };
    assert_eq!((rest.generation, rest.count, rest.outputs.len(), rest.outputs[0].facts.prompt.as_str()), (1, 18, 18, "19"));
    assert_eq!(generation(&lineage, 2), ["37", "36", "35", "34", "33", "32"]);
    assert_eq!(lineage.edges.len(), 12 + 6);
}

#[tokio::test]
async fn of_many_sources_some_are_shown_and_all_counted() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let sources: Vec<u32> = (1..=20).collect();
    store.add_to_gallery((1..=15).map(|number| made(number, &[])).chain([made(40, &sources)]).collect()).await.unwrap();
    let lineage = lineage_of(&store, 40).await;
    assert_eq!(generation(&lineage, -1).len(), limits::GALLERY_GENERATION);
    let rest = &lineage.left_out[0];
    assert_eq!((rest.generation, rest.count, rest.outputs.len()), (-1, 8, 3), "five of them are gone");
}

#[tokio::test]
async fn bytes_that_were_made_from_themselves_make_no_circle() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    // 1 from itself; 2 from 3, and 3 from 2; 4 from 3.
    store.add_to_gallery(vec![made(1, &[1]), made(2, &[3]), made(3, &[2]), made(4, &[3])]).await.unwrap();
    let of_itself = lineage_of(&store, 1).await;
    assert_eq!((of_itself.members.len(), &of_itself.edges[..], &of_itself.left_out[..]), (1, &[][..], &[][..]));
    let lineage = lineage_of(&store, 2).await;
    assert_eq!((generation(&lineage, -1), generation(&lineage, 0)), (vec!["3".to_owned()], vec!["2".to_owned()]));
    assert_eq!(edges(&lineage), pairs(&[("3", "2")]));
    let last = lineage_of(&store, 4).await;
    assert_eq!((generation(&last, -1), generation(&last, -2), generation(&last, -3)), (vec!["3".into()], vec!["2".into()], vec![]));
}

#[tokio::test]
async fn of_two_outputs_of_the_same_bytes_the_one_before_is_the_source() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    store.add_to_gallery(vec![made(5, &[]), made(6, &[7]), made(7, &[])]).await.unwrap();
    assert_eq!(generation(&lineage_of(&store, 6).await, -1), ["7"], "the time of an imported file may be wrong");
    other_connection(folder.path()).execute("UPDATE gallery SET hash = ?1 WHERE hash = ?2", [hash(7), hash(5)]).unwrap();
    assert_eq!(generation(&lineage_of(&store, 6).await, -1), ["5"]);
    assert_eq!(generation(&lineage_of(&store, 7).await, 1), ["6"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever was made from whatever: each output once, few of a generation, and every edge is one that was written.
    #[test]
    fn any_graph_gives_a_bounded_one_without_circles(parents in vec(vec(0_u32..12, 0..4), 12)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let (store, _) = open(folder.path());
            store.add_to_gallery((0..).zip(&parents).map(|(number, from)| made(number, from)).collect()).await.unwrap();
            for number in 0..12 {
                let lineage = lineage_of(&store, number).await;
                let names: Vec<_> = lineage.members.iter().map(|member| name(&member.source)).collect();
                assert_eq!(names.iter().collect::<std::collections::BTreeSet<_>>().len(), names.len(), "{names:?}");
                for (from, to) in &lineage.edges {
                    assert!(lineage.members[*from].generation < lineage.members[*to].generation);
                    let (from, to): (u32, usize) = (names[*from].parse().unwrap(), names[*to].parse().unwrap());
                    assert!(parents[to].contains(&from), "{to} was not made from {from}");
                }
                for member in &lineage.members[1..] {
                    assert!((-limits::GALLERY_ANCESTORS..=limits::GALLERY_DESCENDANTS).contains(&member.generation));
                }
            }
        });
    }
}

#[tokio::test]
async fn an_enlarged_picture_is_found_by_the_prompt_of_its_source() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let source = OutputFacts { seed: Some(7), models: vec!["base.safetensors".into()], ..facts("a red door") };
    let enlarged = |from: u32| OutputFacts { width: 1664, parents: vec![hash(from)], ..facts("") };
    // The source and what was made of it may come in one portion; the second is made of the first.
    store.add_to_gallery(vec![imported(1, 1, source), imported(2, 2, enlarged(1)), imported(3, 3, enlarged(2))]).await.unwrap();
    store.add_to_gallery(vec![imported(4, 4, enlarged(0x99))]).await.unwrap();
    let found = store.found(search([words("red door"), facet(Facet::Model, "base.safetensors")])).await;
    let widths: Vec<u32> = found.iter().map(|item| item.facts.width).collect();
    assert_eq!(widths, [1664, 1664, 832]);
    assert!(found.iter().all(|item| item.facts.seed == Some(7)));
}
