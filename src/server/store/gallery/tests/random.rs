//! Random changes and searches: the store finds what plain code finds.

use proptest::{collection::vec, option, prelude::*, sample::select};
use proto::{
    gallery::{Condition, Facet, FacetValue, Quantity, QuantityRange, SearchPlace, Trait},
    task::OutputKind,
};

use super::{
    naive::{NaiveGallery, NaivePicture},
    *,
};
use crate::store::gallery::indexing::facts_of;

const FACETS: [Facet; 10] = [
    Facet::Model,
    Facet::Lora,
    Facet::Tag,
    Facet::Album,
    Facet::Workflow,
    Facet::Backend,
    Facet::Sampler,
    Facet::Scheduler,
    Facet::Type,
    Facet::Program,
];
const WORDS: [&str; 7] = ["cat", "catnip", "dog", "red", "fog", "猫", "山"];
const MODELS: [&str; 4] = ["SDXL/dream.safetensors", "dream.ckpt", "flux-v1.0.safetensors", "SDXL/flux.safetensors"];
const LABELS: [&str; 3] = ["cat", "wip", "portfolio"];

#[derive(Clone, Debug)]
enum Op {
    Add(Vec<(u64, OutputFacts)>),
    /// The pictures by their index among all; none: the results of the search but every third.
    Change(Vec<usize>, Search, GalleryChange),
    Undo(usize),
    Purge(u64),
    Reopen,
}

fn text() -> impl Strategy<Value = String> {
    vec(select(&WORDS[..]), 0..4).prop_map(|words| words.join(" ").replace("猫 山", "猫山"))
}

fn some_facts() -> impl Strategy<Value = OutputFacts> {
    let texts = (text(), text(), option::of(0..3_u64), select(vec!["", "7", "7.5", "12"]), select(vec!["", "inpaint", "Red cat"]));
    let sizes = select(vec![(0, 0), (832, 1216), (1024, 1024), (1344, 756), (768, 1344)]);
    let lists = (vec(select(&MODELS[..]), 0..3), vec(select(&MODELS[..]), 0..2), vec(0..3_u32, 0..2));
    (texts, sizes, lists, option::of(select(vec![8, 20, 30])), any::<bool>(), any::<bool>()).prop_map(
        |((prompt, negative, seed, cfg, workflow), (width, height), (models, loras, parents), steps, has_mask, is_image)| OutputFacts {
            kind: is_image.then_some(OutputKind::Image),
            width,
            height,
            prompt,
            negative,
            models: models.into_iter().map(str::to_owned).collect(),
            loras: loras.into_iter().map(lora).collect(),
            seed,
            // What has a source and no settings gets those of its source, which is tested apart.
            steps: steps.or((!parents.is_empty()).then_some(1)),
            cfg: cfg.into(),
            workflow: workflow.into(),
            sampler: if has_mask { "euler" } else { "" }.into(),
            backend: if is_image { "127.0.0.1:8188" } else { "b" }.into(),
            parents: parents.into_iter().map(hash).collect(),
            has_mask,
            ..OutputFacts::default()
        },
    )
}

fn range() -> impl Strategy<Value = QuantityRange> {
    let bound = select(vec![0, 1, 3_000, 5_000, 7_000, 7_001, 12_000, 20_000, 30_000, 1_000_000, 2_000_000]);
    (option::of(bound.clone()), option::of(bound)).prop_map(|(min, max)| QuantityRange { min, max })
}

fn facet_value() -> impl Strategy<Value = FacetValue> {
    let texts =
        vec!["dream", "sdxl/dream", "DREAM.ckpt", "flux", "flux-v1.0", "fl", "cat", "WIP", "port", "image", "inpaint", "euler", "red cat"];
    (select(texts), any::<bool>()).prop_map(|(text, is_prefix)| FacetValue { text: text.into(), is_prefix })
}

