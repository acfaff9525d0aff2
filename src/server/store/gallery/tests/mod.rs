//! The gallery of a store on disk.

mod actions;
mod finding;
mod lineage;
mod naive;
mod news;
mod portions;
mod random;
mod tasks;
mod words;

use proto::{
    gallery::{Condition, Facet, FacetValue, GalleryChange, GalleryId, GalleryOrder, LoraFact, OutputFacts, Search, SearchWords, Term},
    limits,
    task::OutputKind,
    time::Timestamp,
};

use super::model::{GalleryItem, GalleryRange, GalleryTarget, NewGalleryItem};
use crate::store::{Store, tests::open};

fn facts(prompt: &str) -> OutputFacts {
    OutputFacts { kind: Some(OutputKind::Image), width: 832, height: 1216, prompt: prompt.into(), ..OutputFacts::default() }
}

/// An imported file: its hash is made of the number.
fn imported(number: u32, at: u64, facts: OutputFacts) -> NewGalleryItem {
    NewGalleryItem { key: None, created_at: Timestamp(at), hash: hash(number), facts: Some(facts) }
}

fn hash(number: u32) -> String {
    format!("{number:064x}")
}

fn term(condition: Condition) -> Term {
    Term { text: String::new(), is_negated: false, condition }
}

fn search(conditions: impl IntoIterator<Item = Condition>) -> Search {
    Search { terms: conditions.into_iter().map(term).collect() }
}

fn not(condition: Condition) -> Search {
    Search { terms: vec![Term { is_negated: true, ..term(condition) }] }
}

fn words(text: &str) -> Condition {
    Condition::Words(SearchWords { text: text.into(), is_prefix: false })
}

fn beginning(text: &str) -> Condition {
    Condition::Words(SearchWords { text: text.into(), is_prefix: true })
}

fn facet(facet: Facet, value: &str) -> Condition {
    Condition::Facet { facet, values: vec![FacetValue { text: value.into(), is_prefix: false }] }
}

fn lora(name: &str) -> LoraFact {
    LoraFact { name: name.into(), weight: "1".into() }
}

impl Store {
    /// All results, the newest first.
    async fn found(&self, search: Search) -> Vec<GalleryItem> {
        let found = self.gallery_page(search.clone(), GalleryOrder::Newest, GalleryRange::default(), 1_000).await.unwrap();
        assert_eq!(self.gallery_count(search, None).await.unwrap(), found.len() as u64);
        found
    }

    /// The prompts of all results, the newest first.
    async fn prompts(&self, search: Search) -> Vec<String> {
        self.found(search).await.into_iter().map(|item| item.facts.prompt).collect()
    }

    async fn id_of_prompt(&self, prompt: &str) -> GalleryId {
        self.found(search([words(prompt)])).await[0].id
    }

    async fn change_all(&self, change: GalleryChange, at: u64) -> proto::gallery::GalleryActionResult {
        let target = GalleryTarget::Results { search: Search::default(), upto: GalleryId(u64::MAX), except: Vec::new() };
        self.change_gallery(target, change, Timestamp(at)).await.unwrap()
    }

    async fn change_one(&self, id: GalleryId, change: GalleryChange, at: u64) -> proto::gallery::GalleryActionResult {
        self.change_gallery(GalleryTarget::Ids(vec![id]), change, Timestamp(at)).await.unwrap()
    }
}

/// A store with so many pictures of a cat.
async fn with_many(folder: &std::path::Path, all: usize) -> Store {
    let (store, _) = open(folder);
    let numbers: Vec<u32> = (0..u32::try_from(all).unwrap()).collect();
    for part in numbers.chunks(limits::GALLERY_PORTION) {
        store.add_to_gallery(part.iter().map(|number| imported(*number, u64::from(*number), facts("a cat"))).collect()).await.unwrap();
    }
    store
}

/// A store with a picture of each prompt, the first one the newest.
async fn with_prompts(folder: &std::path::Path, prompts: &[&str]) -> Store {
    let (store, _) = open(folder);
    let items = (0..).zip(prompts).map(|(number, prompt)| imported(number, 1_000_000 - u64::from(number), facts(prompt)));
    store.add_to_gallery(items.collect()).await.unwrap();
    store
}
