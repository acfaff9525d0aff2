//! The gallery in plain code: what the store must find.

use std::collections::BTreeMap;

use proto::{
    gallery::{
        Condition, Facet, FacetValue, GalleryChange, GalleryId, OutputFacts, Quantity, Search, SearchPlace, SearchWords, Term, Trait,
    },
    task::OutputKind,
    time::Timestamp,
};

use crate::store::gallery::GalleryTarget;

#[derive(Clone, Debug)]
pub struct NaivePicture {
    pub created_at: u64,
    pub facts: OutputFacts,
    pub star: bool,
    pub rating: u8,
    pub tags: Vec<String>,
    pub albums: Vec<String>,
    pub deleted_at: Option<Timestamp>,
}

#[derive(Default)]
pub struct NaiveGallery {
    /// By id, so the oldest first.
    pub pictures: BTreeMap<GalleryId, NaivePicture>,
    pub actions: BTreeMap<u64, NaiveAction>,
}

pub struct NaiveAction {
    at: Timestamp,
    change: GalleryChange,
    /// The pictures as they were.
    before: Vec<(GalleryId, NaivePicture)>,
}

impl NaiveGallery {
    /// Oldest first.
    pub fn found(&self, search: &Search) -> Vec<GalleryId> {
        self.pictures.iter().filter(|(_, picture)| picture.matches(search)).map(|(id, _)| *id).collect()
    }

    /// The number of outputs of each value, the most frequent first.
    pub fn counts(&self, search: &Search, facet: Facet) -> Vec<(String, u64)> {
        let mut counts = BTreeMap::<String, u64>::new();
        for picture in self.pictures.values().filter(|picture| picture.matches(search)) {
            let mut values = picture.values(facet);
            values.sort();
            values.dedup();
            values.into_iter().for_each(|value| *counts.entry(value).or_default() += 1);
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(value, outputs)| (std::cmp::Reverse(*outputs), value.clone()));
        counts
    }

    /// Returns how many changed, and how many were refused.
    pub fn change(&mut self, action: u64, target: &GalleryTarget, change: &GalleryChange, now: Timestamp) -> (u64, u64) {
        let mut ids = match target {
            GalleryTarget::Ids(ids) => ids.clone(),
            GalleryTarget::Results { search, upto, except } => {
                self.found(search).into_iter().filter(|id| id <= upto && !except.contains(id)).collect()
            }
        };
        let is_bulk = ids.len() != 1 || matches!(target, GalleryTarget::Results { .. });
        ids.sort();
        ids.dedup();
        let (mut before, mut refused) = (Vec::new(), 0);
        for id in ids {
            let Some(picture) = self.pictures.get_mut(&id) else { continue };
            let old = picture.clone();
            match change {
                GalleryChange::Trash if old.star && is_bulk && old.deleted_at.is_none() => refused += 1,
                change => picture.change(change, now),
            }
            if picture.marks() != old.marks() {
                before.push((id, old));
            }
        }
        let changed = before.len() as u64;
        self.actions.insert(action, NaiveAction { at: now, change: change.clone(), before });
        (changed, refused)
    }

    /// What was changed again since stays. Returns how many pictures are different now.
    pub fn undo(&mut self, action: u64) -> u64 {
        let Some(NaiveAction { at, change, before }) = self.actions.get_mut(&action) else { return 0 };
        let mut restored = 0;
        for (id, old) in std::mem::take(before) {
            let Some(picture) = self.pictures.get_mut(&id) else { continue };
            let now = picture.marks();
            match &*change {
                GalleryChange::Star(star) if picture.star == *star => picture.star = old.star,
                GalleryChange::Rating(rating) if picture.rating == *rating => picture.rating = old.rating,
                GalleryChange::Trash if picture.deleted_at == Some(*at) => picture.deleted_at = None,
                GalleryChange::Restore if picture.deleted_at.is_none() => picture.deleted_at = old.deleted_at,
                GalleryChange::AddTag(tag) => picture.change(&GalleryChange::RemoveTag(tag.clone()), *at),
                GalleryChange::RemoveTag(tag) => picture.change(&GalleryChange::AddTag(tag.clone()), *at),
                GalleryChange::AddToAlbum(album) => picture.change(&GalleryChange::RemoveFromAlbum(album.clone()), *at),
                GalleryChange::RemoveFromAlbum(album) => picture.change(&GalleryChange::AddToAlbum(album.clone()), *at),
                _ => {}
            }
            restored += u64::from(picture.marks() != now);
        }
        restored
    }

    pub fn purge(&mut self, before: Timestamp) -> u64 {
        let all = self.pictures.len();
        self.pictures.retain(|_, picture| picture.deleted_at.is_none_or(|at| at >= before));
        (all - self.pictures.len()) as u64
    }
}

impl NaivePicture {
    pub fn marks(&self) -> (bool, u8, Vec<String>, Vec<String>, Option<Timestamp>) {
        (self.star, self.rating, self.tags.clone(), self.albums.clone(), self.deleted_at)
    }