fn condition() -> impl Strategy<Value = Condition> {
    let phrase = || {
        (vec(select(&WORDS[..]), 1..3), any::<bool>()).prop_map(|(words, is_prefix)| {
            // An ideograph has no beginning.
            let is_prefix = is_prefix && words.last().is_some_and(|word| word.is_ascii());
            SearchWords { text: words.join(" "), is_prefix }
        })
    };
    let quantity = select(vec![Quantity::Rating, Quantity::Steps, Quantity::Cfg, Quantity::Pixels]);
    let traits = select(vec![Trait::Mask, Trait::Parent, Trait::Prompt, Trait::Lora, Trait::Tag]);
    let time = || option::of((0..60_u64).prop_map(Timestamp));
    prop_oneof![
        4 => phrase().prop_map(Condition::Words),
        2 => phrase().prop_map(Condition::Negative),
        5 => (select(&FACETS[..]), vec(facet_value(), 1..3)).prop_map(|(facet, values)| Condition::Facet { facet, values }),
        1 => (0..4_u64).prop_map(Condition::Seed),
        2 => any::<bool>().prop_map(Condition::Star),
        4 => (quantity, range()).prop_map(|(quantity, range)| Condition::Number { quantity, range }),
        1 => select(vec![(832, 1216), (9, 9)]).prop_map(|(width, height)| Condition::Size { width, height }),
        1 => select(vec![(16, 9), (1, 1), (4, 7)]).prop_map(|(width, height)| Condition::Ratio { width, height }),
        2 => (time(), time()).prop_map(|(from, before)| Condition::Date { from, before }),
        2 => traits.prop_map(Condition::Has),
        2 => Just(Condition::In(SearchPlace::Trash)),
    ]
}

fn some_search() -> impl Strategy<Value = Search> {
    let term =
        (condition(), prop::bool::weighted(0.3)).prop_map(|(condition, is_negated)| Term { text: String::new(), is_negated, condition });
    vec(term, 0..4).prop_map(|terms| Search { terms })
}

fn change() -> impl Strategy<Value = GalleryChange> {
    let label = || select(&LABELS[..]).prop_map(str::to_owned);
    prop_oneof![
        any::<bool>().prop_map(GalleryChange::Star),
        (0..=5_u8).prop_map(GalleryChange::Rating),
        label().prop_map(GalleryChange::AddTag),
        label().prop_map(GalleryChange::RemoveTag),
        label().prop_map(GalleryChange::AddToAlbum),
        label().prop_map(GalleryChange::RemoveFromAlbum),
        Just(GalleryChange::Trash),
        Just(GalleryChange::Trash),
        Just(GalleryChange::Restore),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => vec((0..60_u64, some_facts()), 1..6).prop_map(Op::Add),
        6 => (vec(any::<usize>(), 0..4), some_search(), change()).prop_map(|(ids, search, change)| Op::Change(ids, search, change)),
        3 => any::<usize>().prop_map(Op::Undo),
        1 => (0..100_u64).prop_map(Op::Purge),
        1 => Just(Op::Reopen),
    ]
}

/// Each picture with all that people gave it.
async fn compare(store: &Store, naive: &NaiveGallery, searches: &[Search]) {
    for search in searches {
        let oldest = naive.found(search);
        let newest: Vec<GalleryId> = oldest.iter().rev().copied().collect();
        let found = store.found(search.clone()).await;
        assert_eq!(found.iter().map(|item| item.id).collect::<Vec<_>>(), newest, "{search:?}");
        for item in found {
            let picture = &naive.pictures[&item.id];
            assert_eq!((item.star, item.rating, item.tags, item.albums, item.deleted_at), picture.marks());
            assert_eq!((item.facts, item.created_at.0), (picture.facts.clone(), picture.created_at));
        }
        let page = async |order, range| {
            let page = store.gallery_page(search.clone(), order, range, 2).await.unwrap();
            page.into_iter().map(|item| item.id).collect::<Vec<_>>()
        };
        for offset in [1, newest.len() / 2 + 1, newest.len()] {
            for total in [None, Some(newest.len() as u64)] {
                let range = GalleryRange { offset: offset as u64, total, ..GalleryRange::default() };
                assert_eq!(page(GalleryOrder::Oldest, range).await, part(&oldest, offset), "{search:?}");
                assert_eq!(page(GalleryOrder::Newest, range).await, part(&newest, offset), "{search:?}");
            }
        }
        // An output that may be none of the results.
        let Some(middle) = naive.pictures.keys().nth(naive.pictures.len() / 2).copied() else { continue };
        let upto: Vec<GalleryId> = newest.iter().copied().filter(|id| *id <= middle).collect();
        for offset in [1, upto.len() / 2 + 1] {
            let range = GalleryRange { upto: Some(middle), offset: offset as u64, ..GalleryRange::default() };
            assert_eq!(page(GalleryOrder::Newest, range).await, part(&upto, offset), "{search:?}");
        }
        assert_eq!(store.gallery_count(search.clone(), Some(middle)).await.unwrap(), upto.len() as u64, "{search:?}");
        let older: Vec<GalleryId> = newest.iter().copied().filter(|id| *id < middle).collect();
        let newer: Vec<GalleryId> = oldest.iter().copied().filter(|id| *id > middle).collect();
        let after = GalleryRange { after: Some(middle), ..GalleryRange::default() };
        assert_eq!(page(GalleryOrder::Newest, after).await, part(&older, 0));
        assert_eq!(page(GalleryOrder::Oldest, after).await, part(&newer, 0));
        let neighbours = store.gallery_neighbours(search.clone(), middle).await.unwrap();
        assert_eq!((neighbours.newer, neighbours.older), (newer.first().copied(), older.first().copied()));
        let tally = store.gallery_facets(search.clone(), FACETS.to_vec(), 100).await.unwrap();
        assert_eq!((tally.total, tally.counts.of_newest), (newest.len() as u64, None));
        for counts in tally.counts.facets {
            let mut values = counts.values;
            assert!(values.is_sorted_by_key(|(_, outputs)| std::cmp::Reverse(*outputs)));
            values.sort_by_key(|(value, outputs)| (std::cmp::Reverse(*outputs), value.clone()));
            assert_eq!(values, naive.counts(search, counts.facet), "{:?} of {search:?}", counts.facet);
        }
    }
}

