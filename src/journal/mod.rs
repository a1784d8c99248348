//! The journal: an append-only, hash-chained record of everything that happened, and the source of truth.
//!
//! # The format
//!
//! The record is a folder of segments. A segment is a text file named after the `seq` of its first record, such as
//! `00000000000000000001.jsonl`. A new one begins when the last one has reached [`segment::SEGMENT_BYTES`], or after a
//! failed write. Each line is one record: a JSON object with its keys always in this order and without spaces.
//!
//! ```json
//! {"v":2,"seq":17,"at":"2026-12-24T23:00:00.000Z","kind":"incident","id":"7Q2K9MXD","event":{"type":"step-fired"},"prev":"…","hash":"…"}
//! ```
//!
//! | key | |
//! | --- | --- |
//! | `v` | the format's version, 2 |
//! | `seq` | counts from 1 without gaps |
//! | `at` | logical time: never goes back |
//! | `kind` | what the event is about: `incident`, `source-watch`, `channel-test`, or `system` for the daemon and its record |
//! | `id` | which one: an incident's reference, a source, or a channel; left out for `system` |
//! | `event` | what happened; `type` says what |
//! | `prev` | the `hash` of the record before, 64 zeros for the first |
//! | `hash` | SHA-256 over the line's bytes before `,"hash":`, in hexadecimal |
//!
//! # How the format grows
//!
//! Version 2 is the first that a release writes. Version 1 was given up before, and is refused with
//! [`Fault::Prerelease`](error::Fault::Prerelease). From version 2 on, the format grows by addition only: a new kind, a
//! new event type, or a new key that may be left out, with the meaning of before where it is. No word is renamed, reused
//! or removed, and no key that may not be left out is added. `tests/keep/format` has a record with every word, which every
//! later version reads as it is; a new word gets a line there, and the lines that are there never change.
//!
//! If encryption is set up, events contain protected text only in sealed form. In an opening or a repeat, `incident` has
//! `sealed` instead of `summary`, `url`, `author` and `labels`. In a note or a resolution, `text` or `note` is an object
//! instead of a string: `{"sealed":"…","key":"7Q2K9MXD.0001"}`. [`crate::vault`] describes how to open it with the keys,
//! which are not in the record.
//!
//! A single record can be verified with common tools, and the whole chain with `wardbell audit verify`:
//!
//! ```sh
//! sed -n 17p 00000000000000000001.jsonl | sed 's/,"hash":"[0-9a-f]*"}$//' | tr -d '\n' | sha256sum
//! ```
//!
//! Segments other than the last one are compressed after a while, as `00000000000000000001.jsonl.gz` (gzip, RFC 1952).
//! Their text stays exactly the same, and `zcat` and `zgrep` read it. If both forms of a segment exist, the plain one
//! counts. To print all lines of the record in order:
//!
//! ```sh
//! for segment in *.jsonl*; do zcat -f "$segment"; done
//! ```
//!
//! When records are older than the retention period, whole segments at the beginning are removed. `base.json` says which:
//! all records up to `through`, whose `hash` is the `prev` of the first remaining line. The record numbered `checkpoint`
//! is an event of type `checkpoint` with the same `through` and `hash`. What the rest needs from the removed part
//! (versions of files and playbooks) was recorded again just before the checkpoint, and the checkpoint's `snapshots` are the
//! states of what lived then. Incidents are not among them, because an open one keeps all of its records.
//!
//! Lines at the end of a segment whose `seq` also appears in the next segment were never acknowledged, because their
//! batch could not be written completely: readers skip them.

pub mod aggregates;
pub mod checkpoint;
pub mod folder_reader;
pub mod folder_upkeep;
mod memory_upkeep;
pub mod port;
pub mod record;
pub mod error;
pub mod line;
pub mod owner;
pub mod segment;
pub mod snapshot;
pub mod space;
pub mod place;
pub mod lines;
pub mod upkeep;
pub mod walk;
pub mod file;
pub mod compress;
pub mod base;
pub mod prune;
pub mod memory;
pub mod plans;
pub mod verify;
pub mod manifest;
pub mod backup;
pub mod restore;
