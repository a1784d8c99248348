//! Figures, on request: `cargo test --release --test keep measure -- --ignored --nocapture`.

use std::time::Instant;

use wardbell::domain::digest::Digest;
use wardbell::journal::file::FileJournal;
use wardbell::journal::line;
use wardbell::journal::memory::MemoryJournal;
use wardbell::journal::port::{Epoch, Journal};
use wardbell::journal::record::{Entry, Record};
use wardbell::journal::verify::verify;
use wardbell::store::Store;
use wardbell::store::batch::Batch;

use crate::fixture::{House, record, wait};

fn typical(count: usize) -> Vec<Entry> {
    let mut house = House::new(21);
    (0..count).flat_map(|_| house.typical()).collect()
}

#[test]
#[ignore = "a measurement"]
fn measure_encoding() {
    let entries = typical(50_000);
    let mut buffer = Vec::new();
    for round in 0..2 {
        let (start, mut bytes, mut prev) = (Instant::now(), 0, Digest::ZERO);
        for (entry, seq) in entries.iter().zip(1..) {
            prev = line::encode(&mut buffer, seq, prev, entry).unwrap();
            bytes += buffer.len();
            buffer.clear();
        }
        let rate = entries.len() as f64 / start.elapsed().as_secs_f64();
        eprintln!("round {round}: {rate:.0} records/s, {} bytes each", bytes / entries.len());
    }
}

#[test]
#[ignore = "a measurement"]
fn measure_appending_and_verifying() {
    let entries = typical(100_000);
    for size in [1, 16, 256] {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _) = FileJournal::open(folder.path()).unwrap();
        let all = &entries[..entries.len().min(size * 3_000)];
        let start = Instant::now();
        for batch in all.chunks(size) {
            journal.append(Epoch::FIRST, batch).unwrap();
        }
        let took = start.elapsed();
        let per_batch_us = took.as_micros() as usize / all.len().div_ceil(size);
        eprintln!("by {size}: {:.0} records/s, {per_batch_us} µs a batch", all.len() as f64 / took.as_secs_f64());
        drop(journal);
        let start = Instant::now();
        FileJournal::open(folder.path()).unwrap();
        let opening = start.elapsed();
        let start = Instant::now();
        let verified = verify(folder.path()).unwrap();
        eprintln!("  opened in {opening:?}, verified {} records in {:?}", verified.records, start.elapsed());
    }
}

#[test]
#[ignore = "a measurement"]
fn measure_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let (mut journal, _) = FileJournal::open(&folder.path().join("journal")).unwrap();
    let now = "2026-12-25T00:00:00Z".parse().unwrap();
    let (store, _) = Store::open(&path, &journal, now).unwrap();
    let count = std::env::var("INCIDENTS").map_or(100_000, |count| count.parse().unwrap());
    let entries = typical(count);
    let mut batches: Vec<Batch> = Vec::new();
    for batch in entries.chunks(96) {
        let written = journal.append(Epoch::FIRST, batch).unwrap();
        let records = written.iter().zip(batch).map(|(one, entry)| Record { seq: one.seq, entry: entry.clone() });
        batches.push(Batch { records: records.collect(), written });
    }
    let start = Instant::now();
    for batch in batches {
        let seq = batch.written[0].seq;
        while seq > store.applied() + 6_000 {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        store.apply(batch);
    }
    wait(&store, entries.len() as u64);
    let took = start.elapsed();
    eprintln!(
        "applied {} incidents in {took:?}: {:.0}/s",
        entries.len() / 3,
        entries.len() as f64 / 3.0 / took.as_secs_f64()
    );
    busy();
    let mut house = House::new(99);
    let singles = Instant::now();
    let mut model = crate::fixture::Model::default();
    for _ in 0..300 {
        record(&mut journal, &store, &mut model, &house.typical());
        wait(&store, journal.head().seq);
    }
    eprintln!("one at a time: {:?} each", singles.elapsed() / 300);
    drop(store);
    drop(journal);
    eprintln!(
        "{} MiB on disk, beside {} MiB of journal",
        size(&path) >> 20,
        size(&folder.path().join("journal")) >> 20
    );
    for _ in 0..2 {
        start_in_a_new_process(folder.path());
    }
    std::fs::remove_dir_all(&path).unwrap();
    start_in_a_new_process(folder.path());
}

