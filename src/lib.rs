//! **wardbell**: escalation and on-call routing for hospitals.
//!
//! A listening tool finds a post about the hospital, and a classifier gives it a class. Wardbell takes the classified
//! incident, matches it to a playbook, finds who is on call, pages the primary, then the backup, then whoever is next,
//! until a person has pressed "I have it", and keeps a record of all of it.
//!
//! # Bird's-eye view
//!
//! ```text
//!  source ──> web ──> engine ──decide──> events ──append + fdatasync──> journal
//!                       ^                                                  │
//!      acknowledgement, │ timeout, outcome                      evolve, then v
//!                       └──────────── channel <── page ── outbox,  store
//! ```
//!
//! The *decider* ([`domain::escalation`]) is a pure function from a state, the plan, the time and an input to events. The
//! *journal* keeps the events and is the truth. The *engine* is the only loop: it owns the state, and nobody hears of
//! anything before it is durable. The *store* is derived from the journal and answers questions.
//!
//! # Rooms
//!
//! Declared below in this order; a room uses only rooms above it.
//!
//! | room | job |
//! | --- | --- |
//! | [`domain`] | pure: rosters and their calendars, playbooks, pages, and the decider |
//! | [`diagnostic`] | a mistake in a file, with its line and a caret |
//! | [`clock`] | the only place that reads a clock |
//! | [`config`] | from files to a valid plan and settings, or to everything that is wrong with them; edits of rosters, and other systems' schedules |
//! | [`journal`] | the truth: append-only, hash-chained, durable before anybody is answered |
//! | [`store`] | derived from the journal, answers questions, can be deleted at any time |
//! | [`channel`] | a page out, an outcome back |
//! | [`catcher`] | a mail server and an SMS gateway that keep what they are given, for demos and tests |
//! | [`engine`] | the loop: select, apply, send; and the callers' handle on it |
//! | [`web`] | the API, the pages behind links, metrics |
//! | [`cli`] | one file a command |
//!
//! # Invariants
//!
//! - An answer of 202, or "recorded", is given after its events are on the disk, and so is every page sent.
//! - An incident whose answer was 202 leads to a page; its tracks climb until somebody acknowledges.
//! - Only a POST with an action acknowledges. GET and HEAD change nothing, and no page has a script.
//! - What a source wrote in `summary`, `url`, `author` and `labels` is in the journal, the store, and answers to
//!   operators who may read; it is in no page, log line, metric or error. A page is written from the fields of
//!   [`domain::page::PageText`] alone.
//! - A replay of the journal gives the state that the process had: events carry results, and evolving needs no plan.
//! - Logical time never goes back, and a jump of the wall clock changes no wait ([`clock::Timekeeper`]).
//!
//! All of them are checked after every step of simulated lives, in which crashes, full disks, clocks that are set and
//! providers that fail come between any two steps (`tests/sim`).
//!
//! # What is deliberately absent
//!
//! No mutex around the domain's state: one task owns it. No script on a page. No work queue beside the journal: what is
//! still to be sent is part of an incident's state. No trust in a single channel. No automatic reply to anybody.
//!
//! # Walkthrough: an incident at 2 a.m.
//!
//! 1. `POST /api/v1/incidents` reaches [`web`], which checks the token and every field, and asks the engine through its
//!    [`handle`](engine::handle::Handle).
//! 2. The loop ([`engine::run`]) takes all that waits as one batch. A [`draft`](engine::draft) looks the `event_id` and
//!    the `dedup_key` up, chooses the playbook, and lets [`open`](domain::escalation::open::open) decide: one track a
//!    department, each with its first step fired and its people found by the [one rule](domain::roster::Roster::holder).
//! 3. The [`recorder`](engine::recorder) appends the events: one write, one `fdatasync` for the whole batch.
//! 4. The desk takes the new states, the [`outbox`](engine::outbox) the attempts that are due; they run at once, each
//!    recipient in turn. Then the source gets its 202, and the store its copy.
//! 5. An attempt's outcome comes back as an input. A failure starts the person's next channel at once and is tried again
//!    with growing pauses; a person whom no channel reaches is followed by the next step.
//! 6. The step's time comes: the loop wakes, the decider fires the next step. Somebody presses "I have it": the track
//!    stops, and the clock for the first note runs.
//! 7. The process is killed in the middle of it. At the start, the store gives the open incidents as of its last batch,
//!    the journal's tail brings them up to date, pages that no provider had taken over get a fresh link as they go out,
//!    and overdue steps fire one after the other.
//!
//! # Walkthrough: a roster edited at noon
//!
//! 1. The folder's watcher tells of the change ([`cli::watch`]); all files are read again ([`engine::reload`]).
//! 2. A mistake: the plan before stays, `/readyz` warns with file, line and column, and a metric counts it.
//! 3. No mistake: the engine gets the new plan and records the hash of every file, and the text of each that the record
//!    does not hold yet ([`engine::ledger`]): `wardbell audit plan --at T` brings back what was in force at any instant.
//!    Nobody is paged anew; the next step of each climbing track looks its person up in the new roster. Its playbook and
//!    ladder stay those that it opened with.

pub mod domain;
pub mod diagnostic;
pub mod clock;
pub mod config;
pub mod journal;
pub mod store;
pub mod channel;
pub mod catcher;
pub mod engine;
pub mod web;
pub mod cli;
