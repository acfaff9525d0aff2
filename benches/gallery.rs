//! How fast the gallery finds outputs again: worst of 20 of each kind of search, among GALLERY_ROWS outputs (1,000,000). Run it with
//! `cargo bench --locked --features ssr --bench gallery`.
//!
//! The outputs are made up, with a few frequent and many rare values and words, as in a collection of years. They go through the same functions as real
//! ones. GALLERY_FOLDER: keeps the database there, and uses one that is there already.

#![allow(clippy::expect_used, clippy::print_stdout, reason = "a measurement that fails must say so")]

use std::{
    path::Path,
    time::{Duration, Instant},
};

use darkroom::{
    proto::{
        gallery::{
            Condition, Facet, FacetValue, GalleryChange, GalleryId, GalleryOrder, LoraFact, OutputFacts, Quantity, QuantityRange, Search,
            SearchWords, Term, Trait,
        },
        limits,
        task::OutputKind,
        time::Timestamp,
    },
    server::{
        config::Retention,
        store::{GalleryRange, GalleryTarget, NewGalleryItem, Store},
    },
};
use rand::{Rng, SeedableRng, rngs::StdRng};

const RUNS: usize = 20;
/// What a search may take.
const BOUND: Duration = Duration::from_millis(50);
/// 2021, and an output every two and a half minutes.
const FIRST: u64 = 1_609_459_200_000;
const APART: u64 = 150_000;
const PAGE: usize = 200;
/// Every facet of the page's sidebar.
const FACETS: [Facet; 8] =
    [Facet::Model, Facet::Lora, Facet::Tag, Facet::Album, Facet::Workflow, Facet::Sampler, Facet::Scheduler, Facet::Type];

fn main() {
    let rows = std::env::var("GALLERY_ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(1_000_000);
    let temporary = tempfile::tempdir().expect("a folder");
    let kept = std::env::var_os("GALLERY_FOLDER");
    let folder = kept.as_deref().map_or(temporary.path(), Path::new);
    std::fs::create_dir_all(folder).expect("a folder");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(measure(folder, rows));
}

async fn measure(folder: &Path, rows: u64) {
    let (store, _) = Store::open(folder, Retention { keep_tasks: 0, keep_days: 0 }).expect("a database");
    let empty = resident();
    if count(&store, search([])).await == 0 {
        fill(&store, folder, rows).await;
    }
    let all = count(&store, search([])).await;
    let bytes = std::fs::metadata(folder.join("darkroom.db")).expect("a file").len();
    println!("{all} outputs, {} MB on disk, {} bytes an output", bytes / 1_000_000, bytes / all.max(1));
    println!("memory: {empty} MB before, {} MB when filled", resident());
    println!("-- as the index is after that");
    find(&store).await;
    println!("memory: {} MB after the searches", resident());
    let start = Instant::now();
    store.merge_gallery_index().await.expect("a disk");
    println!("-- merged, in {:.1} s", start.elapsed().as_secs_f64());
    find(&store).await;
    change(&store).await;
    println!("memory: {} MB after the changes", resident());
}

/// The megabytes of memory of this process.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") / 1024
}

async fn fill(store: &Store, folder: &Path, rows: u64) {
    add_files(folder, rows);
    let mut random = StdRng::seed_from_u64(7);
    let start = Instant::now();
    let mut first = 0;
    while first < rows {
        let end = rows.min(first + limits::GALLERY_PORTION as u64);
        let items = (first..end).map(|number| output(number, &mut random)).collect();
        store.add_to_gallery(items).await.expect("a disk");
        first = end;
    }
    let took = start.elapsed();
    println!("filled with {rows} outputs in {:.0} s: {:.0} a second", took.as_secs_f64(), rows as f64 / took.as_secs_f64());
    let tagged = search([words("lighthouse", false)]);
    let target = GalleryTarget::Results { search: tagged, upto: GalleryId(u64::MAX), except: Vec::new() };
    store.change_gallery(target, GalleryChange::AddTag("coast".into()), Timestamp(1)).await.expect("a disk");
}

/// The rows of the files, which are not part of the gallery.
fn add_files(folder: &Path, rows: u64) {
    let mut connection = rusqlite::Connection::open(folder.join("darkroom.db")).expect("a database");
    let transaction = connection.transaction().expect("a lock");
    {
        let mut insert = transaction
            .prepare("INSERT OR IGNORE INTO media_files (hash, bytes, mime, kept_at) VALUES (?1, 1500000, 'image/png', ?2)")
            .expect("a table");
        for number in 0..rows {
            insert.execute((hash(number), (FIRST + number * APART).cast_signed())).expect("a row");
        }
    }
    transaction.commit().expect("a disk");
}

