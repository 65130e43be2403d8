//! What is said of dropped lines, and when.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::task::LocalSet;

use super::*;
use crate::classify::classes::Class;
use crate::config::{AwsEnvironments, KeyReader, Settings};
use crate::delivery::ledger::ChunkMaker;
use crate::destination;
use crate::limit::{DropLevels, DropSource};
use crate::log::Log;
use crate::router::incoming_chunk::IncomingChunk;
use crate::router::pipeline::new_metrics;
use crate::router::{OpenedDestination, RouterConfig};
use crate::transport::Transport;

fn message(source: Option<DropSource>, since: u64) -> (String, Value) {
    let span = DropSpan { count: 1_234, first_ms: 1_795_000_000_000, last_ms: 1_795_000_059_000 };
    let levels = DropLevels::default();
    let notice = DropNotice { class: Class::Stdout, rule: DropRule::Limit, span, levels, source };
    let message = DropMessage {
        notice: &notice,
        span,
        level: None,
        class: "stdout",
        value: "500/s per container, burst 2000",
        since: Duration::from_millis(since),
    };
    (message.to_string(), message.record(Timestamp::UNIX_EPOCH))
}

#[test]
fn a_reader_sees_how_much_of_which_container_is_missing_and_why() {
    let source = DropSource {
        container: "web".to_owned(),
        tag: b"web-firelens-1".to_vec(),
        fields: vec![("container_name", "/web".to_owned()), ("ecs_cluster", "prod".to_owned())],
    };
    let (text, record) = message(Some(source), 60_004);
    let expected = "1234 lines of container web dropped by limit.stdout (500/s per container, burst 2000) in the last minute";
    assert_eq!(text, expected);
    assert_eq!(record["log"], format!("ecs_router: {expected}"));
    assert_eq!((&record["dropped_lines"], &record["container_name"]), (&json!(1_234), &json!("/web")));
    assert_eq!(record["last_dropped_at"], "2026-11-18T11:07:39Z");
}

#[test]
fn what_is_told_at_the_end_says_of_how_long_it_is() {
    let (text, _) = message(None, 7_400);
    assert!(text.starts_with("1234 lines of other containers dropped"), "{text}");
    assert!(text.ends_with("in the last 7 s"), "{text}");
}

/// A file that is gone at the end of the test.
struct Output(PathBuf);

impl Output {
    /// What was told in it.
    fn told(&self) -> usize {
        let text = std::fs::read_to_string(&self.0).unwrap_or_default();
        text.lines().filter(|line| line.contains("dropped_lines")).count()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).ok();
    }
}

/// A router that lets ten lines of a container pass at one time, into this file.
fn router(output: &Output) -> Rc<Router> {
    let keys = [
        ("route.default", "file"),
        ("file.path", output.0.to_str().unwrap()),
        ("limit.stdout", "1/s per container, burst 10"),
    ];
    let keys: BTreeMap<String, String> = keys.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    let problems = RefCell::default();
    let settings = Settings::read(&keys, &problems);
    let reader = KeyReader::new(&keys, &problems);
    let open = |named| OpenedDestination {
        destination: destination::open(named, &reader, &AwsEnvironments::default()),
        transport: Transport::local(),
        spool: None,
    };
    let destinations = settings.destinations.iter().map(open).collect();
    let metrics = Arc::new(new_metrics(&settings));
    assert!(problems.borrow().is_empty());
    let config = RouterConfig {
        settings,
        destinations,
        metrics,
        incident_file: None,
        fetch_logs: None,
        panic: false,
        hang: false,
    };
    Rc::new(Router::new(config, Rc::new(Log::new(0))))
}

/// Thirty lines of one moment.
async fn flood(router: &Rc<Router>) {
    let record = json!({"source": "stdout", "container_id": "c", "container_name": "/web", "log": "x"});
    let now = Timestamp::now().as_second() as u64;
    let chunk = rmp_serde::to_vec(&(now, record)).unwrap().repeat(30);
    let tag = b"web-firelens-1";
    let origin = router.pipeline.origin(tag);
    router.route(IncomingChunk { maker: ChunkMaker::Host, tag, origin, bytes: &chunk }, None).await;
}

fn logged(router: &Router) -> Vec<String> {
    let lines = router.log.lines.lock().unwrap();
    lines.iter().filter(|line| line.contains("lines of container web")).cloned().collect()
}

#[tokio::test(start_paused = true)]
async fn dropped_lines_are_told_each_minute_in_the_log_and_where_they_would_have_gone() {
    let output = Output(std::env::temp_dir().join(format!("ecs_router-{}", uuid::Uuid::new_v4())));
    let test = async {
        let router = router(&output);
        let _running = router.start_drop_reports();
        flood(&router).await;
        tokio::time::sleep(Duration::from_secs(59)).await;
        assert_eq!((logged(&router).len(), output.told()), (0, 0), "not before the minute is over");
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(output.told(), 1);
        let expected = "20 lines of container web dropped by limit.stdout (1/s per container, burst 10) in the last minute";
        assert_eq!(logged(&router), [expected]);
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(logged(&router).len(), 1, "nothing was dropped in the second minute");
        flood(&router).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!((logged(&router).len(), output.told()), (2, 2));
        assert!(logged(&router)[1].ends_with("in the last minute"), "{:?}", logged(&router));
    };
    LocalSet::new().run_until(test).await;
}
