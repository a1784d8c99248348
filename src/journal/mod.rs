//! The truth: an append-only, hash-chained record of everything that happened.
//!
//! # The format
//!
//! The record is a folder of segments. A segment is a text file named by the `seq` of its first record, such as
//! `00000000000000000001.jsonl`; a new one begins when the last has reached [`segment::SEGMENT_BYTES`], or after it could
//! not be written. Each line is one record, a JSON object with its keys always in this order and without spaces:
//!
//! ```json
//! {"v":1,"seq":17,"at":"2026-12-24T23:00:00.000Z","incident":"7Q2K9MXD","event":{"type":"step-fired"},"prev":"…","hash":"…"}
//! ```
//!
//! | key | |
//! | --- | --- |
//! | `v` | the format's version, 1 |
//! | `seq` | counts from 1 without a hole |
//! | `at` | logical time: never goes back |
//! | `incident` | left out where the house as a whole is concerned |
//! | `event` | what happened; `type` says what |
//! | `prev` | the `hash` of the record before, 64 zeros for the first |
//! | `hash` | SHA-256 over the line's bytes before `,"hash":`, in hexadecimal |
//!
//! Where encryption is set up, protected words stand in an event sealed: of an opening or a repeat, `incident` has `sealed`
//! in the place of `summary`, `url`, `author` and `labels`; of a note or a resolution, `text` or `note` is such an object
//! rather than a text: `{"sealed":"…","key":"7Q2K9MXD.0001"}`. [`crate::vault`] tells how to open it with the keys, which
//! are not in the record.
//!
//! So one record is verified with common tools, and the whole chain with `wardbell audit verify`:
//!
//! ```sh
//! sed -n 17p 00000000000000000001.jsonl | sed 's/,"hash":"[0-9a-f]*"}$//' | tr -d '\n' | sha256sum
//! ```
//!
//! A segment that is not the last one is compressed after a while, as `00000000000000000001.jsonl.gz` (gzip, RFC 1952): its
//! text is the same, letter by letter, and `zcat` and `zgrep` read it. Where both forms of a segment are there, the plain
//! one counts. So whatever wants the text of all the record's lines in order:
//!
//! ```sh
//! for segment in *.jsonl*; do zcat -f "$segment"; done
//! ```
//!
//! Once records are older than they are kept for, whole segments at the beginning are removed. `base.json` says which:
//! all records up to `through`, whose hash the first line that is kept names as its `prev`, and that the record numbered
//! `checkpoint` tells of it, an event of the type `checkpoint` with the same `through` and `hash`. What the rest needs of
//! what was removed (versions of files and playbooks) was recorded again right before it.
//!
//! Lines at the end of a segment whose `seq` the next segment has too were never answered, as their batch could not be
//! written whole: readers pass over them.

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