/// Spread over the whole range, as SHA-256 is.
fn hash(number: u64) -> String {
    let spread =
        |salt: u64| (number ^ salt).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(31).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    format!("{:016x}{:016x}{:016x}{number:016x}", spread(0), spread(1 << 40), spread(1 << 50))
}

/// A few of `many` are frequent.
fn skewed(random: &mut StdRng, many: u32) -> u32 {
    let uniform: f64 = random.random();
    (f64::from(many) * uniform.powi(4)) as u32
}

fn pick<'a>(random: &mut StdRng, from: &[&'a str]) -> &'a str {
    from[skewed(random, u32::try_from(from.len()).unwrap_or(1)) as usize]
}

const SAMPLERS: [&str; 8] = ["euler", "dpmpp_2m", "euler_ancestral", "dpmpp_sde", "ddim", "uni_pc", "lcm", "heun"];
const SCHEDULERS: [&str; 5] = ["normal", "karras", "simple", "sgm_uniform", "beta"];
const WORKFLOWS: [&str; 9] =
    ["text-to-image", "inpaint", "upscale", "Portraits", "Product shots", "Video from picture", "Comic", "Textures", "Tests"];
const NEGATIVES: [&str; 4] = [
    "",
    "blurry, low quality, watermark, text, deformed hands",
    "worst quality, jpeg artifacts",
    "ugly, extra fingers, bad anatomy, signature",
];
const SIDES: [u32; 10] = [512, 576, 640, 704, 768, 832, 896, 1024, 1216, 1344];

fn output(number: u64, random: &mut StdRng) -> NewGalleryItem {
    let mut prompt = String::from("photo of");
    if random.random_bool(0.38) {
        prompt.push_str(" a portrait");
    }
    for _ in 0..random.random_range(10..40) {
        match skewed(random, 8_000) {
            // One of each 500 words or so.
            40 => prompt.push_str(" lighthouse, golden hour"),
            word => prompt.push_str(&format!(" w{word}x")),
        }
    }
    let is_video = random.random_bool(0.3);
    let has_mask = !is_video && random.random_bool(0.4);
    let loras: Vec<_> = (0..skewed(random, 4))
        .map(|_| LoraFact { name: format!("style/lora {}.safetensors", skewed(random, 400)), weight: "0.8".into() })
        .collect();
    let parents = if has_mask && number > 0 { vec![hash(random.random_range(0..number))] } else { Vec::new() };
    let facts = OutputFacts {
        kind: Some(if is_video { OutputKind::Video } else { OutputKind::Image }),
        width: SIDES[skewed(random, 10) as usize],
        height: SIDES[skewed(random, 10) as usize],
        filename: format!("ComfyUI_{number:05}_.png"),
        name: prompt.chars().take(40).collect(),
        prompt,
        negative: pick(random, &NEGATIVES).into(),
        models: vec![format!("SDXL/checkpoint {}.safetensors", skewed(random, 80))],
        loras,
        seed: Some(random.random()),
        sampler: pick(random, &SAMPLERS).into(),
        scheduler: pick(random, &SCHEDULERS).into(),
        steps: Some(4 + skewed(random, 60)),
        cfg: format!("{}", f64::from(skewed(random, 30)) / 2.0),
        workflow: pick(random, &WORKFLOWS).into(),
        backend: pick(random, &["10.0.0.5:8188", "10.0.0.6:8188"]).into(),
        program: String::new(),
        parents,
        has_mask,
    };
    NewGalleryItem { key: None, created_at: Timestamp(FIRST + number * APART), hash: hash(number), facts: Some(facts) }
}

fn search(conditions: impl IntoIterator<Item = Condition>) -> Search {
    let term = |condition| Term { text: String::new(), is_negated: false, condition };
    Search { terms: conditions.into_iter().map(term).collect() }
}

fn but_not(mut search: Search, condition: Condition) -> Search {
    search.terms.push(Term { text: String::new(), is_negated: true, condition });
    search
}

fn words(text: &str, is_prefix: bool) -> Condition {
    Condition::Words(SearchWords { text: text.into(), is_prefix })
}

