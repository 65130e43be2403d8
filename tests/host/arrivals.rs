//! Which records arrived, counted by the sequence numbers in their text.

use std::collections::BTreeMap;
use std::path::Path;

use crate::said::{Line, OK, Run};

/// Sequence number → the classes under which it arrived, once per arrival.
type Arrivals = BTreeMap<i64, Vec<String>>;

impl Run {
    /// Every record of an accepted flush is in the right file of its instance, once, and no other's are.
    pub(crate) fn assert_arrivals(&self, instances: usize) {
        for instance in 0..instances {
            let arrived = read(&self.directory(instance));
            let flushes: Vec<_> = self.flushes_of(instance).collect();
            for flush in flushes.iter().filter(|flush| flush.verdict() == OK) {
                self.assert_arrived_once(&arrived, flush);
            }
            let strangers = arrived.keys().filter(|seq| !flushes.iter().any(|f| sequence(f).contains(seq)));
            assert_eq!(strangers.count(), 0, "records of another instance\n{}", self.transcript());
            println!("instance {instance}: {}", summary(&arrived));
        }
    }

    /// Each accepted record has arrived; others may have, and more than once.
    pub(crate) fn assert_accepted_arrived(&self) {
        let arrived = read(&self.directory(0));
        for flush in self.flushes_of(0).filter(|flush| flush.verdict() == OK) {
            self.assert_arrived_once(&arrived, flush);
        }
    }

    fn flushes_of(&self, instance: usize) -> impl Iterator<Item = &Line> {
        let number = instance.to_string();
        self.all("flush").filter(move |line| line.is("instance", &number))
    }

    fn assert_arrived_once(&self, arrived: &Arrivals, flush: &Line) {
        for seq in sequence(flush) {
            let classes = arrived.get(&seq).map_or(&[][..], Vec::as_slice);
            assert_eq!(classes, [class_of(seq)], "record {seq} of {flush:?}\n{}", self.transcript());
        }
    }
}

fn sequence(flush: &Line) -> std::ops::Range<i64> {
    flush.number("first")..flush.number("first") + flush.number("records")
}

/// The host writes odd records as stderr.
fn class_of(seq: i64) -> &'static str {
    if seq % 2 == 0 { "stdout" } else { "stderr" }
}

fn read(directory: &Path) -> Arrivals {
    let mut arrived = Arrivals::new();
    for entry in std::fs::read_dir(directory).expect("the directory of the instance") {
        let path = entry.unwrap().path();
        let class = path.file_stem().unwrap().to_str().unwrap();
        // Only whole UTF-8 lines count: a torn or mixed-up one is a failure of its own.
        for line in std::fs::read_to_string(&path).expect("UTF-8").lines() {
            if let Some(seq) = sequence_in(line) {
                arrived.entry(seq).or_default().push(class.to_owned());
            }
        }
    }
    arrived
}

fn sequence_in(line: &str) -> Option<i64> {
    assert!(line.starts_with('{') && line.ends_with('}'), "no JSON object: {line}");
    let mut numbers = line.split("seq=").skip(1);
    let number = numbers.next()?.split(' ').next()?.parse().ok();
    assert!(numbers.next().is_none(), "two records in one line: {line}");
    number
}

fn summary(arrived: &Arrivals) -> String {
    let count = |class: &str| arrived.values().flatten().filter(|found| *found == class).count();
    format!("{} stdout, {} stderr", count("stdout"), count("stderr"))
}