    fn change(&mut self, change: &GalleryChange, now: Timestamp) {
        let add = |list: &mut Vec<String>, value: &String| {
            if !list.contains(value) {
                list.push(value.clone());
                list.sort();
            }
        };
        match change {
            GalleryChange::Star(star) => self.star = *star,
            GalleryChange::Rating(rating) => self.rating = *rating,
            GalleryChange::AddTag(tag) => add(&mut self.tags, tag),
            GalleryChange::RemoveTag(tag) => self.tags.retain(|known| known != tag),
            GalleryChange::AddToAlbum(album) => add(&mut self.albums, album),
            GalleryChange::RemoveFromAlbum(album) => self.albums.retain(|known| known != album),
            GalleryChange::Trash => self.deleted_at = self.deleted_at.or(Some(now)),
            GalleryChange::Restore => self.deleted_at = None,
        }
    }

    fn matches(&self, search: &Search) -> bool {
        let asks_trash = |term: &Term| term.condition == Condition::In(SearchPlace::Trash) && !term.is_negated;
        let in_place = self.deleted_at.is_some() == search.terms.iter().any(asks_trash);
        in_place && search.terms.iter().all(|term| self.holds(&term.condition) != term.is_negated)
    }

    fn holds(&self, condition: &Condition) -> bool {
        let facts = &self.facts;
        let size = u64::from(facts.width) * u64::from(facts.height);
        match condition {
            Condition::Words(words) => {
                let models = facts.models.iter().chain(facts.loras.iter().map(|lora| &lora.name)).map(|name| stem(name));
                let texts = [&facts.prompt, &facts.name, &facts.workflow].into_iter().chain(&self.tags).cloned();
                texts.chain(models).any(|text| has_words(&text, words))
            }
            Condition::Negative(words) => has_words(&facts.negative, words),
            Condition::Facet { facet, values } => {
                self.values(*facet).iter().any(|value| values.iter().any(|asked| is_called(*facet, value, asked)))
            }
            Condition::Seed(seed) => facts.seed == Some(*seed),
            Condition::Star(star) => self.star == *star,
            Condition::Number { quantity, range } => match quantity {
                Quantity::Rating => range.contains(u64::from(self.rating) * 1000),
                Quantity::Steps => facts.steps.is_some_and(|steps| range.contains(u64::from(steps) * 1000)),
                Quantity::Cfg => facts.cfg.parse::<f64>().is_ok_and(|cfg| range.contains((cfg * 1000.0) as u64)),
                Quantity::Pixels => size > 0 && range.contains(size),
            },
            Condition::Size { width, height } => (facts.width, facts.height) == (*width, *height),
            Condition::Ratio { width, height } => {
                let exact = f64::from(facts.width) * f64::from(*height) / f64::from(*width);
                let other = f64::from(facts.height) * f64::from(*width) / f64::from(*height);
                size > 0 && (exact.round() == f64::from(facts.height) || other.round() == f64::from(facts.width))
            }
            Condition::Date { from, before } => {
                let at = Timestamp(self.created_at);
                from.is_none_or(|from| at >= from) && before.is_none_or(|before| at < before)
            }
            Condition::Has(Trait::Mask) => facts.has_mask,
            Condition::Has(Trait::Parent) => !facts.parents.is_empty(),
            Condition::Has(Trait::Prompt) => !facts.prompt.is_empty(),
            Condition::Has(Trait::Lora) => !facts.loras.is_empty(),
            Condition::Has(Trait::Tag) => !self.tags.is_empty(),
            Condition::In(SearchPlace::Trash) => self.deleted_at.is_some(),
        }
    }

    fn values(&self, facet: Facet) -> Vec<String> {
        let facts = &self.facts;
        let one = |value: &String| Some(value.clone()).filter(|value| !value.is_empty()).into_iter().collect();
        match facet {
            Facet::Model => facts.models.clone(),
            Facet::Lora => facts.loras.iter().map(|lora| lora.name.clone()).collect(),
            Facet::Tag => self.tags.clone(),
            Facet::Album => self.albums.clone(),
            Facet::Workflow => one(&facts.workflow),
            Facet::Backend => one(&facts.backend),
            Facet::Sampler => one(&facts.sampler),
            Facet::Scheduler => one(&facts.scheduler),
            Facet::Program => one(&facts.program),
            Facet::Type => vec![if facts.kind == Some(OutputKind::Image) { "image" } else { "file" }.to_owned()],
        }
    }
}

fn stem(name: &str) -> String {
    name.trim_end_matches(".safetensors").trim_end_matches(".ckpt").to_owned()
}

fn is_called(facet: Facet, value: &str, asked: &FacetValue) -> bool {
    let (value, text) = (value.to_lowercase(), asked.text.to_lowercase());
    let names = match facet {
        // With or without its folder, with or without its ending.
        Facet::Model | Facet::Lora => {
            let file = value.rsplit('/').next().unwrap_or_default().to_owned();
            vec![value.clone(), stem(&value), stem(&file), file]
        }
        _ => vec![value],
    };
    names.iter().any(|name| if asked.is_prefix { name.starts_with(&text) } else { *name == text })
}

/// Of texts of words with a space between, and of Chinese characters.
fn split(text: &str) -> Vec<String> {
    let spaced = text.replace('猫', " 猫 ").replace('山', " 山 ").replace(['/', '.', '-'], " ");
    spaced.split_whitespace().map(str::to_lowercase).collect()
}

fn has_words(text: &str, words: &SearchWords) -> bool {
    let (text, wanted) = (split(text), split(&words.text));
    let Some((last, first)) = wanted.split_last() else { return true };
    let begins = |word: &String| if words.is_prefix { word.starts_with(last.as_str()) } else { word == last };
    text.windows(wanted.len()).any(|part| part[..first.len()] == *first && part.last().is_some_and(begins))
}