fn facet(facet: Facet, text: &str) -> Condition {
    Condition::Facet { facet, values: vec![FacetValue { text: text.into(), is_prefix: false }] }
}

fn number(quantity: Quantity, min: u64, max: u64) -> Condition {
    Condition::Number { quantity, range: QuantityRange { min: Some(min), max: Some(max) } }
}

async fn count(store: &Store, search: Search) -> u64 {
    store.gallery_count(search, None).await.expect("a database")
}

/// Prints the worst time of several runs.
async fn timed(name: &str, run: impl AsyncFnMut() -> u64) {
    timed_after(name, async || {}, run).await;
}

/// The same, with something before each run that is not timed.
async fn timed_after(name: &str, mut before: impl AsyncFnMut(), mut run: impl AsyncFnMut() -> u64) {
    let (mut times, mut found) = (Vec::new(), 0);
    for _ in 0..RUNS {
        before().await;
        let start = Instant::now();
        found = run().await;
        times.push(start.elapsed());
    }
    times.sort();
    let (middle, worst) = (times[RUNS / 2], times[RUNS - 1]);
    let mark = if worst > BOUND { "  OVER 50 ms" } else { "" };
    println!("{name:<52}{:>8.1} ms worst{:>8.1} ms usual{found:>10} found{mark}", worst.as_secs_f64() * 1e3, middle.as_secs_f64() * 1e3);
}

async fn find(store: &Store) {
    let page = async |search: Search, order, range| store.gallery_page(search, order, range, PAGE).await.expect("a database");
    let any = GalleryRange::default();
    let all = count(store, search([])).await;
    let middle = page(search([]), GalleryOrder::Newest, GalleryRange { offset: all / 2, ..any }).await.first().map(|item| item.id);
    timed("first page", async || page(search([]), GalleryOrder::Newest, any).await.len() as u64).await;
    timed("first page, oldest first", async || page(search([]), GalleryOrder::Oldest, any).await.len() as u64).await;
    let after = GalleryRange { after: middle, ..any };
    timed("page in the middle, by its id", async || page(search([]), GalleryOrder::Newest, after).await.len() as u64).await;
    let far = GalleryRange { offset: all / 2, ..any };
    timed("page in the middle, by its number", async || page(search([]), GalleryOrder::Newest, far).await.len() as u64).await;
    timed("last page, by its number", async || {
        page(search([]), GalleryOrder::Newest, GalleryRange { offset: all.saturating_sub(200), ..any }).await.len() as u64
    })
    .await;
    let dense = || search([words("photo", false)]);
    // Numbers of results are remembered until an output changes.
    let mut star = false;
    let mut changed = async || {
        star = !star;
        let target = GalleryTarget::Ids(middle.into_iter().collect());
        store.change_gallery(target, GalleryChange::Star(star), Timestamp(1)).await.expect("a disk");
    };
    // Pages know how many there are.
    let of_all = GalleryRange { total: Some(all), ..any };
    let far = GalleryRange { offset: all / 2, ..of_all };
    count(store, dense()).await;
    timed("page in the middle of a word of all, by its number", async || page(dense(), GalleryOrder::Newest, far).await.len() as u64).await;
    timed("last page of a word of all, by its number", async || {
        page(dense(), GalleryOrder::Newest, GalleryRange { offset: all.saturating_sub(200), ..of_all }).await.len() as u64
    })
    .await;
    let range_of = |from: u64, before: u64| {
        let at = |number: u64| Some(Timestamp(FIRST + number * APART));
        Condition::Date { from: at(from), before: at(before) }
    };
    let video = || facet(Facet::Type, "video");
    let searches: Vec<(&str, Search)> = vec![
        ("everything", search([])),
        ("two dense disjoint terms", search([video(), Condition::Has(Trait::Mask)])),
        ("two dense terms", search([words("portrait", false), facet(Facet::Model, "checkpoint 0")])),
        ("word of all", dense()),
        ("word of 38 %", search([words("portrait", false)])),
        ("rare word", search([words("lighthouse", false)])),
        ("phrase of 38 %", search([words("a portrait", false)])),
        ("rare phrase", search([words("golden hour", false)])),
        ("beginning of 2 letters", search([words("po", true)])),
        ("beginning of 2 letters, of many words", search([words("w1", true)])),
        ("beginning of 4 letters", search([words("port", true)])),
        ("word but not a word", but_not(search([words("portrait", false)]), words("w0x", false))),
        ("all but a word", but_not(search([]), words("portrait", false))),
        ("all but a rare word", but_not(search([]), words("lighthouse", false))),
        ("steps above 20", search([number(Quantity::Steps, 20_001, u64::MAX)])),
        ("steps of all", search([number(Quantity::Steps, 0, u64::MAX)])),
        ("steps above 20, with a word", search([number(Quantity::Steps, 20_001, u64::MAX), words("portrait", false)])),
        ("size above 0.5 megapixels", search([number(Quantity::Pixels, 500_000, u64::MAX)])),
        ("size above 0.5 megapixels, with a word", search([number(Quantity::Pixels, 500_000, u64::MAX), words("portrait", false)])),
        ("ratio", search([Condition::Ratio { width: 1, height: 1 }])),
        ("dates of a tenth", search([range_of(all / 2, all / 2 + all / 10)])),
        ("dates of a tenth, with a word", search([range_of(all / 2, all / 2 + all / 10), words("portrait", false)])),
        ("model", search([facet(Facet::Model, "checkpoint 0")])),
        ("has a mask", search([Condition::Has(Trait::Mask)])),
        ("tag", search([facet(Facet::Tag, "coast")])),
    ];
    for (name, search) in &searches {
        timed(&format!("page: {name}"), async || page(search.clone(), GalleryOrder::Newest, any).await.len() as u64).await;
    }
    for (name, search) in &searches {
        timed_after(&format!("count: {name}"), &mut changed, async || count(store, search.clone()).await).await;
    }
    // Up to an output that is newer than all: the same results, and nothing of them is remembered.
    let newest = page(search([]), GalleryOrder::Newest, any).await.first().map_or(0, |item| item.id.0);
    let mut upto = newest;
    for (name, search) in &searches {
        timed(&format!("count, never counted before: {name}"), async || {
            upto += 1;
            store.gallery_count(search.clone(), Some(GalleryId(upto))).await.expect("a database")
        })
        .await;
    }
    timed("count: word of all, unchanged since it was counted", async || count(store, dense()).await).await;
    for (name, search) in searches.iter().filter(|(name, _)| ["everything", "word of all", "word of 38 %", "rare word"].contains(name)) {
        timed_after(&format!("facets: {name}"), &mut changed, async || {
            store.gallery_facets(search.clone(), FACETS.to_vec(), 50).await.expect("a database").total
        })
        .await;
    }
    timed("suggestions", async || store.gallery_values(Facet::Lora, "lo".into(), 20).await.expect("a database").len() as u64).await;
    if let Some(id) = middle {
        timed("neighbours in a search", async || {
            let found = store.gallery_neighbours(searches[4].1.clone(), id).await.expect("a database");
            u64::from(found.newer.is_some()) + u64::from(found.older.is_some())
        })
        .await;
        timed("lineage", async || store.gallery_lineage(id).await.expect("a database").members.len() as u64).await;
    }
}