fn part(ids: &[GalleryId], offset: usize) -> Vec<GalleryId> {
    ids.iter().skip(offset).take(2).copied().collect()
}

async fn play(ops: Vec<Op>, searches: Vec<Search>) {
    let folder = tempfile::tempdir().unwrap();
    let (mut store, _) = open(folder.path());
    let mut naive = NaiveGallery::default();
    let mut files = 0..;
    let searches = [vec![Search::default()], searches].concat();
    for (now, op) in (0..).zip(ops) {
        let ids: Vec<GalleryId> = naive.pictures.keys().copied().collect();
        let pick = |which: &usize| (!ids.is_empty()).then(|| ids[which % ids.len()]);
        match op {
            Op::Add(new) => {
                let items: Vec<_> = new.into_iter().map(|(at, facts)| imported(files.next().unwrap(), at, facts)).collect();
                assert_eq!(store.add_to_gallery(items.clone()).await.unwrap(), items.len() as u64);
                assert_eq!(store.add_to_gallery(items.clone()).await.unwrap(), 0, "once more");
                naive.learn_ids(folder.path(), &items);
            }
            Op::Change(which, search, change) => {
                let target = match (which.is_empty(), ids.len()) {
                    (true, _) | (_, 0) => GalleryTarget::Results {
                        search,
                        upto: ids.last().copied().unwrap_or(GalleryId(0)),
                        except: ids.iter().copied().step_by(3).collect(),
                    },
                    _ => GalleryTarget::Ids(which.iter().filter_map(pick).collect()),
                };
                let result = store.change_gallery(target.clone(), change.clone(), Timestamp(now)).await.unwrap();
                assert_eq!((result.changed, result.refused), naive.change(result.action, &target, &change, Timestamp(now)));
            }
            Op::Undo(which) => {
                let actions: Vec<u64> = naive.actions.keys().copied().collect();
                let Some(action) = (!actions.is_empty()).then(|| actions[which % actions.len()]) else { continue };
                let restored = naive.undo(action);
                let result = store.undo_gallery(action).await.unwrap().unwrap();
                assert!(result.changed >= restored, "an action that was undone before says how many it was then");
            }
            Op::Purge(before) => assert_eq!(store.purge_gallery(Timestamp(before)).await.unwrap(), naive.purge(Timestamp(before))),
            Op::Reopen => {
                drop(store);
                (store, _) = open(folder.path());
            }
        }
        compare(&store, &naive, &searches).await;
    }
}

impl NaiveGallery {
    /// Ids are the store's: those of new files, in the order in which they were given.
    fn learn_ids(&mut self, folder: &std::path::Path, items: &[NewGalleryItem]) {
        let connection = crate::store::tests::other_connection(folder);
        for item in items {
            let (id, json): (i64, String) = connection
                .query_row("SELECT id, facts FROM gallery WHERE hash = ?1", [&item.hash], |row| Ok((row.get(0)?, row.get(1)?)))
                .unwrap();
            let picture = NaivePicture {
                created_at: item.created_at.0,
                facts: facts_of(id, &json),
                star: false,
                rating: 0,
                tags: Vec::new(),
                albums: Vec::new(),
                deleted_at: None,
            };
            assert_eq!((Some(&picture.facts), id >> 20), (item.facts.as_ref(), item.created_at.0.cast_signed()));
            assert!(self.pictures.insert(GalleryId(id.cast_unsigned()), picture).is_none());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn the_gallery_finds_what_plain_code_finds(ops in vec(op(), 1..16), searches in vec(some_search(), 1..8)) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(play(ops, searches));
    }
}
