//! Words of texts and of searches.

use proptest::prelude::*;
use proto::gallery::{Quantity, QuantityRange, Trait};

use super::*;

#[tokio::test]
async fn words_are_found_in_any_form_and_without_accents() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_prompts(folder.path(), &["Two dogs running, café", "A lone dog", "A lighthouse"]).await;
    for (text, found) in [("DOG", 2), ("run", 1), ("cafe", 1), ("Café", 1), ("lone dog", 1), ("dog lone", 0), ("lighthouses", 1)] {
        assert_eq!(store.found(search([words(text)])).await.len(), found, "{text}");
    }
}

#[tokio::test]
async fn languages_without_spaces_are_found_by_their_characters() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_prompts(folder.path(), &["夜の東京タワー、雨", "고양이 그림", "东京 red", "京东", "neon灯light"]).await;
    for (text, found) in [
        ("東京", 1),
        ("タワー", 1),
        ("京東", 0),
        ("雨", 1),
        ("고양", 1),
        ("东京", 1),
        ("京", 3),
        ("red", 1),
        ("neon", 1),
        ("灯", 1),
        ("light", 1),
    ] {
        assert_eq!(store.found(search([words(text)])).await.len(), found, "{text}");
        assert_eq!(store.found(search([beginning(text)])).await.len(), found, "{text}*");
    }
}

#[tokio::test]
async fn the_beginning_of_a_word_needs_two_letters() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_prompts(folder.path(), &["light", "lighthouse", "l"]).await;
    assert_eq!(store.prompts(search([beginning("lig")])).await, ["light", "lighthouse"]);
    assert_eq!(store.prompts(search([beginning("li")])).await, ["light", "lighthouse"]);
    assert_eq!(store.prompts(search([beginning("l")])).await, ["l"], "a whole word");
}

#[tokio::test]
async fn a_phrase_does_not_reach_into_the_next_text() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(folder.path());
    let facts = OutputFacts { name: "red".into(), workflow: "cat".into(), negative: "blurry".into(), ..facts("a fog") };
    store.add_to_gallery(vec![imported(0, 1, facts)]).await.unwrap();
    assert_eq!(store.found(search([words("red")])).await.len(), 1);
    assert_eq!(store.found(search([words("red cat")])).await.len(), 0);
    assert_eq!(store.found(search([words("blurry")])).await.len(), 0, "it is not wanted");
    assert_eq!(store.found(search([Condition::Negative(SearchWords { text: "blurry".into(), is_prefix: false })])).await.len(), 1);
}

#[tokio::test]
async fn tokens_of_values_are_not_found_by_text_and_stemming_keeps_them() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_prompts(folder.path(), &["v1 v2 trash1 live1 star1 hasmask1 s7 \u{E000}star1 rating5", "plain"]).await;
    assert_eq!(store.found(search([Condition::Star(true)])).await.len(), 0);
    assert_eq!(store.found(search([Condition::Seed(7)])).await.len(), 0);
    for what in [Trait::Mask, Trait::Parent, Trait::Lora, Trait::Tag] {
        assert_eq!(store.found(search([Condition::Has(what)])).await.len(), 0, "{what:?}");
    }
    assert_eq!(store.found(search([Condition::Has(Trait::Prompt)])).await.len(), 2);
    // Each rating has its own token.
    let id = store.found(Search::default()).await[1].id;
    for rating in 1..=5 {
        store.change_one(id, GalleryChange::Rating(rating), 1).await;
        let exactly = |rating: u64| {
            let range = QuantityRange { min: Some(rating * 1000), max: Some(rating * 1000) };
            search([Condition::Number { quantity: Quantity::Rating, range }])
        };
        let mut found = Vec::new();
        for asked in 0..=5 {
            found.push(store.found(exactly(asked)).await.iter().any(|item| item.id == id));
        }
        assert_eq!(found, (0..=5).map(|asked| asked == rating).collect::<Vec<_>>());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_text_can_be_searched_for_and_is_found_where_it_is(texts in proptest::collection::vec("\\PC{0,12}|[\"*():^+\\-{}\0a ]{0,8}|NEAR\\(a b\\)|a OR b", 1..6)) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let all: Vec<&str> = texts.iter().map(String::as_str).collect();
            let store = with_prompts(folder.path(), &all).await;
            for text in &texts {
                for is_prefix in [false, true] {
                    let words = SearchWords { text: text.clone(), is_prefix };
                    let found = store.prompts(search([Condition::Words(words.clone())])).await;
                    if text.is_ascii() {
                        assert!(found.contains(text), "{text:?} in {found:?}");
                    }
                    store.found(search([Condition::Negative(words.clone())])).await;
                    store.found(not(Condition::Words(words))).await;
                }
                store.found(search([facet(Facet::Tag, text), facet(Facet::Model, text)])).await;
                store.gallery_values(Facet::Model, text.clone(), 9).await.unwrap();
            }
        });
    }
}