async fn change(store: &Store) {
    let newest = store.gallery_page(search([]), GalleryOrder::Newest, GalleryRange::default(), RUNS).await.expect("a database");
    let mut next = newest.iter().map(|item| item.id).cycle();
    timed("one star", async || {
        let target = GalleryTarget::Ids(next.next().into_iter().collect());
        store.change_gallery(target, GalleryChange::Star(true), Timestamp(1)).await.expect("a disk").changed
    })
    .await;
    // A selection of 10,000, by their dates.
    let all = count(store, search([])).await;
    let last = FIRST + all.min(20_000) * APART / 2;
    let oldest = search([Condition::Date { from: None, before: Some(Timestamp(last)) }]);
    let target = GalleryTarget::Results { search: oldest, upto: GalleryId(u64::MAX), except: Vec::new() };
    let start = Instant::now();
    let trashed = store.change_gallery(target, GalleryChange::Trash, Timestamp(2)).await.expect("a disk");
    println!("trash of {}: {:.2} s", trashed.changed, start.elapsed().as_secs_f64());
    timed("count: word of 38 %, with a full trash", async || count(store, search([words("portrait", false)])).await).await;
    let start = Instant::now();
    let undone = store.undo_gallery(trashed.action).await.expect("a disk");
    println!("undoing it: {:.2} s, {} outputs", start.elapsed().as_secs_f64(), undone.map_or(0, |undone| undone.changed));
    assert_eq!(count(store, search([])).await, all);
}