fn start_in_a_new_process(folder: &std::path::Path) {
    let mut start = std::process::Command::new(std::env::current_exe().unwrap());
    start.args(["--exact", "measure::measure_a_start", "--ignored", "--nocapture"]).env("KEPT", folder);
    assert!(start.stdout(std::process::Stdio::null()).status().unwrap().success());
}

#[test]
#[ignore = "a part of a measurement"]
fn measure_a_start() {
    let Some(folder) = std::env::var_os("KEPT").map(std::path::PathBuf::from) else { return };
    let start = Instant::now();
    let (journal, _) = FileJournal::open(&folder.join("journal")).unwrap();
    let journal_took = start.elapsed();
    let (store, recovered) =
        Store::open(&folder.join("store"), &journal, "2026-12-25T00:00:00Z".parse().unwrap()).unwrap();
    let (took, open, replayed) = (start.elapsed(), recovered.incidents.len(), recovered.replayed);
    eprintln!("started with {open} open incidents in {took:?} (journal {journal_took:?}), {replayed} records applied");
    eprintln!("  {} ms of processor time, {} with them, {} without", busy_ms(), memory(), {
        drop(recovered);
        memory()
    });
    drop(store);
}

#[test]
#[ignore = "a measurement"]
fn measure_the_wakings_of_an_idle_store() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = MemoryJournal::default();
    let now = "2026-12-25T00:00:00Z".parse().unwrap();
    let (store, _) = Store::open(&folder.path().join("store"), &journal, now).unwrap();
    let mut model = crate::fixture::Model::default();
    for _ in 0..20 {
        record(&mut journal, &store, &mut model, &House::new(5).entries(300));
    }
    wait(&store, journal.head().seq);
    std::thread::sleep(std::time::Duration::from_secs(3));
    let before = switches();
    std::thread::sleep(std::time::Duration::from_secs(10));
    for (thread, count) in switches() {
        let woke = count - before.get(&thread).copied().unwrap_or_default();
        eprintln!("{thread} woke up {woke} times in 10 s");
    }
}

fn switches() -> std::collections::BTreeMap<String, u64> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().map(|task| task.unwrap().path());
    let count = |task: std::path::PathBuf| {
        let status = std::fs::read_to_string(task.join("status")).unwrap();
        let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
        let number = task.file_name().unwrap().to_string_lossy().into_owned();
        (format!("{} {number}", field("Name:")), field("voluntary_ctxt_switches:").parse().unwrap())
    };
    tasks.map(count).collect()
}

fn size(path: &std::path::Path) -> u64 {
    let entries = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| if entry.path().is_dir() { size(&entry.path()) } else { entry.metadata().unwrap().len() }).sum()
}

fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().to_owned()
}

fn busy_ms() -> u64 {
    busy_of(std::path::Path::new("/proc/self"))
}

fn busy_of(task: &std::path::Path) -> u64 {
    let stat = std::fs::read_to_string(task.join("stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    (fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()) * 10
}

/// Processor time by thread, as the machine may have other work.
fn busy() {
    let mut io_ms = 0;
    for task in std::fs::read_dir("/proc/self/task").unwrap() {
        let task = task.unwrap().path();
        let name = std::fs::read_to_string(task.join("comm")).unwrap();
        let ms = busy_of(&task);
        match name.trim() {
            "store" => eprintln!("the store's thread was busy for {ms} ms"),
            name if name.starts_with("sled-io") => io_ms += ms,
            _ => {}
        }
    }
    eprintln!("sled's own threads were busy for {io_ms} ms");
}
