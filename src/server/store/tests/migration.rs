//! Databases of earlier versions, of later ones, and damaged ones.

use super::*;

/// The first Darkroom's schema, without a version.
const FIRST: &str = "
    PRAGMA journal_mode = WAL;
    CREATE TABLE IF NOT EXISTS tasks (
        id TEXT PRIMARY KEY,
        created_at INTEGER NOT NULL,
        final INTEGER NOT NULL,
        task TEXT NOT NULL,
        workflow TEXT NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS tasks_by_age ON tasks (created_at);
    CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
";

/// A task of the first Darkroom, before queue positions and earlier attempts existed.
const DONE: &str = r#"{"id":"0195e0a4-0000-7000-8000-000000000001","name":"Ein Haus am ÜBERGANG","state":"completed","attempt":2,"backend":"127.0.0.1:8188",
    "created_at":1000,"started_at":1500,"ended_at":2500,"note":null,
    "nodes":[{"id":"3","class":"KSampler","title":"KSampler","state":"done","value":20,"max":20,"counted":true,"started_at":1500,"ended_at":2400,"expected_ms":6000}],
    "detailed":true,"permille":1000,"ends_at":null,
    "outputs":[{"id":0,"node":"9","kind":"image","content":{"file":{"filename":"a_00001_.png","subfolder":"","folder":"output"}}}],
    "error":null,"verdict":"success","recipe":null}"#;
const WAITING: &str = r#"{"id":"0195e0a4-0000-7000-8000-000000000002","name":"A dog","state":"accepted","attempt":1,"backend":null,
    "created_at":2000,"started_at":null,"ended_at":null,"note":"waits","nodes":[],"detailed":true,"permille":0,"ends_at":null,
    "outputs":[],"error":null,"verdict":null,"recipe":null}"#;
const WORKFLOW: &str = r#"{"3":{"class_type":"KSampler","inputs":{"steps":20}}}"#;

fn first(folder: &Path) -> Connection {
    let connection = other_connection(folder);
    connection.execute_batch(FIRST).unwrap();
    let mut insert = connection.prepare("INSERT INTO tasks VALUES (?1, ?2, ?3, ?4, ?5)").unwrap();
    insert.execute(("0195e0a4-0000-7000-8000-000000000001", 1000, 1, DONE, WORKFLOW)).unwrap();
    insert.execute(("0195e0a4-0000-7000-8000-000000000002", 2000, 0, WAITING, WORKFLOW)).unwrap();
    connection.execute("INSERT INTO meta VALUES ('client_id', 'darkroom-a'), ('durations', 'not what it was')", []).unwrap();
    drop(insert);
    connection
}

#[tokio::test]
async fn a_database_of_the_first_version_is_migrated_completely() {
    let folder = tempfile::tempdir().unwrap();
    drop(first(folder.path()));
    let (store, kept) = open(folder.path());
    let [done, waiting] = &kept.tasks[..] else { panic!("{:?}", kept.tasks) };
    assert_eq!((done.state, done.attempt, done.nodes.len(), done.outputs.len()), (TaskState::Completed, 2, 1, 1));
    assert!(done.attempts.is_empty() && !done.paused && !waiting.cancelling);
    assert_eq!(kept.workflows.keys().collect::<Vec<_>>(), [&waiting.id]);
    assert_eq!(kept.client_id, "darkroom-a");
    assert_eq!(kept.durations, Durations::default());
    let workflow: Workflow = serde_json::from_str(WORKFLOW).unwrap();
    assert_eq!(store.read(done.id).await.unwrap(), Some(Stored { workflow: Arc::new(workflow), ..stored(done.clone()) }));
    // The columns beside the JSON are filled in, too.
    let filter = Filter { states: vec![TaskState::Completed], text: Some("übergang".into()), ..Filter::default() };
    assert_eq!(store.list(filter, None, 10).await.unwrap().tasks, [done.summary()]);
    let columns = other_connection(folder.path())
        .query_row("SELECT backend, attempt, ended_at FROM tasks WHERE final = 1", [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap();
    assert_eq!(columns, ("127.0.0.1:8188".to_owned(), 2, 2500));
    drop(store);
    // The migration runs only once.
    assert_eq!(open(folder.path()).1.tasks, kept.tasks);
}

#[tokio::test]
async fn a_row_that_cannot_be_read_does_not_stop_the_others_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let connection = first(folder.path());
    connection.execute("INSERT INTO tasks VALUES ('torn', 1, 0, '{\"id\":', '{}')", []).unwrap();
    connection.execute("INSERT INTO tasks VALUES ('no-workflow', 1500, 0, replace(?1, '000002', '000003'), 'no JSON')", [WAITING]).unwrap();
    drop(connection);
    let (store, kept) = open(folder.path());
    assert_eq!(kept.tasks.iter().map(|task| task.name.as_str()).collect::<Vec<_>>(), ["Ein Haus am ÜBERGANG", "A dog"]);
    assert_eq!(store.list(Filter { text: Some("haus".into()), ..Filter::default() }, None, 1).await.unwrap().next, None);
    drop(store);
    let left: i64 = other_connection(folder.path()).query_row("SELECT COUNT(*) FROM tasks", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 4);
}

#[test]
fn an_unusable_database_is_refused_and_unchanged() {
    let refusal = |make: &dyn Fn(&Path)| {
        let folder = tempfile::tempdir().unwrap();
        make(folder.path());
        let before = std::fs::read(folder.path().join("darkroom.db")).unwrap();
        let Err(error) = Store::open(folder.path(), FOR_EVER) else { panic!("opened") };
        assert!(!error.to_string().contains('\n'), "{error}");
        assert_eq!(std::fs::read(folder.path().join("darkroom.db")).unwrap(), before);
        error.to_string()
    };
    let newer = refusal(&|folder| other_connection(folder).execute_batch("PRAGMA journal_mode = WAL; PRAGMA user_version = 99").unwrap());
    assert!(newer.contains("written by a newer Darkroom (format 99, this one knows 23)"), "{newer}");
    let no_database =
        refusal(&|folder| std::fs::write(folder.join("darkroom.db"), "a letter to my aunt, not short at all".repeat(99)).unwrap());
    assert!(no_database.contains("darkroom.db cannot be used: it is damaged; put a copy back"), "{no_database}");
}

/// A changeset leaves out tables without one: a second copy would lack their rows.
#[test]
fn every_table_has_a_primary_key() {
    let folder = tempfile::tempdir().unwrap();
    let connection = schema::open(&folder.path().join("darkroom.db")).unwrap();
    let without = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' AND name NOT LIKE 'sqlite_%'
        AND NOT EXISTS (SELECT 1 FROM pragma_table_info(sqlite_master.name) WHERE pk > 0)";
    let names: Vec<String> = connection.prepare(without).unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(names, Vec::<String>::new());
}
