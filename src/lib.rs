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
//!                       └─────────── provider <── page ── queue,   store
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
//! | [`clock`] | the only place that reads a clock, or the machine's rules of time zones |
//! | [`config`] | from files to a valid plan and settings, or to everything that is wrong with them; edits of rosters, and other systems' schedules |
//! | [`journal`] | the truth: append-only, hash-chained, durable before anybody is answered |
//! | [`vault`] | seals protected words before they are recorded, and keeps their keys outside the record |
//! | [`store`] | derived from the journal, answers questions, can be deleted at any time |
//! | [`provider`] | a message out, an outcome back; one folder for each service |
//! | [`mock`] | a mail server and an SMS gateway that keep what they are given, for demos |
//! | [`engine`] | the loop: select, apply, send; and the callers' handle on it |
//! | [`inbound`] | what other systems send, decoded to commands; one file a format |
//! | [`web`] | the API, the pages behind links, metrics |
//! | [`maintenance`] | beside the loop: verifies, repairs, compresses and prunes the record, and probes its disk |
//! | [`daemon`] | everything put together: start, reload, systemd, heartbeat |
//! | [`cli`] | one file a command |
//!
//! # The delivery contract
//!
//! Each line names the test that proves it (`cargo test NAME`). Those of `tests/sim` hold the line after every step of
//! simulated lives, in which crashes, full disks, clocks that are set and providers that fail come between any two steps.
//!
//! - An answer of 202, or "recorded", is given after its events are on the disk, and so is every page sent:
//!   `accepted_means_durable`, `killed_at_any_moment_an_accepted_incident_is_paged`.
//! - An incident whose answer was 202 leads to a page: `every_accepted_incident_leads_to_a_page`; where a roster cannot
//!   answer, others do: `at_last_the_fallback_department_is_paged`.
//! - Its tracks climb until somebody acknowledges: `a_track_climbs_until_acknowledged`. A step fires no earlier than its
//!   time and within a second after it while the daemon is up: `steps_come_on_time_and_once`.
//! - After a crash a page comes at most twice, with one page id: `a_page_comes_twice_only_after_a_crash`,
//!   `killed_between_acceptance_and_record_a_page_comes_at_most_twice_with_one_id`. A clean end waits for what is on its
//!   way, so that nothing comes twice: `told_to_end_again_and_again_under_load_nothing_is_lost_and_nothing_comes_twice`.
//!   Of several daemons on one store one alone serves:
//!   `started_twice_under_load_one_alone_serves_and_nothing_is_lost`. After a downtime nobody meets a burst:
//!   `after_a_downtime_nobody_is_paged_twice_at_once_for_one_incident`.
//! - "Not recorded" is said only of what never will be recorded; what may still be is said to be not known yet. A request
//!   whose caller has stopped waiting is never carried out ([`engine::protocol::claim`]):
//!   `whoever_is_answered_no_is_never_obeyed_later`.
//! - A page is in a message at once, or within the bundling time where its reader had another message; nobody gets more than
//!   one message a channel in that time, but for retries: `every_page_is_in_a_message_within_its_bundling_time`,
//!   `nobody_gets_more_than_one_message_in_the_bundling_time`. A press for a list takes exactly the pages that its form names:
//!   `what_is_answered_while_its_message_is_on_its_way_is_not_asked_for_behind_the_link`.
//! - Only a POST with an action acknowledges. GET and HEAD change nothing, and no page has a script:
//!   `nobody_acknowledges_without_a_press`, `a_browser_that_runs_scripts_and_follows_every_link_changes_nothing`.
//! - After an acknowledgement nothing is sent but what was in flight: `nothing_is_sent_after_an_acknowledgement`.
//! - Nobody is paged whom the roster rule, or a rule that the page's reason names, does not entitle:
//!   `only_the_entitled_are_paged`. Nobody who is involved is paged, with one exception: where nobody else can be, the
//!   fallback department's primary is, as the last resort, with the reference alone: `the_involved_are_never_paged`,
//!   `somebody_is_paged_also_where_all_are_involved`.
//! - Nobody keeps a track who cannot be reached: a reminder that does not reach its holder opens the track again
//!   (`whoever_has_it_and_cannot_be_reached_is_followed_by_the_backup_and_then_the_ladder`), and nobody answers who is in no
//!   roster any more: `who_has_left_takes_nothing`.
//! - What a source wrote in `summary`, `url`, `author` and `labels`, and the names in `involved` that no roster has, is in
//!   the journal, the store, and answers to operators who may read; it is in no page, log line, metric or error:
//!   `what_a_source_wrote_is_in_no_page_log_metric_or_error`. A page is written from the fields of
//!   [`domain::page::PageText`] alone. With `[encryption]`, journal and store hold it sealed, and notes too:
//!   `what_is_protected_is_in_no_byte_of_the_disk_and_in_no_log`.
//! - What was purged opens with no key that anybody has kept: `what_was_purged_is_readable_nowhere`. Neither encryption nor
//!   a master key that is lost changes what is paged, or when:
//!   `neither_encryption_nor_a_lost_master_key_changes_what_is_paged`.
//! - The daily test of a channel is no page, delays none, and comes once a day, also after a downtime or a step of the
//!   clock: `a_channel_is_tested_once_a_day`, `a_test_delays_no_page`.
//! - A replay of the journal gives the state that the process had: events carry results, and evolving needs no plan:
//!   `answers_and_replays_agree`. The hash chain verifies: `the_chain_verifies`.
//! - Logical time never goes back, and a jump of the wall clock changes no wait ([`clock::Timekeeper`]):
//!   `logical_time_never_goes_back`, `an_hour_ahead_changes_no_wait_and_the_roster_follows_the_wall_clock`,
//!   `while_the_clock_jumps_under_load_every_wait_keeps_its_length_and_nothing_is_lost`.
//!
//! # When something fails
//!
//! What an operator does about each stands in the README's operations part; this is how the code is meant to meet it.
//!
//! - *The journal cannot be written.* The [`recorder`](engine::parts::recorder) refuses what comes from outside, keeps what the
//!   daemon itself decides, and goes on paging; the failed file handle is never used again
//!   (`a_full_disk_refuses_what_is_new_and_pages_what_is_open`).
//! - *The disk hangs.* The journal is written by a thread of its own ([`engine::parts::writer`]), which the loop waits for no longer
//!   than two seconds: then that counts as a journal that cannot be written, readiness turns red and the heartbeat stops
//!   (`a_disk_that_hangs_stops_the_heartbeat_and_what_is_known_goes_on_being_paged`). What came from outside in the batch
//!   that hangs is [`late`](engine::batch::late): answered as not known yet, carried out once it is durable, and nothing before
//!   (`a_press_while_the_disk_hangs_for_18_seconds_is_what_its_page_said`).
//! - *The record's folder goes away.* Every batch looks whether folder and segment are still where they were
//!   ([`journal::place`]), before anybody is answered; the same record that was put back is gone on with, and no other is
//!   begun (`a_record_that_is_moved_away_accepts_nothing_until_it_is_back`).
//! - *The journal's end is torn.* A batch that was cut at any byte was never answered: it is cut off
//!   (`a_batch_that_was_cut_at_any_byte_is_cut_to_whole_records_and_the_journal_goes_on`).
//! - *The journal is damaged.* It is mended from the lines that the store keeps where their hashes agree
//!   (`a_damaged_journal_is_mended_from_the_store`), else the start is refused with the place and the cure
//!   (`a_journal_that_the_store_cannot_mend_is_refused_and_left_alone`). A start reads the last segment only; the
//!   [upkeep](maintenance::record) reads the others then and every day, and mends them alike
//!   (`an_old_segment_is_mended_while_it_runs_and_told_where_it_cannot_be`).
//! - *The journal lacks what the store has.* [`store::start`] writes it back where the chain fits, else the start is
//!   refused (`records_that_only_the_store_has_are_written_back_to_the_journal`). Where both have lost the same records,
//!   nothing here can tell: a head kept elsewhere, by `audit verify` or a backup, can.
//! - *The store is missing, damaged, full, or panics.* It is set aside and built anew from the journal; until then
//!   questions are not answered, an event that was accepted before is refused rather than paged anew
//!   (`full_again_and_again_under_load_nothing_answered_is_lost`), and everything else goes on
//!   (`whatever_happens_to_its_files_the_answers_stay_the_same`,
//!   `a_full_disk_silences_the_store_alone_and_it_catches_up_when_there_is_space`).
//! - *A key is missing.* Without its master key the daemon seals under one of its own, which ends with the process unless the
//!   right one comes before (`whatever_is_wrong_with_the_master_keys_file_it_pages_and_keeps_what_comes_in`); without the
//!   disk of the data keys it seals nothing, and so accepts nothing
//!   (`without_the_disk_of_its_keys_it_pages_what_is_open_and_seals_once_that_is_there`). What is open is paged either way.
//! - *A provider fails.* [`provider`] says whether it may be tried again; the person's next channel starts at once
//!   (`a_temporary_failure_is_retried_and_starts_the_next_channel`). One attempt ends within the channel's `timeout`,
//!   keeps no answer without an end, and counts as taken only where the answer says so
//!   (`a_mail_server_that_fails_at_any_moment_of_a_conversation_delays_no_text_and_gets_its_mail_at_last`,
//!   `a_gateway_that_answers_nonsense_slowly_or_without_end_costs_no_page_and_harms_no_other`). Whom no channel reaches is
//!   followed by the next person (`whom_no_channel_reaches_is_followed_at_once_and_delays_nobody`). When every channel is
//!   failing ([`engine::parts::channel_health`]), readiness turns red
//!   (`with_every_channel_failing_it_is_not_ready_and_says_why_until_pages_leave_again`).
//! - *Nobody reads the log.* A thread of its own writes it; lines that find no room are dropped and counted ([`cli::logging`],
//!   `a_log_that_nobody_reads_delays_no_page_and_no_end_and_readiness_says_so`).
//! - *The loop does not answer.* `/readyz`, the heartbeat and the watchdog each ask it: readiness turns red, and systemd
//!   restarts the process (`a_loop_that_does_not_answer_is_not_ready_and_is_asked_once_however_many_want_to_know`).
//! - *A file is broken.* The previous plan stays
//!   (`an_edited_roster_holds_from_the_next_step_and_a_broken_one_changes_nothing`).
//! - *A file or a secret is broken when the daemon starts.* [`config::start::choose`] falls back: first on the record's last
//!   plan with the settings as they are, then also on the copy of the settings that is kept beside the record
//!   ([`config::last_good`]); what needs a secret that is not at hand is off. The
//!   [fallback department is paged about it](engine::parts::configuration_fault). Only without any record of a plan is the start refused
//!   (`a_daemon_with_a_record_always_pages`, `a_wrong_key_in_an_unrelated_roster_and_a_restart_cost_no_page`,
//!   `where_there_was_never_a_plan_broken_files_are_refused_with_all_that_is_wrong`).
//! - *The record is another one.* A start that finds no record begins one. What says that there was one before
//!   ([`daemon::new_record`]) is logged, warned of, and paged about
//!   (`another_path_of_the_store_begins_a_new_record_and_everybody_is_told_of_the_one_before`).
//! - *The engine's thread ends.* The process ends too, and systemd starts it again: a daemon without its loop must not
//!   look alive (`a_daemon_without_its_loop_does_not_look_alive`).
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
//! 2. The loop ([`engine::run`]) takes all that waits as one batch. A [pending batch](engine::batch::pending) looks the `event_id` and
//!    the `dedup_key` up, chooses the playbook, and lets [`open`](domain::escalation::open::open) decide: one track a
//!    department, each with its first step fired and its people found by the [one rule](domain::roster::Roster::holder).
//! 3. The [`recorder`](engine::parts::recorder) has the events appended: one write, one `fdatasync` for the whole batch.
//! 4. The open incidents take the new states, the [send queue](engine::parts::send_queue) the pages that are due: one message for all that waits
//!    for one person, at once unless they had another one a moment ago, each
//!    recipient in turn. Then the source gets its 202, and the store its copy.
//! 5. An attempt's outcome comes back as an input. A failure starts the person's next channel at once and is tried again
//!    with growing pauses; a person whom no channel reaches is followed by the next step.
//! 6. The step's time comes: the loop wakes, the decider fires the next step. Somebody presses "I have it": the track
//!    stops, and the clock for the first note runs.
//! 7. The process is killed in the middle of it. At the start, the store gives the open incidents as of its last batch,
//!    the journal's tail brings them up to date, pages that no provider had taken over get a fresh link as they go out,
//!    and overdue steps fire one after the other.
//!
//! # What becomes of the record
//!
//! Beside the loop, a thread [maintains the record](maintenance::record): it compresses segments that are full
//! ([`journal::compress`]) and, once a day, removes those that are older than the record is kept, behind a checkpoint
//! ([`journal::prune`]); then the store is rebuilt ([`store::sled::compact`]) while it answers. A backup ([`journal::backup`])
//! is taken from the folder by itself, as what ends with a whole record is consistent, and put back whole or not at all
//! ([`journal::restore`]). Each can be cut off at any point: `tests/keep/churn.rs` does so at random, and
//! `tests/keep/killed.rs` at every single call by which a file is changed.
//!
//! # Walkthrough: a roster edited at noon
//!
//! 1. The folder's watcher tells of the change ([`daemon::watch`]); all files are read again ([`daemon::reload`]).
//! 2. A mistake: the previous plan stays, `/readyz` warns with file, line and column, and a metric counts it.
//! 3. No mistake: the engine gets the new plan and records the hash of every file, and the text of each that the record
//!    does not hold yet ([`engine::parts::plan_ledger`]): `wardbell audit plan --at T` brings back what was in force at any instant.
//!    Nobody is paged anew; the next step of each climbing track looks its person up in the new roster. Its playbook and
//!    ladder stay those that it opened with.

pub mod domain;
pub mod diagnostic;
pub mod clock;
pub mod config;
pub mod journal;
pub mod vault;
pub mod store;
pub mod provider;
pub mod mock;
pub mod engine;
pub mod inbound;
pub mod web;
pub mod maintenance;
pub mod daemon;
pub mod cli;
